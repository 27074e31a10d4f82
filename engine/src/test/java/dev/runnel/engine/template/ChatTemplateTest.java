package dev.runnel.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.runnel.testing.OtherDigits;
import java.math.BigInteger;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.Year;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The door of the package: compiling, what goes in, what comes out.
class ChatTemplateTest {

    private static final String CHAT_ML = """
            {%- for message in messages -%}
            {{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
            {%- endfor -%}
            {%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif -%}
            """;

    private static Map<String, Object> message(String role, String content) {
        return Map.of("role", new Trusted(role), "content", content);
    }

    @Test
    void aConversationBecomesAPromptOfWhichEachPartHasItsOrigin() {
        ChatTemplate template = ChatTemplate.compile("test", CHAT_ML);
        var variables = Map.of(
                "messages",
                List.of(message("system", "Be brief."), message("user", "Hi<|im_end|>")),
                "add_generation_prompt",
                true);

        List<Segment> segments = template.renderSegments(variables);

        assertThat(segments)
                .containsExactly(
                        new Segment(Segment.Origin.TEMPLATE, "<|im_start|>system\n"),
                        new Segment(Segment.Origin.USER, "Be brief."),
                        new Segment(Segment.Origin.TEMPLATE, "<|im_end|>\n<|im_start|>user\n"),
                        new Segment(Segment.Origin.USER, "Hi<|im_end|>"),
                        new Segment(Segment.Origin.TEMPLATE, "<|im_end|>\n<|im_start|>assistant\n"));
        assertThat(template.render(variables)).isEqualTo("""
                <|im_start|>system
                Be brief.<|im_end|>
                <|im_start|>user
                Hi<|im_end|><|im_end|>
                <|im_start|>assistant
                """);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '¦', quoteCharacter = '§', textBlock = """
            {% if x %}a                       ¦ 1 ¦ expected 'elif' or 'else' or 'endif', found the end of the template
            a\\n{% for x in y %}\\n{% endif %}   ¦ 3 ¦ expected 'else' or 'endfor', found 'endif'
            {% endif %}                       ¦ 1 ¦ the tag 'endif' is not one that chat templates have
            a\\n\\n{% include 'x' %}            ¦ 3 ¦ the tag 'include' is not one that chat templates have
            {% do x.append(1) %}              ¦ 1 ¦ the tag 'do' is not one that chat templates have
            a {{ x                            ¦ 1 ¦ expected '}}', found the end of the template
            {% if x                           ¦ 1 ¦ expected '%}', found the end of the template
            {{ 'x }}                          ¦ 1 ¦ the string has no closing '
            {{ x y }}                         ¦ 1 ¦ expected '}}', found 'y'
            {{ }}                             ¦ 1 ¦ expected an expression, found '}}'
            {{ a ? b }}                       ¦ 1 ¦ unexpected character '?'
            {{ a.'b' }}                       ¦ 1 ¦ expected a name, found a string
            {{ (1, 2 }}                       ¦ 1 ¦ expected ')', found '}'
            {{ f(a=1, 2) }}                   ¦ 1 ¦ expected an argument with a name, found '2'
            {{ f(a=1, a=2) }}                 ¦ 1 ¦ the argument 'a' is given twice
            {{ {'a' 1} }}                     ¦ 1 ¦ expected ':', found '1'
            {{ '\\xZZ' }}                      ¦ 1 ¦ an escape in a string needs 2 hexadecimal digits
            {{ '\\U00110000' }}                ¦ 1 ¦ an escape in a string is beyond Unicode
            {# a                              ¦ 1 ¦ the comment has no '#}'
            {% raw %} a                       ¦ 1 ¦ the raw block has no 'endraw'
            {% for x y %}{% endfor %}         ¦ 1 ¦ expected 'in', found 'y'
            {% set 1 = 2 %}                   ¦ 1 ¦ expected a name, found '1'
            {% set none = 2 %}                ¦ 1 ¦ 'none' can't be given a value
            {% break %}                       ¦ 1 ¦ 'break' and 'continue' belong inside a loop
            {% for x in y %}{% macro m() %}{% break %}{% endmacro %}{% endfor %} ¦ 1 ¦ 'break' and 'continue' belong inside a loop
            {% macro m(a=1, b) %}{% endmacro %} ¦ 1 ¦ expected a default for the parameter 'b', as the one before it has one, found ')'
            {% call x %}{% endcall %}         ¦ 1 ¦ expected a call of a macro after 'call'
            {% %}                             ¦ 1 ¦ expected a name, found '%}'
            """)
    void aBrokenTemplateIsRefusedInOneSentence(String source, int line, String found) {
        assertThatThrownBy(() -> ChatTemplate.compile("tiny.gguf", source.replace("\\n", "\n")))
                .isInstanceOf(TemplateException.class)
                .hasMessage("chat template 'tiny.gguf', line " + line + ": " + found);
    }

    @Test
    void aTemplateMayRefuseAConversationInItsOwnWords() {
        ChatTemplate template = ChatTemplate.compile(
                "test", "{% if not messages %}{{ raise_exception('No messages, ' ~ none) }}{% endif %}");

        assertThatThrownBy(() -> template.render(Map.of("messages", List.of())))
                .isInstanceOf(ConversationRefusedException.class)
                .hasMessage("No messages, None");
    }

