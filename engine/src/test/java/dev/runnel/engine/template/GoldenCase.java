package dev.runnel.engine.template;

import dev.runnel.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A conversation and what the reference makes of it with a model's real template.
///
/// @param input the variables; roles and control tokens are [Trusted]
/// @param now for `strftime_now`
/// @param expected null if the reference fails
/// @param error what the reference says then
/// @param errorKind `raise_exception` if the template refused the conversation, `runtime` if it failed
record GoldenCase(
        String name,
        Map<String, @Nullable Object> input,
        LocalDateTime now,
        @Nullable String expected,
        @Nullable String error,
        @Nullable String errorKind) {

    private static final Map<String, ChatTemplate> COMPILED = new ConcurrentHashMap<>();

    private static final Set<String> TRUSTED = Set.of("bos_token", "eos_token", "role");

    /// The names of the templates that there are cases for; skips the calling test where there is no
    /// reference data.
    static List<String> templates() throws IOException {
        try (Stream<Path> files = Files.list(SharedData.require("golden/chat/cases"))) {
            return files.map(file -> file.getFileName().toString().replaceFirst("\\.jsonl$", ""))
                    .sorted()
                    .toList();
        }
    }

    static String source(String template) throws IOException {
        return Files.readString(SharedData.require("golden/chat/templates/" + template + ".jinja"));
    }

    static List<GoldenCase> of(String template) throws IOException {
        try (Stream<String> lines = Files.lines(SharedData.require("golden/chat/cases/" + template + ".jsonl"))) {
            return lines.map(Json::object).map(GoldenCase::of).toList();
        }
    }

    private static GoldenCase of(Map<String, @Nullable Object> json) {
        @SuppressWarnings("unchecked") // so the files are
        var input = trusting((Map<String, @Nullable Object>) Objects.requireNonNull(json.get("input")));
        LocalDateTime now = LocalDateTime.parse((String) Objects.requireNonNull(input.remove("now")));
        return new GoldenCase(
                (String) json.get("case"),
                input,
                now,
                (String) json.get("expected"),
                (String) json.get("error"),
                (String) json.get("error_kind"));
    }

    /// The same variables with roles and control tokens [Trusted].
    static Map<String, @Nullable Object> trusting(Map<String, @Nullable Object> variables) {
        Map<String, @Nullable Object> trusting = new LinkedHashMap<>();
        variables.forEach((key, value) -> trusting.put(
                key, value instanceof String text && TRUSTED.contains(key) ? new Trusted(text) : trusting(value)));
        return trusting;
    }

    @SuppressWarnings("unchecked") // keys are strings in JSON
    private static @Nullable Object trusting(@Nullable Object value) {
        return switch (value) {
            case List<?> list -> list.stream().map(GoldenCase::trusting).collect(Collectors.toList());
            case Map<?, ?> map -> trusting((Map<String, @Nullable Object>) map);
            case null -> null;
            default -> value;
        };
    }

    ChatTemplate compiled(String template) throws IOException {
        String key = template + "@" + now;
        ChatTemplate compiled = COMPILED.get(key);
        if (compiled == null) {
            Clock clock = Clock.fixed(now.toInstant(ZoneOffset.UTC), ZoneOffset.UTC);
            compiled = ChatTemplate.compile(template, source(template), clock);
            COMPILED.put(key, compiled);
        }
        return compiled;
    }
}
