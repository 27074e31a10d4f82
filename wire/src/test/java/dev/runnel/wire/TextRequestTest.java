package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.runnel.core.BackendException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextRequestTest {

    @Test
    void aTextIsEnough() {
        assertThat(TextRequest.Tokenize.read(bytes("{\"content\":\"hi\"}")))
                .isEqualTo(new TextRequest.Tokenize("hi", false, true, false));
        assertThat(TextRequest.Tokenize.read(bytes("""
                        {"content":"","add_special":true,"parse_special":false,"with_pieces":true,"model":"any"}"""))).isEqualTo(new TextRequest.Tokenize("", true, false, true));
    }

    @Test
    void tokensAreNumbers() {
        assertThat(TextRequest.Detokenize.read(bytes("{\"tokens\":[0,15.0,2147483647]}"))
                        .tokens())
                .containsExactly(0, 15, Integer.MAX_VALUE);
        assertThat(TextRequest.Detokenize.read(bytes("{\"tokens\":[]}")).tokens())
                .isEmpty();
    }

    @Test
    void allThatATemplateMaySeeIsPassedOnInItsOrder() {
        Map<String, Object> variables = TextRequest.Render.read(bytes("""
                        {"model":"m","temperature":1,"add_generation_prompt":false,"tools":[{"z":1,"a":2.5}],
                         "documents":[{"title":null}],"reasoning_effort":"high",
                         "chat_template_kwargs":{"enable_thinking":true,"messages":"not these","note":null},
                         "messages":[{"role":"user","content":[{"type":"text","text":"hi"}],"zz":1,"name":"n"}]}""")).variables();

        assertThat(variables.keySet())
                .containsExactlyInAnyOrder(
                        "enable_thinking",
                        "note",
                        "messages",
                        "tools",
                        "documents",
                        "reasoning_effort",
                        "add_generation_prompt");
        assertThat(variables).containsEntry("enable_thinking", true).containsEntry("note", null);
        assertThat(variables).containsEntry("add_generation_prompt", false).containsEntry("reasoning_effort", "high");
        assertThat(variables).containsEntry("tools", List.of(Map.of("z", BigInteger.ONE, "a", 2.5)));
        assertThat(variables.get("messages"))
                .hasToString("[{role=user, content=[{type=text, text=hi}], zz=1, name=n}]");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            ``                     | the body is empty
            []                     | the body is an array, expected an object
            {"content":            | the body ends inside a JSON value
            {}                     | content is missing
            {"content":7}          | content is a number, expected a string
            {"content":"\\ud800"}  | content holds half of a surrogate pair, expected whole characters
            {"content":"","add_special":1} | add_special is a number, expected a boolean
            """)
    void whatIsNoTextIsRefusedByName(String body, String message) {
        assertThatExceptionOfType(BackendException.class)
                .isThrownBy(() -> TextRequest.Tokenize.read(bytes(body)))
                .satisfies(refusal -> assertThat(refusal.kind()).isEqualTo(BackendException.Kind.INVALID_REQUEST))
                .withMessage(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                     | tokens is missing
            {"tokens":"1"}         | tokens is a string, expected an array
            {"tokens":[1,"2"]}     | tokens[1] is a string, expected an integer
            {"tokens":[1,-2]}      | tokens[1] is -2, expected 0 to 2147483647
            {"tokens":[1.5]}       | tokens[0] is 1.5, expected an integer
            """)
    void whatAreNoTokensIsRefusedByName(String body, String message) {
        assertThatExceptionOfType(BackendException.class)
                .isThrownBy(() -> TextRequest.Detokenize.read(bytes(body)))
                .withMessage(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                     | messages is missing
            {"messages":[]}        | messages is empty, expected at least one message
            {"messages":["hi"]}    | messages[0] is a string, expected an object
            {"messages":[{}]}      | messages[0].role is missing
            {"messages":[{"role":1}]} | messages[0].role is a number, expected a string
            {"messages":[{"role":"user"}],"chat_template_kwargs":[]} | chat_template_kwargs is an array, expected an object
            {"messages":[{"role":"user"}],"add_generation_prompt":"no"} | add_generation_prompt is a string, expected a boolean
            """)
    void whatIsNoConversationIsRefusedByName(String body, String message) {
        assertThatExceptionOfType(BackendException.class)
                .isThrownBy(() -> TextRequest.Render.read(bytes(body)))
                .withMessage(message);
    }

    @Test
    void repliesHaveOneMember() {
        assertThat(text(TextReplies.tokens(new int[] {}))).isEqualTo("{\"tokens\":[]}");
        assertThat(text(TextReplies.tokens(new int[] {1, 22}))).isEqualTo("{\"tokens\":[1,22]}");
        assertThat(text(TextReplies.content("a\"\n"))).isEqualTo("{\"content\":\"a\\\"\\n\"}");
        assertThat(text(TextReplies.prompt("世"))).isEqualTo("{\"prompt\":\"世\"}");
        assertThat(text(TextReplies.error("no"))).isEqualTo("{\"error\":\"no\"}");
    }

    @Test
    void aPieceThatIsNoWholeCharacterIsWrittenInBytes() {
        byte[][] pieces = {bytes("世"), Arrays.copyOf(bytes("世"), 2)};

        assertThat(text(TextReplies.tokens(new int[] {0, 1}, token -> pieces[token])))
                .isEqualTo("{\"tokens\":[{\"id\":0,\"piece\":\"世\"},{\"id\":1,\"piece\":[228,184]}]}");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, UTF_8);
    }
}
