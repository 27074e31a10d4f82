package dev.runnel.conformance;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.ResponseFormatJsonSchema;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionMessageToolCall;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionTokenLogprob;
import com.openai.models.completions.CompletionUsage;
import dev.runnel.conformance.Reading.Call;
import dev.runnel.conformance.Reading.Choice;
import dev.runnel.conformance.Reading.Logprob;
import dev.runnel.conformance.Reading.Part;
import dev.runnel.conformance.Reading.Usage;
import java.net.URI;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// OpenAI's own client for Java.
enum OpenAiJava implements Client {
    /// The whole reply.
    WHOLE {
        @Override
        Reading ask(OpenAIClient client, ChatCompletionCreateParams params, boolean leaveEarly) {
            return reading(client.chat().completions().create(params));
        }
    },
    /// A stream's chunks as they come.
    RAW {
        @Override
        Reading ask(OpenAIClient client, ChatCompletionCreateParams params, boolean leaveEarly) {
            Chunks chunks = new Chunks();
            try (StreamResponse<ChatCompletionChunk> stream =
                    client.chat().completions().createStreaming(params)) {
                for (ChatCompletionChunk chunk : (Iterable<ChatCompletionChunk>) stream.stream()::iterator) {
                    chunk.validate();
                    chunks.add(chunk);
                    if (leaveEarly) {
                        break;
                    }
                }
            }
            return chunks.reading();
        }
    },
    /// A stream's chunks, put together by the client's accumulator.
    HELPER {
        @Override
        Reading ask(OpenAIClient client, ChatCompletionCreateParams params, boolean leaveEarly) {
            ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
            try (StreamResponse<ChatCompletionChunk> stream =
                    client.chat().completions().createStreaming(params)) {
                for (ChatCompletionChunk chunk : (Iterable<ChatCompletionChunk>) stream.stream()::iterator) {
                    accumulator.accumulate(chunk);
                    if (leaveEarly) {
                        return new Reading(List.of(), null);
                    }
                }
            }
            return reading(accumulator.chatCompletion());
        }
    };

    private static final Map<String, OpenAIClient> CLIENTS = new ConcurrentHashMap<>();

    abstract Reading ask(OpenAIClient client, ChatCompletionCreateParams params, boolean leaveEarly);

    @Override
    public String title() {
        return "openai-java " + name().toLowerCase(Locale.ROOT);
    }

    @Override
    public boolean streams() {
        return this != WHOLE;
    }

    @Override
    public Set<Part> tells() {
        Set<Part> parts = EnumSet.allOf(Part.class);
        if (this == HELPER) {
            parts.remove(Part.THINKING); // of a member it doesn't know it keeps the last piece
        }
        return parts;
    }

    @Override
    public boolean asks(Scenario scenario) {
        return true;
    }

    @Override
    public boolean asksForUsage() {
        return false;
    }

    @Override
    public Reading read(URI server, Order order) {
        return ask(client(server, order.retries()), params(order), order.leaveEarly());
    }

    /// One for each server, and open for as long as the tests run.
    static OpenAIClient client(URI server, int retries) {
        return CLIENTS.computeIfAbsent(
                server + " " + retries,
                _ -> OpenAIOkHttpClient.builder()
                        .baseUrl(server + "/v1")
                        .apiKey("none")
                        .maxRetries(retries)
                        .build());
    }

    private ChatCompletionCreateParams params(Order order) {
        ChatCompletionCreateParams.Builder params =
                ChatCompletionCreateParams.builder().model(ScriptedServer.MODEL).addUserMessage(order.message());
        if (streams() && order.usage()) {
            params.streamOptions(
                    ChatCompletionStreamOptions.builder().includeUsage(true).build());
        }
        switch (order.ask()) {
            case NOTHING -> {}
            case LIMIT -> params.maxCompletionTokens(3);
            case CHOICES -> params.n(2);
            case TOOLS ->
                Scenario.OFFERED.forEach(tool -> params.addTool(ChatCompletionFunctionTool.builder()
                        .function(FunctionDefinition.builder()
                                .name(tool.name())
                                .description(tool.description())
                                .parameters(FunctionParameters.builder()
                                        .additionalProperties(values(tool.parameters()))
                                        .build())
                                .build())
                        .build()));
            case SCHEMA ->
                params.responseFormat(ResponseFormatJsonSchema.builder()
                        .jsonSchema(ResponseFormatJsonSchema.JsonSchema.builder()
                                .name("city")
                                .strict(true)
                                .schema(ResponseFormatJsonSchema.JsonSchema.Schema.builder()
                                        .additionalProperties(values(Scenario.CITY))
                                        .build())
                                .build())
                        .build());
            case LOGPROBS -> params.logprobs(true).topLogprobs(2);
            case STOP -> params.stopOfStrings(Scenario.STOPS);
        }
        return params.build();
    }

    private static Map<String, JsonValue> values(String json) {
        Map<String, JsonValue> values = new TreeMap<>();
        Requests.parsed(json)
                .properties()
                .forEach(member -> values.put(member.getKey(), JsonValue.fromJsonNode(member.getValue())));
        return values;
    }

