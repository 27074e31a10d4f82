package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.TokenEvent;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whole replies; the good ones stand in the transcripts.
class CompletionReaderTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            <html>                       | the upstream's reply is not JSON from byte 0 on
            {"id":                       | the upstream's reply ends inside a JSON value
            ``                           | the upstream's reply is empty
            []                           | the upstream's reply makes no sense: the body is an array, expected an object
            {}                           | the upstream's reply makes no sense: choices is missing
            {"choices":[]}               | the upstream's reply makes no sense: choices is an array, expected at least one choice
            {"error":{"message":"no"}}   | the upstream failed: no
            {"model":"m","choices":[{"index":0,"message":{"content":"a"}}]} | the upstream's reply makes no sense: choices[0].finish_reason is missing
            {"model":"m","choices":[{"index":0,"message":{"content":"a"},"finish_reason":"eos"}]} | the upstream's reply makes no sense: choices[0].finish_reason is 'eos', expected stop, length, tool_calls or content_filter
            {"model":"m","choices":[{"index":0,"finish_reason":"stop"}]} | the upstream's reply makes no sense: choices[0].message is missing
            {"model":"m","choices":[{"index":1,"message":{"content":"a"},"finish_reason":"stop"}]} | the upstream's reply makes no sense: choices[0].index is 1, expected 0 to 0
            {"model":"m","choices":[{"index":0,"message":{"content":[]},"finish_reason":"stop"}]} | the upstream's reply makes no sense: choices[0].message.content is an array, expected a string
            {"model":"m","choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]} | the upstream's reply makes no sense: usage is missing
            {"model":"m","choices":[{"index":0,"message":{"tool_calls":[{}]},"finish_reason":"tool_calls"}]} | the upstream's reply makes no sense: choices[0].message.tool_calls[0].function is missing
            {"model":"m","choices":[{"index":0,"message":{"tool_calls":[{"id":"c","function":{"name":" ","arguments":"{}"}}]},"finish_reason":"tool_calls"}]} | the upstream called a tool without naming it
            {"model":"m","choices":[{"index":0,"message":{"function_call":{}},"finish_reason":"function_call"}]} | the upstream called a tool, but was offered none
            """)
    void whatIsNoWholeReplyIsTheUpstreamsFault(String body, String message) {
        byte[] bytes = body == null ? new byte[0] : body.getBytes(UTF_8);

        BackendException failure =
                catchThrowableOfType(BackendException.class, () -> CompletionReader.read(Endpoint.CHAT, 0, bytes));

        assertThat(failure).hasMessage(message);
        assertThat(failure.kind()).isEqualTo(Kind.UPSTREAM);
    }

    @Test
    void logprobsAreOfATextAlone() {
        CompletionRequest request = CompletionRequest.of("m", "?").withLogprobs(0);
        for (String content : List.of("null", "\"a\"")) {
            String body = """
                    {"model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":{"content":%s,
                      "tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},
                      "logprobs":{"content":[{"token":"{}","logprob":-1}]}}],
                     "usage":{"prompt_tokens":1,"completion_tokens":2}}""".formatted(content);

            assertThat(CompletionReader.events(request, body.getBytes(UTF_8)))
                    .filteredOn(event -> !event.equals(new TokenEvent.Text(0, "a")))
                    .containsExactly(
                            new TokenEvent.Started("m", 1),
                            new TokenEvent.Call(0, "c", "f"),
                            new TokenEvent.Arguments(0, "{}"),
                            new TokenEvent.Finished(0, FinishReason.TOOL_CALLS),
                            new TokenEvent.Usage(1, 2));
        }
    }

    @Test
    void choicesAreSortedByTheirIndex() {
        Completion completion = CompletionReader.read(Endpoint.TEXT, 0, """
                {"model":"m","choices":[{"index":1,"text":"b","finish_reason":"stop"},
                  {"index":0,"text":"a","finish_reason":"length"}],
                 "usage":{"prompt_tokens":1,"completion_tokens":2}}""".getBytes(UTF_8));

        assertThat(completion)
                .isEqualTo(new Completion(
                        "m",
                        List.of(
                                new Completion.Choice("a", "", FinishReason.LENGTH),
                                new Completion.Choice("b", "", FinishReason.STOP)),
                        new TokenEvent.Usage(1, 2)));
    }

    @Test
    void reasoningAndToolCallsHaveNoPlaceInATextCompletion() {
        Completion thought = completion(new Completion.Choice("a", "hm", FinishReason.STOP));
        Completion called = completion(new Completion.Choice("a", "", FinishReason.TOOL_CALLS));
        Envelope envelope = new Envelope("cmpl-1", Instant.EPOCH, Optional.empty());

        for (Completion completion : List.of(thought, called)) {
            assertThat(catchThrowableOfType(
                                    BackendException.class,
                                    () -> CompletionWriter.write(
                                            Endpoint.TEXT,
                                            envelope,
                                            ReplyForm.PLAIN,
                                            completion,
                                            new WholeExtensions(List.of()),
                                            Optional.empty()))
                            .kind())
                    .isEqualTo(Kind.INTERNAL);
        }
    }

    private static Completion completion(Completion.Choice choice) {
        return new Completion("m", List.of(choice), new TokenEvent.Usage(1, 2));
    }
}
