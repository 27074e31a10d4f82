package dev.runnel.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.runnel.engine.template.Segment.Origin;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// With the templates of real models: control tokens in a message stay text, the template's are its own.
class InjectionTest {

    /// What control tokens and tags look like in the templates of today.
    private static final Pattern TOKEN = Pattern.compile(
            "<[^\\s<>{}'\"=\\[\\]]{1,40}>|〈\\|[^|]{1,40}\\|〉|\\[/?[A-Z_]{3,}]|\\]<\\][a-z]+\\[>\\[|\\]~!?b[\\[\\]]|\\[e~\\[");

    @TestFactory
    Stream<DynamicTest> aControlTokenInAMessageStaysText() throws IOException {
        return GoldenCase.templates().stream().map(name -> dynamicTest(name, () -> inject(name)));
    }

    private static void inject(String name) throws IOException {
        String source = GoldenCase.source(name);
        Map<Boolean, List<String>> tokens =
                tokensOf(name).stream().collect(Collectors.partitioningBy(token -> isLookedFor(token, source)));
        String all = "⁅" + String.join("", tokens.get(false)) + "⁆";
        String lookedFor = "⁅" + String.join("", tokens.get(true)) + "⁆";
        int found = 0;
        for (GoldenCase each : GoldenCase.of(name)) {
            ChatTemplate template = each.compiled(name);
            List<Segment> harmless = rendered(template, withContent(each, text -> text + "⁅harmless⁆"));

            List<Segment> attacked = rendered(template, withContent(each, text -> text + all));
            List<Segment> cut = rendered(template, withContent(each, text -> text + lookedFor));

            assertThat(text(attacked, Origin.TEMPLATE))
                    .as("%s, %s: what the template says does not depend on it", name, each.name())
                    .isEqualTo(text(harmless, Origin.TEMPLATE));
            assertThat(text(attacked, Origin.USER))
                    .as("%s, %s: the user's text is there as it was written", name, each.name())
                    .isEqualTo(text(harmless, Origin.USER).replace("⁅harmless⁆", all));
            assertThat(text(cut, Origin.TEMPLATE)).as(name).doesNotContain("⁅", "⁆");
            found += text(attacked, Origin.USER).contains(all) ? 1 : 0;
        }

        assertThat(tokens.get(false)).as(name).isNotEmpty();
        assertThat(found).as("%s: cases that print what was injected", name).isPositive();
    }

    /// Some templates look for tags in messages, to cut out what a model thought.
    private static boolean isLookedFor(String token, String source) {
        String quoted = "['\"]" + Pattern.quote(token) + "['\"]";
        return token.contains("think")
                || Pattern.compile(quoted + "\\s+(not )?in\\b|split\\(" + quoted)
                        .matcher(source)
                        .find();
    }

    @TestFactory
    Stream<DynamicTest> theTemplatesOwnControlTokensAreItsOwn() throws IOException {
        return GoldenCase.templates().stream().map(name -> dynamicTest(name, () -> own(name)));
    }

    private static void own(String name) throws IOException {
        int found = 0;
        for (GoldenCase each : GoldenCase.of(name)) {
            String input = userText(each.input());
            List<Segment> segments = rendered(each.compiled(name), withDate(each.input()));
            String prompt = segments.stream().map(Segment::text).collect(Collectors.joining());
            List<String> expected = tokensIn(prompt).stream()
                    .filter(token -> !input.contains(token))
                    .toList();

            List<String> own = segments.stream()
                    .filter(segment -> segment.origin() == Origin.TEMPLATE)
                    .flatMap(segment -> tokensIn(segment.text()).stream())
                    .filter(token -> !input.contains(token))
                    .toList();

            assertThat(own).as("%s, %s", name, each.name()).isEqualTo(expected);
            found += own.size();
        }

        assertThat(found).as(name).isPositive();
    }

    /// One of the templates wants the date as a variable.
    private static Map<String, @Nullable Object> withDate(Map<String, @Nullable Object> input) {
        Map<String, @Nullable Object> dated = new LinkedHashMap<>(input);
        dated.put("datetime", "2026-11-22");
        return dated;
    }

    /// Everything that counts as a user's. Some templates make tags of keys.
    private static String userText(@Nullable Object value) {
        return switch (value) {
            case String text -> text;
            case List<?> list -> list.stream().map(InjectionTest::userText).collect(Collectors.joining(" "));
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .map(entry -> "<%1$s></%1$s> ".formatted(entry.getKey()) + userText(entry.getValue()))
                        .collect(Collectors.joining(" "));
            case null, default -> "";
        };
    }

    private static Set<String> tokensOf(String name) throws IOException {
        Set<String> tokens = new TreeSet<>(tokensIn(GoldenCase.source(name)));
        for (String key : List.of("bos_token", "eos_token")) {
            if (GoldenCase.of(name).getFirst().input().get(key) instanceof Trusted(var token)) {
                tokens.add(token);
            }
        }
        return tokens;
    }

    private static List<String> tokensIn(String text) {
        return TOKEN.matcher(text).results().map(MatchResult::group).toList();
    }

    /// Nothing if the template refuses the conversation.
    private static List<Segment> rendered(ChatTemplate template, Map<String, @Nullable Object> input) {
        try {
            return template.renderSegments(input);
        } catch (ConversationRefusedException | TemplateException e) {
            return List.of();
        }
    }

    private static String text(List<Segment> segments, Origin origin) {
        return segments.stream()
                .filter(segment -> segment.origin() == origin)
                .map(Segment::text)
                .collect(Collectors.joining("…"));
    }

    /// The case's variables with every message's text changed.
    private static Map<String, @Nullable Object> withContent(GoldenCase each, UnaryOperator<String> change) {
        Map<String, @Nullable Object> input = withDate(each.input());
        List<Object> messages = new ArrayList<>();
        for (Object message : (List<?>) input.get("messages")) {
            messages.add(withContent((Map<?, ?>) message, change));
        }
        input.put("messages", messages);
        return input;
    }

    private static Map<String, @Nullable Object> withContent(Map<?, ?> map, UnaryOperator<String> change) {
        Map<String, @Nullable Object> changed = new LinkedHashMap<>();
        map.forEach((key, value) -> changed.put(
                (String) key,
                switch (value) {
                    case String text when key.equals("content") || key.equals("text") -> change.apply(text);
                    case List<?> parts
                    when key.equals("content") ->
                        parts.stream()
                                .map(part -> part instanceof Map<?, ?> each ? withContent(each, change) : part)
                                .toList();
                    case null -> null;
                    default -> value;
                }));
        return changed;
    }
}
