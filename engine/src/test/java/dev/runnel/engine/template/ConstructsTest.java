package dev.runnel.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// What each construct of the language does; the cases are in `constructs.txt`.
class ConstructsTest {

    @TestFactory
    Stream<DynamicTest> everyConstructDoesWhatItSays() throws IOException {
        return Cases.of("constructs.txt").map(each -> dynamicTest(each.name(), () -> check(each)));
    }

    private static void check(Cases.Case each) {
        if (each.fault()) {
            assertThatThrownBy(() -> ChatTemplate.compile("test", each.source()).render(each.variables()))
                    .as(each.name())
                    .isInstanceOf(TemplateException.class)
                    .hasMessageStartingWith("chat template 'test', line ")
                    .hasMessageContaining(each.expected());
        } else {
            assertThat(ChatTemplate.compile("test", each.source()).render(each.variables()))
                    .as(each.name())
                    .isEqualTo(each.expected());
        }
    }
}
