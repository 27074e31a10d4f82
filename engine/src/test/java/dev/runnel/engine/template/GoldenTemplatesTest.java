package dev.runnel.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.runnel.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// The templates of real models, against Python's Jinja2.
class GoldenTemplatesTest {

    /// Where this one says `|safe`, Python's `+` escapes what it adds as if for a web page. That is an
    /// accident, which no other implementation repeats.
    private static final String ESCAPING = "meetkai-functionary-medium-v3.1";

    @TestFactory
    Stream<DynamicNode> everyTemplateRendersAsTheReferenceDoes() throws IOException {
        List<DynamicNode> templates = new ArrayList<>();
        for (String template : GoldenCase.templates()) {
            Stream<DynamicTest> cases =
                    GoldenCase.of(template).stream().map(each -> dynamicTest(each.name(), () -> check(template, each)));
            templates.add(dynamicContainer(template, cases));
        }
        return templates.stream();
    }

    private static void check(String name, GoldenCase each) throws IOException {
        ChatTemplate template = each.compiled(name);
        String description = name + ": " + each.name();
        if (each.expected() != null) {
            String expected = name.equals(ESCAPING) ? each.expected().replace("&#34;", "\"") : each.expected();
            assertThat(template.render(each.input())).as(description).isEqualTo(expected);
        } else if (Objects.equals(each.errorKind(), "runtime")) {
            // Python stumbles over a type; to render something or to say so are both fine.
            try {
                template.render(each.input());
            } catch (TemplateException clean) {
                assertThat(clean).as(description).hasMessageStartingWith("chat template '" + name + "', line ");
            }
        } else {
            assertThatThrownBy(() -> template.render(each.input()))
                    .as(description)
                    .isInstanceOf(ConversationRefusedException.class)
                    .hasMessage(each.error());
        }
    }

    @TestFactory
    Stream<DynamicTest> everyFeatureRendersAsTheReferenceDoes() throws IOException {
        return Files.readAllLines(SharedData.require("golden/chat/jinja-features.jsonl")).stream()
                .map(Json::object)
                .map(feature -> dynamicTest((String) feature.get("name"), () -> checkFeature(feature)));
    }

    @SuppressWarnings("unchecked") // so the file is
    private static void checkFeature(Map<String, @Nullable Object> feature) {
        ChatTemplate template =
                ChatTemplate.compile("feature", (String) Objects.requireNonNull(feature.get("template")));

        String rendered = template.render((Map<String, ?>) Objects.requireNonNull(feature.get("vars")));

        assertThat(rendered).as("%s", feature.get("name")).isEqualTo(feature.get("expected"));
    }
}
