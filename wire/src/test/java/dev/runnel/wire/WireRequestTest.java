package dev.runnel.wire;

import static dev.runnel.core.BackendException.Kind.INVALID_REQUEST;
import static dev.runnel.core.BackendException.Kind.UNSUPPORTED;
import static dev.runnel.wire.Endpoint.CHAT;
import static dev.runnel.wire.Endpoint.TEXT;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WireRequestTest {

    private static final CompletionRequest HELLO = CompletionRequest.of("m", "hello");

    @Nested
    class Honours {

        @Test
        void aMinimalChat() {
            WireRequest request = chat("");

            assertThat(request).isEqualTo(Asking.of(HELLO, false, false));
            assertThat(request.endpoint()).isEqualTo(CHAT);
        }

        @Test
        void aMinimalTextCompletionWhichStopsAfterSixteenTokens() {
            WireRequest request = text("");

            assertThat(request.completion())
                    .isEqualTo(
                            CompletionRequest.of("m", new Prompt.Text("once")).withMaxTokens(16));
            assertThat(request.endpoint()).isEqualTo(TEXT);
        }

        @Test
        void everyFieldThatItCanDo() {
            WireRequest request = chat("""
                    "stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false},
                    "max_completion_tokens":7,"temperature":0.25,"top_p":0.5,"stop":["a","\\u4f60"],"seed":-3,"n":2,""");

            assertThat(request)
                    .isEqualTo(Asking.of(
                            CompletionRequest.of("m", HELLO.prompt())
                                    .withChoices(2)
                                    .withSampling(new Sampling(0.25, 0.5, OptionalLong.of(-3)))
                                    .withMaxTokens(7)
                                    .withStop(List.of("a", "你")),
                            true,
                            true));
        }

        @Test
        void everyRoleAndBothFormsOfContent() {
            WireRequest request = read(CHAT, """
                    {"model":"m","messages":[
                      {"role":"system","content":"a","name":"x"},
                      {"role":"developer","content":[{"type":"text","text":"b"},{"type":"text","text":"c"}]},
                      {"role":"user","content":[{"type":"text","text":"😀","prompt_cache_breakpoint":{"mode":"explicit"}}]},
                      {"role":"assistant","content":"d","refusal":null,"tool_calls":[],"reasoning_content":"hm"},
                      {"role":"assistant","content":null,"refusal":"no"},
                      {"role":"assistant","content":[{"type":"refusal","refusal":"never"}]},
                      {"role":"user","content":""}]}""");

            assertThat(request.completion().prompt())
                    .isEqualTo(new Prompt.Chat(List.of(
                            new Message.System("a"),
                            new Message.Developer("bc"),
                            new Message.User("😀"),
                            new Message.Assistant("d", "hm", List.of()),
                            new Message.Assistant("no"),
                            new Message.Assistant("never"),
                            new Message.User(""))));
        }

        @Test
        void aPromptInAnArrayOfOne() {
            assertThat(read(TEXT, "{\"model\":\"m\",\"prompt\":[\"once\"]}")).isEqualTo(text(""));
        }

        @Test
        void oneStopString() {
            assertThat(chat("\"stop\":\"END\",").completion().stopping().strings())
                    .containsExactly("END");
        }

        @Test
        void theOlderNameOfTheLimit() {
            assertThat(chat("\"max_tokens\":5,").completion().stopping().maxTokens())
                    .hasValue(5);
        }

        @Test
        void theNewerNameOfTheLimitBeforeTheOlder() {
            assertThat(chat("\"max_tokens\":5,\"max_completion_tokens\":6,")
                            .completion()
                            .stopping()
                            .maxTokens())
                    .hasValue(6);
        }

        @Test
        void theBoundsThemselves() {
            Sampling sampling = chat("\"temperature\":2,\"top_p\":0,\"seed\":9223372036854775807,")
                    .completion()
                    .sampling();

            assertThat(sampling).isEqualTo(new Sampling(2, 0, OptionalLong.of(Long.MAX_VALUE)));
            assertThat(chat("\"temperature\":0,\"top_p\":1,\"seed\":-9223372036854775808,")
                            .completion()
                            .sampling())
                    .isEqualTo(new Sampling(0, 1, OptionalLong.of(Long.MIN_VALUE)));
            assertThat(chat("\"max_tokens\":2147483647,")
                            .completion()
                            .stopping()
                            .maxTokens())
                    .hasValue(Integer.MAX_VALUE);
        }

        @ParameterizedTest
        @ValueSource(strings = {"16", "16.0", "1.6e1", "160E-1"})
        void wholeNumbersHoweverTheyAreWritten(String sixteen) {
            assertThat(chat("\"max_tokens\":" + sixteen + ",")
                            .completion()
                            .stopping()
                            .maxTokens())
                    .hasValue(16);
        }

        @ParameterizedTest
        @CsvSource({
            "1e18, 1000000000000000000",
            "9007199254740993.0, 9007199254740993",
            "-9223372036854775808.0, -9223372036854775808",
            "-0.0, 0"
        })
        void largeWholeNumbersToTheirLastDigit(String written, long seed) {
            assertThat(chat("\"seed\":" + written + ",").completion().sampling().seed())
                    .hasValue(seed);
        }

        @Test
        void usageOnlyIfAskedFor() {
            assertThat(chat("\"stream\":true,").form().includeUsage()).isFalse();
            assertThat(chat("\"stream\":true,\"stream_options\":{},").form().includeUsage())
                    .isFalse();
            assertThat(chat("\"stream\":true,\"stream_options\":null,").form().includeUsage())
                    .isFalse();
            assertThat(chat("\"stream\":true,\"stream_options\":{\"include_usage\":false},")
                            .form()
                            .includeUsage())
                    .isFalse();
        }

        @Test
        void theLastOfAMemberThatComesTwice() {
            assertThat(chat("\"max_tokens\":5,\"max_tokens\":9,")
                            .completion()
                            .stopping()
                            .maxTokens())
                    .hasValue(9);
        }

        @Test
        void aByteOrderMarkAndPrettyPrinting() {
            assertThat(read(
                            CHAT,
                            "\uFEFF\r\n{\n\t\"model\" : \"m\",\"messages\":[{\"role\":\"user\","
                                    + "\"content\":\"hello\"}] }\n"))
                    .isEqualTo(Asking.of(HELLO, false, false));
        }
    }

    @Nested
    class PassesOver {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "stream",
                    "stream_options",
                    "max_tokens",
                    "max_completion_tokens",
                    "temperature",
                    "top_p",
                    "stop",
                    "seed",
                    "n",
                    "frequency_penalty",
                    "presence_penalty",
                    "logit_bias",
                    "logprobs",
                    "top_logprobs",
                    "tools",
                    "tool_choice",
                    "functions",
                    "function_call",
                    "response_format",
                    "modalities",
                    "audio",
                    "web_search_options",
                    "moderation"
                })
        void aNullAsIfTheFieldWereAbsent(String field) {
            assertThat(chat("\"" + field + "\":null,")).isEqualTo(chat(""));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"max_tokens", "n", "best_of", "echo", "suffix", "logprobs", "stop", "seed", "logit_bias"})
        void aNullInATextCompletionToo(String field) {
            assertThat(text("\"" + field + "\":null,")).isEqualTo(text(""));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "\"verbosity\":\"low\"",
                    "\"prediction\":{\"type\":\"content\",\"content\":\"x\"}",
                    "\"metadata\":{\"a\":\"b\"}",
                    "\"user\":\"u\"",
                    "\"safety_identifier\":\"s\"",
                    "\"prompt_cache_key\":\"k\"",
                    "\"prompt_cache_retention\":\"24h\"",
                    "\"prompt_cache_options\":{\"ttl\":\"30m\"}",
                    "\"parallel_tool_calls\":true",
                    "\"anything\":{\"else\":[1,{\"b\":null}]}"
                })
        void whatChangesNothingAndWhatItDoesNotKnow(String member) {
            assertThat(chat(member + ",")).isEqualTo(chat(""));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "\"tools\":[]",
                    "\"tool_choice\":\"none\"",
                    "\"tool_choice\":\"auto\"",
                    "\"functions\":[]",
                    "\"function_call\":\"none\"",
                    "\"function_call\":\"auto\"",
                    "\"stop\":[]",
                    "\"response_format\":{\"type\":\"text\"}",
                    "\"modalities\":[\"text\"]",
                    "\"logprobs\":false",
                    "\"logit_bias\":{}",
                    "\"frequency_penalty\":0",
                    "\"presence_penalty\":-0.0"
                })
        void whatAsksForNothing(String member) {
            assertThat(chat(member + ",")).isEqualTo(chat(""));
        }

        @ParameterizedTest
        @ValueSource(strings = {"\"echo\":false", "\"suffix\":\"\"", "\"best_of\":1"})
        void whatAsksForNothingOfATextCompletion(String member) {
            assertThat(text(member + ",")).isEqualTo(text(""));
        }
    }

    @Nested
    class Refuses {

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                "functions":[{"name":"f"}]                              | functions
                "function_call":{"name":"f"}                            | function_call
                "modalities":["text","audio"]                           | modalities
                "audio":{"voice":"v","format":"mp3"}                    | audio
                "web_search_options":{}                                 | web_search_options
                "moderation":{"model":"x"}                              | moderation
                """)
        void whatItCannotDoByTheFieldsName(String member, String path) {
            assertThat(refusalOfChat(member + ",")).isEqualTo(new Refusal(UNSUPPORTED, "unsupported_parameter", path));
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                "n":17              | unsupported_value     | n
                "best_of":17        | unsupported_value     | best_of
                """)
        void whatItCannotDoInATextCompletion(String member, String code, String path) {
            assertThat(refusalOfText(member + ",")).isEqualTo(new Refusal(UNSUPPORTED, code, path));
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                {"role":"function","name":"f","content":"x"}                                            | messages[0].role
                {"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"x"}}]} | messages[0].content[1]
                {"role":"user","content":[{"type":"input_audio","input_audio":{}}]}                     | messages[0].content[0]
                {"role":"user","content":[{"type":"file","file":{}}]}                                   | messages[0].content[0]
                """)
        void messagesItCannotRead(String message, String path) {
            assertThat(refusal(CHAT, "{\"model\":\"m\",\"messages\":[" + message + "]}"))
                    .isEqualTo(new Refusal(UNSUPPORTED, "unsupported_value", path));
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                {"role":"assistant","content":"x","function_call":{}}          | messages[0].function_call
                {"role":"assistant","audio":{"id":"a"}}                        | messages[0].audio
                """)
        void earlierRepliesThatHoldMoreThanText(String message, String path) {
            assertThat(refusal(CHAT, "{\"model\":\"m\",\"messages\":[" + message + "]}"))
                    .isEqualTo(new Refusal(UNSUPPORTED, "unsupported_parameter", path));
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                "temperature":2.1                | temperature         | temperature is 2.1, expected 0 to 2
                "temperature":-0.001             | temperature         | temperature is -0.001, expected 0 to 2
                "temperature":1e999999999        | temperature         | temperature is 1e999999999, expected 0 to 2
                "top_p":1.5                      | top_p               | top_p is 1.5, expected 0 to 1
                "frequency_penalty":2.5          | frequency_penalty   | frequency_penalty is 2.5, expected -2 to 2
                "presence_penalty":-3            | presence_penalty    | presence_penalty is -3, expected -2 to 2
                "n":0                            | n                   | n is 0, expected 1 to 128
                "n":129                          | n                   | n is 129, expected 1 to 128
                "max_tokens":0                   | max_tokens          | max_tokens is 0, expected 1 to 2147483647
                "max_completion_tokens":-1       | max_completion_tokens | max_completion_tokens is -1, expected 1 to 2147483647
                "max_tokens":0,"max_completion_tokens":1 | max_tokens   | max_tokens is 0, expected 1 to 2147483647
                "max_tokens":1.5                 | max_tokens          | max_tokens is 1.5, expected an integer
                "max_tokens":2147483648          | max_tokens          | max_tokens is 2147483648, expected 1 to 2147483647
                "seed":9223372036854775808       | seed                | seed is 9223372036854775808, expected -9223372036854775808 to 9223372036854775807
                "seed":1e999999999               | seed                | seed is 1e999999999, expected -9223372036854775808 to 9223372036854775807
                "seed":1e-99999999999            | seed                | seed is 1e-99999999999, expected -9223372036854775808 to 9223372036854775807
                "seed":0.5                       | seed                | seed is 0.5, expected an integer
                "stop":""                        | stop                | stop is empty, expected some text to stop at
                "stop":["a",""]                  | stop[1]             | stop[1] is empty, expected some text to stop at
                "stop":["a","b","c","d","e"]     | stop                | stop holds 5 strings, expected at most 4
                "stream_options":{}              | stream_options      | stream_options is set, but stream is not true
                "stream":false,"stream_options":{"include_usage":true} | stream_options | stream_options is set, but stream is not true
                "top_logprobs":2                 | top_logprobs        | top_logprobs is set, but logprobs is not true
                "top_logprobs":21                | top_logprobs        | top_logprobs is 21, expected 0 to 20
                "logit_bias":{"1":100.5}         | logit_bias.1        | logit_bias.1 is 100.5, expected -100 to 100
                "logit_bias":{"the":1}           | logit_bias.the      | logit_bias.the: 'the' is no id of a token
                "logit_bias":{"-1":1}            | logit_bias.-1       | logit_bias.-1: '-1' is no id of a token
                "top_k":-2                       | top_k               | top_k is -2, expected -1 to 2147483647
                "min_p":1.1                      | min_p               | min_p is 1.1, expected 0 to 1
                "typical_p":0                    | typical_p           | typical_p is 0, expected above 0, to 1
                "typical_p":1.5                  | typical_p           | typical_p is 1.5, expected above 0, to 1
                "repetition_penalty":0           | repetition_penalty  | repetition_penalty is 0, expected above 0
                "repeat_penalty":-1              | repeat_penalty      | repeat_penalty is -1, expected above 0
                "stop_token_ids":[-1]            | stop_token_ids[0]   | stop_token_ids[0] is -1, expected 0 to 2147483647
                "reasoning_effort":"huge"        | reasoning_effort    | reasoning_effort is 'huge', expected none, minimal, low, medium, high, xhigh or max
                "grammar":"root ::= x","response_format":{"type":"json_object"} | grammar | grammar and response_format are both set, expected one of them
                "response_format":{"type":"json_schema","json_schema":{"name":"a b"}} | response_format.json_schema.name | response_format.json_schema.name is 'a b', expected 1 to 64 letters, digits, _ and -
                "tool_choice":"required"         | tool_choice         | tool_choice asks for a call, but there are no tools
                "tool_choice":{"type":"function","function":{"name":"f"}} | tool_choice | tool_choice asks for a call, but there are no tools
                "tool_choice":"maybe"            | tool_choice         | tool_choice is 'maybe', expected none, auto, required or an object
                "response_format":{"type":"xml"} | response_format.type | response_format.type is 'xml', expected text, json_object or json_schema
                "modalities":["smell"]           | modalities[0]       | modalities[0] is 'smell', expected text or audio
                """)
        void whatIsOutOfBounds(String member, String path, String message) {
            assertThat(refusalOfChat(member + ",")).isEqualTo(new Refusal(INVALID_REQUEST, "invalid_value", path));
            assertThat(failure(CHAT, chatBody(member + ","))).hasMessage(message);
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                "max_tokens":-1      | max_tokens | max_tokens is -1, expected 0 to 2147483647
                "logprobs":6         | logprobs   | logprobs is 6, expected 0 to 5
                "best_of":21         | best_of    | best_of is 21, expected 0 to 20
                "best_of":1,"n":2    | best_of    | best_of is 1, expected at least n, which is 2
                "best_of":2,"stream":true | best_of | best_of is 2 and stream is true, but the best of several can't be streamed
                "best_of":0          | best_of    | best_of is 0, expected at least n, which is 1
                """)
        void whatIsOutOfBoundsInATextCompletion(String member, String path, String message) {
            assertThat(refusalOfText(member + ",")).isEqualTo(new Refusal(INVALID_REQUEST, "invalid_value", path));
            assertThat(failure(TEXT, textBody(member + ","))).hasMessage(message);
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                "stream":"true"             | stream          | stream is a string, expected a boolean
                "stream":1                  | stream          | stream is a number, expected a boolean
                "stream":true,"stream_options":[] | stream_options | stream_options is an array, expected an object
                "stream":true,"stream_options":{"include_usage":0} | stream_options.include_usage | stream_options.include_usage is a number, expected a boolean
                "temperature":"hot"         | temperature     | temperature is a string, expected a number
                "max_tokens":"16"           | max_tokens      | max_tokens is a string, expected an integer
                "n":true                    | n               | n is a boolean, expected an integer
                "stop":1                    | stop            | stop is a number, expected a string or an array of strings
                "stop":["a",null]           | stop[1]         | stop[1] is null, expected a string
                "tools":{}                  | tools           | tools is an object, expected an array
                "tool_choice":1             | tool_choice     | tool_choice is a number, expected a string or an object
                "response_format":"text"    | response_format | response_format is a string, expected an object
                "logprobs":0                | logprobs        | logprobs is a number, expected a boolean
                "logit_bias":[]             | logit_bias      | logit_bias is an array, expected an object
                "logit_bias":{"1":null}     | logit_bias.1    | logit_bias.1 is null, expected a number
                "chat_template_kwargs":[]   | chat_template_kwargs | chat_template_kwargs is an array, expected an object
                "grammar":{}                | grammar         | grammar is an object, expected a string
                "response_format":{"type":"json_schema","json_schema":{"name":"x","schema":"y"}} | response_format.json_schema.schema | response_format.json_schema.schema is a string, expected an object
                "parallel_tool_calls":1     | parallel_tool_calls | parallel_tool_calls is a number, expected a boolean
                """)
        void whatIsOfTheWrongType(String member, String path, String message) {
            assertThat(refusalOfChat(member + ",")).isEqualTo(new Refusal(INVALID_REQUEST, "invalid_type", path));
            assertThat(failure(CHAT, chatBody(member + ","))).hasMessage(message);
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                []                                        | invalid_value | messages | messages is an empty array, expected at least one element
                {}                                        | invalid_type | messages | messages is an object, expected an array
                [null]                                    | invalid_type | messages[0] | messages[0] is null, expected an object
                [{"content":"x"}]                         | missing_required_parameter | messages[0].role | messages[0].role is missing
                [{"role":"user"}]                         | missing_required_parameter | messages[0].content | messages[0].content is missing
                [{"role":"user","content":null}]          | missing_required_parameter | messages[0].content | messages[0].content is missing
                [{"role":"assistant"}]                    | missing_required_parameter | messages[0].content | messages[0].content is missing
                [{"role":"wizard","content":"x"}]         | invalid_value | messages[0].role | messages[0].role is 'wizard', expected system, developer, user, assistant or tool
                [{"role":7,"content":"x"}]                | invalid_type | messages[0].role | messages[0].role is a number, expected a string
                [{"role":"user","content":7}]             | invalid_type | messages[0].content | messages[0].content is a number, expected a string or an array of parts
                [{"role":"user","content":[]}]            | invalid_value | messages[0].content | messages[0].content is an empty array, expected at least one element
                [{"role":"user","content":["x"]}]         | invalid_type | messages[0].content[0] | messages[0].content[0] is a string, expected an object
                [{"role":"user","content":[{"text":"x"}]}] | missing_required_parameter | messages[0].content[0].type | messages[0].content[0].type is missing
                [{"role":"user","content":[{"type":"text"}]}] | missing_required_parameter | messages[0].content[0].text | messages[0].content[0].text is missing
                [{"role":"user","content":[{"type":"text","text":[]}]}] | invalid_type | messages[0].content[0].text | messages[0].content[0].text is an array, expected a string
                [{"role":"user","content":"x"},{"role":"user","content":[{"type":"dream"}]}] | invalid_value | messages[1].content[0].type | messages[1].content[0].type is 'dream', expected text
                [{"role":"user","content":[{"type":"refusal","refusal":"x"}]}] | invalid_value | messages[0].content[0].type | messages[0].content[0].type is 'refusal', expected text
                [{"role":"user","content":"\\ud83d"}]     | invalid_value | messages[0].content | messages[0].content holds half of a surrogate pair, expected whole characters
                [{"role":"user","content":"\\ude00\\ud83d"}] | invalid_value | messages[0].content | messages[0].content holds half of a surrogate pair, expected whole characters
                """)
        void messagesThatAreWrong(String messages, String code, String path, String message) {
            String body = "{\"model\":\"m\",\"messages\":" + messages + "}";

            assertThat(refusal(CHAT, body)).isEqualTo(new Refusal(INVALID_REQUEST, code, path));
            assertThat(failure(CHAT, body.getBytes(UTF_8))).hasMessage(message);
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                CHAT | {"messages":[{"role":"user","content":"x"}]}              | missing_required_parameter | model
                CHAT | {"model":null,"messages":[{"role":"user","content":"x"}]} | missing_required_parameter | model
                CHAT | {"model":[],"messages":[{"role":"user","content":"x"}]}   | invalid_type               | model
                CHAT | {"model":"m"}                                             | missing_required_parameter | messages
                CHAT | {"model":"m","prompt":"x"}                                | missing_required_parameter | messages
                CHAT | {"model":"m","messages":null}                             | missing_required_parameter | messages
                TEXT | {"model":"m","prompt":7}                                  | invalid_type               | prompt
                TEXT | {"model":"m","prompt":[]}                                 | invalid_value              | prompt
                TEXT | {"model":"m","prompt":[null]}                             | invalid_type               | prompt[0]
                TEXT | {"model":"m","prompt":[[]]}                               | invalid_value              | prompt[0]
                TEXT | {"model":"m","prompt":["a",[1]]}                          | invalid_type               | prompt[1]
                TEXT | {"model":"m","prompt":[1,"a"]}                            | invalid_type               | prompt[1]
                TEXT | {"model":"m","prompt":[1.5]}                              | invalid_value              | prompt[0]
                TEXT | {"model":"m","prompt":[-1]}                               | invalid_value              | prompt[0]
                """)
        void whatHasNoModelOrNothingToComplete(Endpoint endpoint, String body, String code, String path) {
            assertThat(refusal(endpoint, body)).isEqualTo(new Refusal(INVALID_REQUEST, code, path));
        }

        @Test
        void moreChoicesThanItGrants() {
            WireOptions two = WireOptions.DEFAULT.withMaxChoices(2);

            BackendException failure = catchThrowableOfType(
                    BackendException.class, () -> WireRequest.read(CHAT, chatBody("\"n\":3,"), two));

            assertThat(failure).hasMessage("n is 3, over this server's 2, which is not supported");
            assertThat(failure.code()).hasValue("unsupported_value");
            assertThat(failure.parameter()).hasValue("n");
            assertThat(WireRequest.read(CHAT, chatBody("\"n\":2,"), two)
                            .completion()
                            .choices())
                    .isEqualTo(2);
        }

        @Test
        void toGrantNothing() {
            WireOptions options = WireOptions.DEFAULT;

            assertThatThrownBy(() -> options.withMaxChoices(0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> options.withMaxStopStrings(0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> options.withMaxPrompts(0)).isInstanceOf(IllegalArgumentException.class);
        }

        @Test
        void moreStopStringsThanItGrants() {
            BackendException failure = catchThrowableOfType(
                    BackendException.class,
                    () -> WireRequest.read(
                            CHAT, chatBody("\"stop\":[\"a\",\"b\"],"), WireOptions.DEFAULT.withMaxStopStrings(1)));

            assertThat(failure).hasMessage("stop holds 2 strings, expected at most 1");
        }
    }

    @Nested
    class RefusesABody {

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                ``                 | the body is empty
                `  `               | the body is empty
                nonsense           | the body is not JSON from byte 0 on
                {"a":}             | the body is not JSON from byte 5 on
                {"é":}             | the body is not JSON from byte 6 on
                {"a":1,}           | the body is not JSON from byte 7 on
                {a:1}              | the body is not JSON from byte 1 on
                {'a':1}            | the body is not JSON from byte 1 on
                {"a":01}           | the body is not JSON from byte 6 on
                {"a":NaN}          | the body is not JSON from byte 8 on
                {"a":+1}           | the body is not JSON from byte 6 on
                {"a":"\\x"}        | the body is not JSON from byte 7 on
                {"a":1             | the body ends inside a JSON value
                {"a":"b            | the body ends inside a JSON value
                [1,2               | the body ends inside a JSON value
                {"a":1} {}         | the body goes on after its first value
                {"a":1}]           | the body is not JSON from byte 7 on
                []                 | the body is an array, expected an object
                null               | the body is null, expected an object
                "text"             | the body is a string, expected an object
                """)
        void thatIsNoJsonObjectAndSaysWhere(String body, String message) {
            BackendException failure = failure(CHAT, body == null ? new byte[0] : body.getBytes(UTF_8));

            assertThat(failure).hasMessage(message);
            assertThat(failure.kind()).isEqualTo(INVALID_REQUEST);
            assertThat(failure.parameter()).isEmpty();
        }

        @Test
        void thatIsNotUtf8AndSaysWhere() {
            byte[] body = chatBody("");
            body[25] = (byte) 0xFF;

            assertThat(failure(CHAT, body)).hasMessage("the body is not UTF-8 from byte 25 on");
        }

        @Test
        void thatSpellsCharactersInMoreBytesThanNeeded() {
            byte[] overlong = {'"', (byte) 0xC0, (byte) 0xAF, '"'};
            byte[] surrogate = {'"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"'};

            assertThat(failure(CHAT, overlong)).hasMessage("the body is not UTF-8 from byte 1 on");
            assertThat(failure(CHAT, surrogate)).hasMessage("the body is not UTF-8 from byte 1 on");
        }

        @Test
        void inAnotherEncoding() {
            assertThat(failure(CHAT, new String(chatBody(""), UTF_8).getBytes(UTF_16BE)))
                    .hasMessage("the body is not JSON from byte 1 on");
        }

        @Test
        void thatIsNestedTooDeep() {
            int most = JsonReader.MAX_DEPTH - 1; // the body itself is one level
            String deepest = "[".repeat(most) + "]".repeat(most);

            assertThat(chat("\"x\":" + deepest + ",")).isEqualTo(chat(""));
            assertThat(failure(CHAT, chatBody("\"x\":[" + deepest + "],")))
                    .hasMessage("the body is nested deeper than 128 levels");
            assertThat(failure(CHAT, "[".repeat(1_000_000).getBytes(UTF_8)))
                    .hasMessage("the body is nested deeper than 128 levels");
        }

        @Test
        void thatHoldsTooManyValues() {
            assertThat(failure(CHAT, chatBody("\"x\":[" + "0,".repeat(JsonReader.MAX_VALUES) + "0],")))
                    .hasMessage("the body holds more than 250000 values");
        }

        @Test
        void thatHoldsAnEndlessNumber() {
            assertThat(failure(CHAT, chatBody("\"seed\":" + "9".repeat(2000) + ",")))
                    .hasMessage("the body holds a name, a string or a number that is too long to read");
        }

        @Test
        void andQuotesNoMoreOfItThanNeeded() {
            assertThat(failure(
                            CHAT,
                            "{\"model\":\"m\",\"messages\":[{\"role\":\"%s\"}]}"
                                    .formatted("😀".repeat(1000))
                                    .getBytes(UTF_8)))
                    .hasMessage("messages[0].role is '%s…', expected system, developer, user, assistant or tool"
                            .formatted("😀".repeat(24)));
        }
    }

    /// What a program sees of a refusal.
    private record Refusal(BackendException.Kind kind, String code, String path) {}

    private static byte[] chatBody(String members) {
        return "{\"model\":\"m\",%s\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"
                .formatted(members)
                .getBytes(UTF_8);
    }

    private static byte[] textBody(String members) {
        return "{\"model\":\"m\",%s\"prompt\":\"once\"}".formatted(members).getBytes(UTF_8);
    }

    private static WireRequest chat(String members) {
        return WireRequest.read(CHAT, chatBody(members), WireOptions.DEFAULT);
    }

    private static WireRequest text(String members) {
        return WireRequest.read(TEXT, textBody(members), WireOptions.DEFAULT);
    }

    private static WireRequest read(Endpoint endpoint, String body) {
        return WireRequest.read(endpoint, body.getBytes(UTF_8), WireOptions.DEFAULT);
    }

    private static Refusal refusalOfChat(String members) {
        return refusal(CHAT, new String(chatBody(members), UTF_8));
    }

    private static Refusal refusalOfText(String members) {
        return refusal(TEXT, new String(textBody(members), UTF_8));
    }

    private static Refusal refusal(Endpoint endpoint, String body) {
        BackendException failure = failure(endpoint, body.getBytes(UTF_8));
        return new Refusal(
                failure.kind(), failure.code().orElse(""), failure.parameter().orElse(""));
    }

    private static BackendException failure(Endpoint endpoint, byte[] body) {
        return catchThrowableOfType(
                BackendException.class, () -> WireRequest.read(endpoint, body, WireOptions.DEFAULT));
    }
}