    static Reading reading(ChatCompletion completion) {
        completion.validate();
        return new Reading(
                completion.choices().stream()
                        .map(choice -> new Choice(
                                choice.message().content().orElse(""),
                                choice.message().refusal().orElse(""),
                                thinking(choice.message()),
                                calls(choice.message()),
                                choice.finishReason().toString(),
                                choice.logprobs().flatMap(ChatCompletion.Choice.Logprobs::content).stream()
                                        .flatMap(List::stream)
                                        .map(OpenAiJava::logprob)
                                        .toList()))
                        .toList(),
                completion.usage().map(OpenAiJava::usage).orElse(null));
    }

    private static List<Call> calls(ChatCompletionMessage message) {
        return message.toolCalls().stream()
                .flatMap(List::stream)
                .map(ChatCompletionMessageToolCall::asFunction)
                .map(call -> new Call(
                        call.id(), call.function().name(), call.function().arguments()))
                .toList();
    }

    /// OpenAI's interface has no reasoning; this is where everyone else's is.
    @SuppressWarnings("deprecation") // the client offers no other way to members it doesn't know
    private static String thinking(ChatCompletionMessage message) {
        return text(message._additionalProperties().get("reasoning_content"));
    }

    @SuppressWarnings("deprecation") // as above
    private static String thinking(ChatCompletionChunk.Choice.Delta delta) {
        return text(delta._additionalProperties().get("reasoning_content"));
    }

    private static String text(@Nullable JsonValue value) {
        return value == null ? "" : value.convert(String.class);
    }

    private static Logprob logprob(ChatCompletionTokenLogprob told) {
        return new Logprob(
                told.token(),
                told.logprob(),
                told.bytes().orElse(List.of()).stream().map(Math::toIntExact).toList());
    }

    private static Usage usage(CompletionUsage usage) {
        return new Usage(
                Math.toIntExact(usage.promptTokens()),
                Math.toIntExact(usage.promptTokensDetails()
                        .flatMap(CompletionUsage.PromptTokensDetails::cachedTokens)
                        .orElse(0L)),
                Math.toIntExact(usage.completionTokens()),
                Math.toIntExact(usage.completionTokensDetails()
                        .flatMap(CompletionUsage.CompletionTokensDetails::reasoningTokens)
                        .orElse(0L)));
    }

    /// What a program puts together that only loops over the chunks.
    private static final class Chunks {

        private static final class Parts {
            final StringBuilder text = new StringBuilder();
            final StringBuilder refusal = new StringBuilder();
            final StringBuilder thinking = new StringBuilder();
            final List<String[]> calls = new ArrayList<>();
            final List<Logprob> logprobs = new ArrayList<>();

            @Nullable
            String finish;
        }

        private final Map<Long, Parts> choices = new TreeMap<>();
        private @Nullable Usage usage;

        void add(ChatCompletionChunk chunk) {
            chunk.usage().ifPresent(cost -> usage = OpenAiJava.usage(cost));
            for (ChatCompletionChunk.Choice choice : chunk.choices()) {
                Parts parts = choices.computeIfAbsent(choice.index(), _ -> new Parts());
                ChatCompletionChunk.Choice.Delta delta = choice.delta();
                delta.content().ifPresent(parts.text::append);
                delta.refusal().ifPresent(parts.refusal::append);
                parts.thinking.append(thinking(delta));
                delta.toolCalls().ifPresent(calls -> calls.forEach(call -> add(call, parts.calls)));
                choice.logprobs().flatMap(ChatCompletionChunk.Choice.Logprobs::content).stream()
                        .flatMap(List::stream)
                        .map(OpenAiJava::logprob)
                        .forEach(parts.logprobs::add);
                choice.finishReason().ifPresent(reason -> parts.finish = reason.toString());
            }
        }

        private static void add(ChatCompletionChunk.Choice.Delta.ToolCall call, List<String[]> calls) {
            int index = Math.toIntExact(call.index());
            if (index == calls.size()) {
                calls.add(new String[] {"", "", ""});
            }
            String[] parts = calls.get(index);
            parts[0] += call.id().orElse("");
            Optional<ChatCompletionChunk.Choice.Delta.ToolCall.Function> function = call.function();
            parts[1] += function.flatMap(ChatCompletionChunk.Choice.Delta.ToolCall.Function::name)
                    .orElse("");
            parts[2] += function.flatMap(ChatCompletionChunk.Choice.Delta.ToolCall.Function::arguments)
                    .orElse("");
        }

        Reading reading() {
            return new Reading(
                    choices.values().stream()
                            .map(parts -> new Choice(
                                    parts.text.toString(),
                                    parts.refusal.toString(),
                                    parts.thinking.toString(),
                                    parts.calls.stream()
                                            .map(call -> new Call(call[0], call[1], call[2]))
                                            .toList(),
                                    parts.finish,
                                    List.copyOf(parts.logprobs)))
                            .toList(),
                    usage);
        }
    }
}
