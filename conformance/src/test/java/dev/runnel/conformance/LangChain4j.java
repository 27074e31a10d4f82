package dev.runnel.conformance;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiChatRequestParameters;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiTokenUsage;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import dev.runnel.conformance.Reading.Call;
import dev.runnel.conformance.Reading.Choice;
import dev.runnel.conformance.Reading.Part;
import dev.runnel.conformance.Reading.Usage;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// LangChain4j, over the JDK's HTTP client, which asks to be upgraded to HTTP/2 with every request.
enum LangChain4j implements Client {
    WHOLE {
        @Override
        ChatResponse ask(URI server, Order order, ChatRequest request) {
            return WHOLE_MODELS
                    .computeIfAbsent(
                            server + " " + order.retries(),
                            _ -> OpenAiChatModel.builder()
                                    .baseUrl(server + "/v1")
                                    .apiKey("none")
                                    .modelName(ScriptedServer.MODEL)
                                    .returnThinking(true)
                                    .strictJsonSchema(true)
                                    .maxRetries(order.retries())
                                    .timeout(Duration.ofSeconds(20))
                                    .build())
                    .chat(request);
        }
    },
    STREAMING {
        @Override
        ChatResponse ask(URI server, Order order, ChatRequest request) throws Exception {
            CompletableFuture<ChatResponse> done = new CompletableFuture<>();
            StringBuilder pieces = new StringBuilder();
            STREAMING_MODELS
                    .computeIfAbsent(
                            server,
                            _ -> OpenAiStreamingChatModel.builder()
                                    .baseUrl(server + "/v1")
                                    .apiKey("none")
                                    .modelName(ScriptedServer.MODEL)
                                    .returnThinking(true)
                                    .strictJsonSchema(true)
                                    .timeout(Duration.ofSeconds(20))
                                    .build())
                    .chat(request, new StreamingChatResponseHandler() {
                        @Override
                        public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
                            pieces.append(piece.text());
                            if (order.leaveEarly()) {
                                context.streamingHandle().cancel();
                                done.complete(null);
                            }
                        }

                        @Override
                        public void onCompleteResponse(ChatResponse whole) {
                            done.complete(whole);
                        }

                        @Override
                        public void onError(Throwable error) {
                            done.completeExceptionally(error);
                        }
                    });
            ChatResponse whole = get(done);
            if (whole != null
                    && !Objects.requireNonNullElse(whole.aiMessage().text(), "").contentEquals(pieces)) {
                throw new AssertionError("the pieces are not the reply: " + pieces);
            }
            return whole;
        }
    };

    // One for each server, and open for as long as the tests run.
    private static final Map<String, OpenAiChatModel> WHOLE_MODELS = new ConcurrentHashMap<>();
    private static final Map<URI, OpenAiStreamingChatModel> STREAMING_MODELS = new ConcurrentHashMap<>();

    abstract @Nullable ChatResponse ask(URI server, Order order, ChatRequest request) throws Exception;

    @Override
    public String title() {
        return "langchain4j " + name().toLowerCase(Locale.ROOT);
    }

    @Override
    public boolean streams() {
        return this == STREAMING;
    }

    @Override
    public Set<Part> tells() {
        return EnumSet.of(Part.THINKING, Part.CALL_IDS, Part.EXACT_ARGUMENTS, Part.FINISH, Part.USAGE, Part.DETAILS);
    }

    /// It reads only the first choice, and throws a whole reply's refusal.
    @Override
    public boolean asks(Scenario scenario) {
        return scenario.ask != Scenario.Ask.CHOICES && (scenario != Scenario.REFUSAL || this != WHOLE);
    }

    @Override
    public Reading read(URI server, Order order) throws Exception {
        OpenAiChatRequestParameters.Builder parameters = OpenAiChatRequestParameters.builder();
        switch (order.ask()) {
            case NOTHING, CHOICES -> {}
            case LIMIT -> parameters.maxCompletionTokens(3);
            case TOOLS -> parameters.toolSpecifications(TOOLS);
            case SCHEMA ->
                parameters.responseFormat(ResponseFormat.builder()
                        .type(ResponseFormatType.JSON)
                        .jsonSchema(JsonSchema.builder()
                                .name("city")
                                .rootElement(JsonObjectSchema.builder()
                                        .addStringProperty("city")
                                        .addIntegerProperty("population")
                                        .required("city", "population")
                                        .build())
                                .build())
                        .build());
            case LOGPROBS -> parameters.logprobs(true).topLogprobs(2);
            case STOP -> parameters.stopSequences(Scenario.STOPS);
        }
        ChatRequest request = ChatRequest.builder()
                .messages(UserMessage.from(order.message()))
                .parameters(parameters.build())
                .build();
        ChatResponse response = ask(server, order, request);
        return response == null ? new Reading(List.of(), null) : reading(response);
    }

    private static final List<ToolSpecification> TOOLS = List.of(
            ToolSpecification.builder()
                    .name("weather")
                    .parameters(JsonObjectSchema.builder()
                            .addStringProperty("city")
                            .required("city")
                            .build())
                    .build(),
            ToolSpecification.builder()
                    .name("time")
                    .parameters(JsonObjectSchema.builder()
                            .addStringProperty("zone")
                            .required("zone")
                            .build())
                    .build(),
            ToolSpecification.builder().name("now").build());

    private static Reading reading(ChatResponse response) {
        AiMessage message = response.aiMessage();
        Choice choice = new Choice(
                Objects.requireNonNullElse(message.text(), ""),
                "",
                Objects.requireNonNullElse(message.thinking(), ""),
                message.toolExecutionRequests().stream()
                        .map(call -> new Call(call.id(), call.name(), call.arguments()))
                        .toList(),
                finish(response.finishReason()),
                List.of());
        return new Reading(List.of(choice), usage(response.tokenUsage()));
    }

    private static @Nullable String finish(@Nullable FinishReason reason) {
        return reason == null
                ? null
                : switch (reason) {
                    case STOP -> "stop";
                    case LENGTH -> "length";
                    case TOOL_EXECUTION -> "tool_calls";
                    case CONTENT_FILTER -> "content_filter";
                    case OTHER -> "other";
                };
    }

    private static @Nullable Usage usage(@Nullable TokenUsage usage) {
        return usage instanceof OpenAiTokenUsage told
                ? new Usage(
                        told.inputTokenCount(),
                        told.inputTokensDetails().cachedTokens(),
                        told.outputTokenCount(),
                        told.outputTokensDetails().reasoningTokens())
                : null;
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        try {
            return future.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            throw failure.getCause() instanceof Exception cause ? cause : failure;
        }
    }
}
