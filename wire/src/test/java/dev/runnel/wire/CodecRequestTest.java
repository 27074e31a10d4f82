package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.runnel.core.BackendException;
import dev.runnel.core.Prompt;
import dev.runnel.core.TokenCodec;
import dev.runnel.core.TokenText;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is asked of a model's tokens and template, with a vocabulary of bytes.
class CodecRequestTest {

    /// A token for each byte; 256 begins a prompt, and where special tokens are parsed `^` is it too.
    private static final TokenCodec BYTES = new TokenCodec() {
        @Override
        public List<Integer> tokenize(String text, boolean addSpecial, boolean parseSpecial) {
            List<Integer> tokens = new ArrayList<>();
            if (addSpecial) {
                tokens.add(256);
            }
            for (byte each : text.getBytes(UTF_8)) {
                tokens.add(parseSpecial && each == '^' ? 256 : Byte.toUnsignedInt(each));
            }
            return tokens;
        }

        @Override
        public String detokenize(List<Integer> tokens) {
            StringBuilder text = new StringBuilder();
            tokens.forEach(id -> text.append(token(id).text()));
            return text.toString();
        }

        @Override
        public TokenText token(int id) {
            if (id > 256) {
                throw BackendException.invalidRequest("tokens", "%d is no token of this model".formatted(id));
            }
            return id == 256 ? TokenText.of(new byte[] {'^'}) : TokenText.of(new byte[] {(byte) id});
        }

        @Override
        public String render(Prompt.Chat conversation) {
            return "^" + conversation.messages().getFirst().text() + ">";
        }

        @Override
        public List<Integer> read(Prompt prompt) {
            return tokenize(render((Prompt.Chat) prompt), false, true);
        }
    };

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            TOKENIZE       | {"content":"a^"}                                        | {"tokens":[97,256]}
            TOKENIZE       | {"content":"a^","add_special":true,"parse_special":false} | {"tokens":[256,97,94]}
            TOKENIZE       | {"content":"é","with_pieces":true}                      | {"tokens":[{"id":195,"piece":[195]},{"id":169,"piece":[169]}]}
            TOKENIZE       | {"content":"a","with_pieces":true}                      | {"tokens":[{"id":97,"piece":"a"}]}
            TOKENIZE       | {"content":""}                                          | {"tokens":[]}
            DETOKENIZE     | {"tokens":[104,105,256]}                                | {"content":"hi^"}
            DETOKENIZE     | {"tokens":[]}                                           | {"content":""}
            APPLY_TEMPLATE | {"messages":[{"role":"user","content":"hi"}]}           | {"prompt":"^hi>"}
            RESPONSE_INPUT_TOKENS | {"input":"hi"} | {"object":"response.input_tokens","input_tokens":4}
            INPUT_TOKENS   | {"model":"m","messages":[{"role":"user","content":"hi"}]} | {"object":"response.input_tokens","input_tokens":4}
            """)
    void everyQuestionHasItsAnswer(CodecRequest.Kind kind, String body, String reply) {
        byte[] answer = CodecRequest.read(kind, body.getBytes(UTF_8)).answer().apply(BYTES);

        assertThat(TestJson.parse(answer)).isEqualTo(TestJson.parse(reply));
    }

    @Test
    void theModelIsNamedOrTheOnlyOne() {
        assertThat(CodecRequest.read(CodecRequest.Kind.TOKENIZE, "{\"model\":\"m\",\"content\":\"\"}".getBytes(UTF_8))
                        .model())
                .hasValue("m");
        assertThat(CodecRequest.read(CodecRequest.Kind.TOKENIZE, "{\"content\":\"\"}".getBytes(UTF_8))
                        .model())
                .isEmpty();
    }

    @Test
    void theInputOfAResponseIsReadAsTheResponsesRequestIs() {
        ResponseItems items = new ResponseItems(1 << 20);
        items.keep("msg_1", "{\"type\":\"message\",\"role\":\"assistant\",\"content\":\"hi\"}");
        byte[] named = "{\"input\":[{\"type\":\"item_reference\",\"id\":\"msg_1\"}]}".getBytes(UTF_8);
        byte[] unknown = "{\"input\":\"hi\",\"wish\":1}".getBytes(UTF_8);
        WireOptions strict = WireOptions.DEFAULT.withStrict(true);

        assertThat(new String(inputTokens(named, items).answer().apply(BYTES), UTF_8))
                .endsWith("\"input_tokens\":4}");
        assertThat(catchThrowableOfType(
                        BackendException.class,
                        () -> CodecRequest.read(
                                CodecRequest.Kind.RESPONSE_INPUT_TOKENS, unknown, strict, ResponseItems.NONE)))
                .hasMessage("wish is no parameter that this server knows");
    }

    private static CodecRequest inputTokens(byte[] body, ResponseItems items) {
        return CodecRequest.read(CodecRequest.Kind.RESPONSE_INPUT_TOKENS, body, WireOptions.DEFAULT, items);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            TOKENIZE       | {}                         | content is missing
            TOKENIZE       | {"content":1}              | content is a number, expected a string
            DETOKENIZE     | {"tokens":"x"}             | tokens is a string, expected an array
            DETOKENIZE     | {"tokens":[1.5]}           | tokens[0] is 1.5, expected an integer
            APPLY_TEMPLATE | {"messages":[]}            | messages is an empty array, expected at least one element
            INPUT_TOKENS   | {}                         | messages is missing
            TOKENIZE       | nonsense                   | the body is not JSON from byte 0 on
            """)
    void whatIsWrongIsRefused(CodecRequest.Kind kind, String body, String message) {
        assertThat(catchThrowableOfType(BackendException.class, () -> CodecRequest.read(kind, body.getBytes(UTF_8))))
                .hasMessage(message);
    }
}
