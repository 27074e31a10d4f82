package dev.runnel.engine.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The cases of a resource; `constructs.txt` says how they are written.
final class Cases {

    private static final Pattern CASE = Pattern.compile(
            "(?<name>[^\\n]+)\\n(?<source>.*?)\\n---(?<fault>!?)(?<variables>[^\\n]*)\\n(?<expected>.*?)\\n?",
            Pattern.DOTALL);

    private Cases() {}

    /// @param fault whether `expected` is a part of a fault's message
    record Case(String name, String source, Map<String, @Nullable Object> variables, boolean fault, String expected) {}

    static Stream<Case> of(String resource) throws IOException {
        try (InputStream file = Objects.requireNonNull(Cases.class.getResourceAsStream(resource), resource)) {
            String text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
            return Arrays.stream(text.split("(?m)^=== ")).skip(1).map(Cases::parsed);
        }
    }

    private static Case parsed(String text) {
        Matcher found = CASE.matcher(text);
        assertThat(found.matches())
                .as("a case reads: name, template, ---, expectation: %s", text)
                .isTrue();
        String variables = found.group("variables");
        return new Case(
                found.group("name"),
                found.group("source"),
                variables.isBlank() ? Map.of() : Json.object(variables),
                !found.group("fault").isEmpty(),
                found.group("expected"));
    }
}