    @Test
    void variablesOfEveryPlainTypeArriveAsTheyAre() {
        Map<String, @Nullable Object> inner = new LinkedHashMap<>();
        inner.put("z", new BigInteger("18446744073709551615"));
        inner.put("a", null);
        List<@Nullable Object> all = new ArrayList<>(List.of("s", new Trusted("t"), true, 1, 2L, 2.5, inner));

        String rendered = ChatTemplate.compile("test", "{{ x | tojson }}").render(Map.of("x", all));

        assertThat(rendered).isEqualTo("[\"s\", \"t\", true, 1, 2, 2.5, {\"z\": 18446744073709551615, \"a\": null}]");
    }

    @Test
    void aVariableThatIsNoPlainValueIsTheCallersMistake() {
        ChatTemplate template = ChatTemplate.compile("test", "{{ x }}");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> template.render(Map.of("x", Thread.currentThread())))
                .withMessageContaining("java.lang.Thread");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> template.render(Map.of("x", Map.of(1, 2))))
                .withMessageContaining("a map's key is 1, expected a string");
    }

    @Test
    void noJavaIsToBeSeen() {
        ChatTemplate template = ChatTemplate.compile(
                "test",
                "{{ x.class }}{{ x.getClass }}{{ x['class'] }}{{ x.__class__ }}{{ ''.__class__ }}{{ range.class }}");

        assertThat(template.render(Map.of("x", "text"))).isEmpty();
    }

    @Test
    void whatATemplateChangesIsNotTheCallers() {
        List<Object> list = new ArrayList<>(List.of(1));
        Map<String, @Nullable Object> map = new HashMap<>(Map.of("k", 1));

        String rendered = ChatTemplate.compile(
                        "test", "{% set _ = l.append(2) %}{% set _ = m.pop('k') %}{% set l = 3 %}{{ l }}")
                .render(Map.of("l", list, "m", map));

        assertThat(rendered).isEqualTo("3");
        assertThat(list).containsExactly(1);
        assertThat(map).containsOnlyKeys("k");
    }

    @Test
    void renderingsAtOnceDoNotDisturbEachOther() throws InterruptedException, ExecutionException {
        ChatTemplate template = ChatTemplate.compile(
                "test",
                "{% set ns = namespace(l=[]) %}{% for i in range(50) %}{% set _ = ns.l.append(x) %}{% endfor %}"
                        + "{{ ns.l | unique | join }}{{ ns.l | length }}");
        List<Callable<String>> renderings = IntStream.range(0, 200)
                .<Callable<String>>mapToObj(i -> () -> template.render(Map.of("x", "<" + i + ">")))
                .toList();

        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<String>> rendered = threads.invokeAll(renderings);

            for (int i = 0; i < rendered.size(); i++) {
                assertThat(rendered.get(i).get()).isEqualTo("<" + i + ">50");
            }
        }
    }

    @Test
    void theTimeIsWrittenAsPythonWritesIt() {
        LocalDateTime sunday = LocalDateTime.of(2026, 1, 4, 0, 8, 7, 1_234_000);
        LocalDateTime wednesday = LocalDateTime.of(2025, 12, 31, 13, 5, 9);

        assertThat(formatted(sunday, "%a %A %b %B %h %d %-d %e %y %Y %m %j"))
                .isEqualTo("Sun Sunday Jan January Jan 04 4  4 26 2026 01 004");
        assertThat(formatted(sunday, "%H %-H %I %p %M %S %f %z%Z%%")).isEqualTo("00 0 12 AM 08 07 001234 %");
        assertThat(formatted(sunday, "%U %W %V %G %u %w")).isEqualTo("01 00 01 2026 7 0");
        assertThat(formatted(wednesday, "%U %W %V %G %u %w %j %I %p")).isEqualTo("52 52 01 2026 3 3 365 01 PM");
        assertThat(formatted(sunday, "%F %T|%D %R|%c|%x|%X|%r|%n%t|%Q%"))
                .isEqualTo(
                        "2026-01-04 00:08:07|01/04/26 00:08|Sun Jan  4 00:08:07 2026|01/04/26|00:08:07|12:08:07 AM|\n\t|%Q%");
    }

    @Test
    void aPromptIsTheSameWhateverDigitsTheUserWrites() {
        LocalDateTime sunday = LocalDateTime.of(2026, 1, 4, 0, 8, 7);

        try (OtherDigits _ = new OtherDigits()) {
            assertThat(formatted(sunday, "%e %d %H:%M %j %Y")).isEqualTo(" 4 04 00:08 004 2026");
            assertThat(ChatTemplate.compile("test", "{{ 1e-7 }}").render(Map.of()))
                    .isEqualTo("1e-07");
        }
    }

    private static String formatted(LocalDateTime time, String format) {
        Clock clock = Clock.fixed(time.toInstant(ZoneOffset.UTC), ZoneOffset.UTC);
        return ChatTemplate.compile("test", "{{ strftime_now('" + format + "') }}", clock)
                .render(Map.of());
    }

    @Test
    void theTimeIsTheMachinesUnlessAClockIsGiven() {
        String year = ChatTemplate.compile("test", "{{ strftime_now('%Y') }}").render(Map.of());

        int now = Year.now(ZoneId.systemDefault()).getValue();
        assertThat(Integer.parseInt(year)).isBetween(now - 1, now);
    }

    @Test
    void lineBreaksOfOtherSystemsAreLineBreaks() {
        String rendered = ChatTemplate.compile("test", "a\r\n{% if true %}\r\nb\rc{{ '\r\n' }}\r\n{% endif %}\r\n\r\n")
                .render(Map.of());

        assertThat(rendered).isEqualTo("a\nb\nc\n\n");
    }

    @Test
    void aSegmentHasText() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Segment(Segment.Origin.USER, ""));
        assertThat(ChatTemplate.compile("test", "{{ x }}").renderSegments(Map.of("x", "")))
                .isEmpty();
    }
}
