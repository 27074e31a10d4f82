package dev.runnel.wire;

import static dev.runnel.wire.Endpoint.CHAT;
import static dev.runnel.wire.Endpoint.TEXT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.OutputFormat;
import dev.runnel.core.Prompt;
import dev.runnel.core.ReasoningEffort;
import dev.runnel.core.Sampling;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenLogprob;
import dev.runnel.core.TokenText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every parameter of a request that is neither a message nor a tool, in what it makes of the request.
class ParametersTest {

    @Test
    void samplingInAllItsFields() {
        Sampling sampling = chat("""
                        "temperature":0.5,"top_p":0.9,"top_k":40,"min_p":0.05,"typical_p":0.95,"repetition_penalty":1.1,
                        "frequency_penalty":-1.5,"presence_penalty":2,"logit_bias":{"15":-100,"7":2.5},"seed":9,""").completion().sampling();

        assertThat(sampling)
                .isEqualTo(new Sampling(
                        0.5, 0.9, 40, 0.05, 0.95, 1.1, -1.5, 2, Map.of(15, -100.0, 7, 2.5), OptionalLong.of(9)));
    }

    @Test
    void theRepetitionPenaltyUnderLlamaCppsNameToo() {
        assertThat(text("\"repeat_penalty\":1.25,").completion().sampling().repetitionPenalty())
                .isEqualTo(1.25);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0})
    void allTokensUnderBothOfTheirNumbers(int topK) {
        assertThat(chat("\"top_k\":" + topK + ",").completion().sampling().topK())
                .isZero();
    }

    @Test
    void whatEndsAChoiceBesideItsStopStrings() {
        var stopping = chat("\"stop_token_ids\":[5,6],\"ignore_eos\":true,")
                .completion()
                .stopping();

        assertThat(stopping.tokens()).containsExactlyInAnyOrder(5, 6);
        assertThat(stopping.ignoresEndTokens()).isTrue();
    }

    @Test
    void noStopStringsInAnEmptyArray() {
        assertThat(chat("\"stop\":[],").completion().stopping().strings()).isEmpty();
    }

    @Test
    void theCacheUnlessItIsRefused() {
        assertThat(chat("").completion().cachePrompt()).isTrue();
        assertThat(chat("\"cache_prompt\":false,").completion().cachePrompt()).isFalse();
    }

    @Test
    void logprobsOfAChat() {
        assertThat(chat("").completion().logprobs()).isEmpty();
        assertThat(chat("\"logprobs\":true,").completion().logprobs()).hasValue(0);
        assertThat(chat("\"logprobs\":true,\"top_logprobs\":20,").completion().logprobs())
                .hasValue(20);
    }

    @Test
    void logprobsAndEchoOfAText() {
        CompletionRequest request =
                text("\"logprobs\":5,\"echo\":true,\"max_tokens\":0,").completion();

        assertThat(request.logprobs()).hasValue(5);
        assertThat(request.echo()).isTrue();
        assertThat(request.stopping().maxTokens()).hasValue(0);
    }

    @Test
    void formats() {
        assertThat(chat("\"response_format\":{\"type\":\"json_object\"},")
                        .completion()
                        .format())
                .isEqualTo(new OutputFormat.JsonObject());
        assertThat(chat("""
                        "response_format":{"type":"json_schema","json_schema":{"name":"response","strict":true,
                         "schema":{"$schema":"http://x","z":1.50,"a":["字",null]}}},""").completion().format())
                .isEqualTo(new OutputFormat.JsonSchema(
                        "response", "", "{\"$schema\":\"http://x\",\"z\":1.50,\"a\":[\"字\",null]}", true));
        assertThat(chat("\"response_format\":{\"type\":\"json_object\",\"schema\":{\"a\":1}},")
                        .completion()
                        .format())
                .isEqualTo(new OutputFormat.JsonSchema("response", "", "{\"a\":1}", false));
        assertThat(chat("\"response_format\":{\"type\":\"json_object\",\"schema\":{}},")
                        .completion()
                        .format())
                .isEqualTo(new OutputFormat.JsonObject());
        assertThat(chat("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\"}},")
                        .completion()
                        .format())
                .isEqualTo(new OutputFormat.JsonSchema("n", "", "{}", false));
        assertThat(text("\"grammar\":\"root ::= [a-z]\",").completion().format())
                .isEqualTo(new OutputFormat.Grammar("root ::= [a-z]"));
    }

    @Test
    void effortAndTemplateArguments() {
        Prompt.Chat prompt = (Prompt.Chat)
                chat("\"reasoning_effort\":\"xhigh\",\"chat_template_kwargs\":{\"enable_thinking\":false},")
                        .completion()
                        .prompt();

        assertThat(prompt.effort()).hasValue(ReasoningEffort.XHIGH);
        assertThat(prompt.templateArguments()).isEqualTo("{\"enable_thinking\":false}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "prompt":["a","b"]
            "prompt":["a","b"],"echo":false
            """)
    void severalPromptsAreSeveralCompletions(String members) {
        WireRequest request = read(TEXT, "{\"model\":\"m\"," + members + "}");

        assertThat(request.completions().stream().map(CompletionRequest::prompt))
                .containsExactly(new Prompt.Text("a"), new Prompt.Text("b"));
    }

    @Test
    void promptsOfTokens() {
        assertThat(read(TEXT, "{\"model\":\"m\",\"prompt\":[1,2]}").completion().prompt())
                .isEqualTo(new Prompt.Tokens(List.of(1, 2)));
        assertThat(read(TEXT, "{\"model\":\"m\",\"prompt\":[[1,2],[3]]}").completions().stream()
                        .map(CompletionRequest::prompt))
                .containsExactly(new Prompt.Tokens(List.of(1, 2)), new Prompt.Tokens(List.of(3)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{\"model\":\"m\"}", "{\"model\":\"m\",\"prompt\":null}", "{\"model\":\"m\",\"prompt\":\"\"}"})
    void noPromptIsTheEmptyOne(String body) {
        assertThat(read(TEXT, body).completion().prompt()).isEqualTo(new Prompt.Text(""));
    }

    @Test
    void aSuffixMakesAGap() {
        assertThat(text("\"suffix\":\"the end\",").completion().prompt()).isEqualTo(new Prompt.Gap("once", "the end"));
        assertThat(refusal(TEXT, "{\"model\":\"m\",\"prompt\":[1],\"suffix\":\"x\"}"))
                .hasMessage("suffix is not supported after a prompt of token ids");
    }

    @Test
    void aGapIsNotEchoed() {
        BackendException refusal =
                refusal(TEXT, "{\"model\":\"m\",\"prompt\":\"once\",\"suffix\":\"the end\",\"echo\":true}");

        assertThat(refusal.kind()).isEqualTo(BackendException.Kind.INVALID_REQUEST);
        assertThat(refusal.parameter()).contains("echo");
        assertThat(text("\"suffix\":\"\",\"echo\":true,").completion().echo()).isTrue();
    }

    @Test
    void morePromptsThanItGrants() {
        assertThat(catchThrowableOfType(
                        BackendException.class,
                        () -> WireRequest.read(
                                TEXT,
                                "{\"model\":\"m\",\"prompt\":[\"a\",\"b\",\"c\"]}".getBytes(UTF_8),
                                WireOptions.DEFAULT.withMaxPrompts(2))))
                .hasMessage("prompt is an array of 3 prompts, over this server's 2, which is not supported");
    }

    @Test
    void theBestOfSeveralIsAskedForWithLogprobs() {
        WireRequest request = text("\"best_of\":3,\"n\":2,");

        assertThat(request.completion().choices()).isEqualTo(3);
        assertThat(request.completion().logprobs()).hasValue(0);
        assertThat(request.form().logprobs()).isEmpty();
    }

    @Test
    void theBestOfAsManyAsAreWantedCanBeStreamed() {
        assertThat(text("\"best_of\":2,\"n\":2,\"stream\":true,").completion().choices())
                .isEqualTo(2);
    }

    @Test
    void severalPromptsAndTheBestOfSeveralBecomeOneReply() throws Exception {
        WireRequest request =
                read(TEXT, "{\"model\":\"m\",\"prompt\":[\"a\",\"b\"],\"n\":1,\"best_of\":2,\"max_tokens\":3}");
        ScriptedBackend backend = new ScriptedBackend(
                "m",
                asked -> {
                    String prompt = ((Prompt.Text) asked.prompt()).text();
                    return Script.of(
                            new TokenEvent.Started("m", 2),
                            new TokenEvent.Text(0, prompt + " worse", tokens(-2)),
                            new TokenEvent.Text(1, prompt + " better", tokens(-1)),
                            new TokenEvent.Finished(0, FinishReason.STOP),
                            new TokenEvent.Finished(1, FinishReason.LENGTH),
                            new TokenEvent.Usage(1, 4));
                },
                ScriptedBackend.Timer.REAL);

        Completion whole = request.complete(backend).completion().get();

        assertThat(whole.choices())
                .containsExactly(
                        new Completion.Choice("a better", "", FinishReason.LENGTH),
                        new Completion.Choice("b better", "", FinishReason.LENGTH));
        assertThat(whole.usage()).isEqualTo(new TokenEvent.Usage(2, 8));
    }

    private static List<TokenLogprob> tokens(double logprob) {
        return List.of(new TokenLogprob(new TokenText("x", List.of()), OptionalDouble.of(logprob), List.of()));
    }

    @Test
    void theFormOfTheReply() {
        ReplyForm form = chat("""
                        "stream":true,"stream_options":{"include_usage":true,"include_obfuscation":true},
                        "service_tier":"flex","timings_per_token":true,"logprobs":true,"top_logprobs":2,""").form();

        assertThat(form).isEqualTo(new ReplyForm(true, true, OptionalInt.of(2), false, false, true, true, ""));
        assertThat(chat("\"timings\":true,").timings()).isTrue();
        assertThat(chat("").form()).isEqualTo(ReplyForm.PLAIN);
    }

    @Test
    void theServersOwnFormUnlessTheRequestSaysOtherwise() {
        WireOptions padding = WireOptions.DEFAULT.withObfuscation(true).withReasoningAlias(true);
        byte[] plain = body("\"stream\":true,");
        byte[] refusing = body("\"stream\":true,\"stream_options\":{\"include_obfuscation\":false},");

        assertThat(WireRequest.read(CHAT, plain, padding).form().obfuscated()).isTrue();
        assertThat(WireRequest.read(CHAT, plain, padding).form().reasoningAlias())
                .isTrue();
        assertThat(WireRequest.read(CHAT, refusing, padding).form().obfuscated())
                .isFalse();
    }

    @Test
    void aWarningThatNothingIsStored() {
        assertThat(chat("\"store\":true,").warning())
                .isEqualTo(Optional.of("store is passed over: this server keeps no completions"));
        assertThat(chat("\"store\":false,").warning()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            CHAT      | {"model":"m","messages":[{"role":"user","content":"x"}],"magic":1}  | magic
            CHAT      | {"model":"m","messages":[{"role":"user","content":"x"}],"echo":true} | echo
            TEXT      | {"model":"m","prompt":"x","messages":[]}                             | messages
            RESPONSES | {"model":"m","input":"x","max_tokens":5}                             | max_tokens
            """)
    void aFieldItDoesNotKnowIsRefusedInStrictMode(Endpoint endpoint, String body, String field) {
        BackendException refusal = catchThrowableOfType(
                BackendException.class,
                () -> WireRequest.read(endpoint, body.getBytes(UTF_8), WireOptions.DEFAULT.withStrict(true)));

        assertThat(refusal.code()).hasValue("unknown_parameter");
        assertThat(refusal.parameter()).hasValue(field);
        assertThat(read(endpoint, body)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "frequency_penalty",
                "logit_bias",
                "logprobs",
                "top_logprobs",
                "max_completion_tokens",
                "max_tokens",
                "n",
                "presence_penalty",
                "response_format",
                "seed",
                "stop",
                "stream",
                "stream_options",
                "temperature",
                "top_p",
                "tools",
                "tool_choice",
                "parallel_tool_calls",
                "reasoning_effort",
                "verbosity",
                "prediction",
                "modalities",
                "audio",
                "web_search_options",
                "moderation",
                "store",
                "metadata",
                "service_tier",
                "user",
                "safety_identifier",
                "prompt_cache_key",
                "prompt_cache_retention",
                "prompt_cache_options",
                "functions",
                "function_call",
                "top_k",
                "min_p",
                "repetition_penalty",
                "repeat_penalty",
                "typical_p",
                "ignore_eos",
                "stop_token_ids",
                "grammar",
                "chat_template_kwargs",
                "cache_prompt",
                "timings",
                "timings_per_token"
            })
    void everyFieldOfTheProtocolIsKnownInStrictModeAndNullIsAbsent(String field) {
        assertThat(WireRequest.read(CHAT, body("\"" + field + "\":null,"), WireOptions.DEFAULT.withStrict(true)))
                .isEqualTo(chat(""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "best_of",
                "echo",
                "frequency_penalty",
                "logit_bias",
                "logprobs",
                "max_tokens",
                "n",
                "presence_penalty",
                "seed",
                "stop",
                "stream",
                "stream_options",
                "suffix",
                "temperature",
                "top_p",
                "user",
                "top_k",
                "grammar"
            })
    void everyFieldOfATextToo(String field) {
        byte[] body = "{\"model\":\"m\",\"%s\":null,\"prompt\":\"once\"}"
                .formatted(field)
                .getBytes(UTF_8);

        assertThat(WireRequest.read(TEXT, body, WireOptions.DEFAULT.withStrict(true)))
                .isEqualTo(text(""));
    }

    @Test
    void aHundredFieldsThatMeanNothingAreNoTrouble() {
        List<String> members = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            members.add("\"field%d\":[%d]".formatted(i, i));
        }

        assertThat(chat(String.join(",", members) + ",")).isEqualTo(chat(""));
    }

    private static byte[] body(String members) {
        return "{\"model\":\"m\",%s\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"
                .formatted(members)
                .getBytes(UTF_8);
    }

    private static WireRequest chat(String members) {
        return WireRequest.read(CHAT, body(members), WireOptions.DEFAULT);
    }

    private static WireRequest text(String members) {
        return read(TEXT, "{\"model\":\"m\",%s\"prompt\":\"once\"}".formatted(members));
    }

    private static WireRequest read(Endpoint endpoint, String body) {
        return WireRequest.read(endpoint, body.getBytes(UTF_8), WireOptions.DEFAULT);
    }

    private static BackendException refusal(Endpoint endpoint, String body) {
        return catchThrowableOfType(BackendException.class, () -> read(endpoint, body));
    }
}
