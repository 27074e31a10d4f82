package dev.runnel.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.runnel.engine.template.Segment.Origin;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Who wrote what, through every operation; the cases are in `origins.txt`.
class OriginsTest {

    @TestFactory
    Stream<DynamicTest> everyOperationKnowsWhoWroteWhat() throws IOException {
        return Cases.of("origins.txt").map(each -> dynamicTest(each.name(), () -> check(each)));
    }

    private static void check(Cases.Case each) {
        ChatTemplate template = ChatTemplate.compile("test", each.source());
        var variables = GoldenCase.trusting(each.variables());

        List<Segment> segments = template.renderSegments(variables);

        assertThat(marked(segments)).as(each.name()).isEqualTo(each.expected());
        for (int i = 1; i < segments.size(); i++) {
            assertThat(segments.get(i).origin())
                    .as("neighbours differ")
                    .isNotEqualTo(segments.get(i - 1).origin());
        }
        assertThat(segments.stream().map(Segment::text).collect(Collectors.joining()))
                .isEqualTo(template.render(variables));
    }

    private static String marked(List<Segment> segments) {
        return segments.stream()
                .map(segment -> segment.origin() == Origin.USER ? "⟦" + segment.text() + "⟧" : segment.text())
                .collect(Collectors.joining());
    }
}
