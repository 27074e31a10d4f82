package dev.runnel.conformance;

import dev.runnel.conformance.Reading.Call;
import dev.runnel.conformance.Reading.Choice;
import dev.runnel.conformance.Reading.Part;
import dev.runnel.core.Tool;
import java.net.URI;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.Usage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.ToolDefinition;

/// Spring AI, which speaks through OpenAI's client for Java.
enum SpringAi implements Client {
    WHOLE {
        @Override
        Reading ask(OpenAiChatModel model, Prompt prompt, boolean leaveEarly) {
            return reading(List.of(model.call(prompt)));
        }
    },
    STREAM {
        @Override
        Reading ask(OpenAiChatModel model, Prompt prompt, boolean leaveEarly) {
            List<ChatResponse> responses = (leaveEarly ? model.stream(prompt).take(1) : model.stream(prompt))
                    .collectList()
                    .block();
            return leaveEarly ? new Reading(List.of(), null) : reading(Objects.requireNonNull(responses));
        }
    };

    /// One for each server, and open for as long as the tests run.
    private static final Map<String, OpenAiChatModel> MODELS = new ConcurrentHashMap<>();

    /// A tool that is only offered: whoever calls it is the program's business.
    private record Offered(ToolDefinition getToolDefinition) implements ToolCallback {
        @Override
        public String call(String arguments) {
            throw new AssertionError("the model's own call is not expected to be executed");
        }
    }

    abstract Reading ask(OpenAiChatModel model, Prompt prompt, boolean leaveEarly);

    @Override
    public String title() {
        return "spring-ai " + name().toLowerCase(Locale.ROOT);
    }

    @Override
    public boolean streams() {
        return this == STREAM;
    }

    @Override
    public Set<Part> tells() {
        return EnumSet.of(Part.CALL_IDS, Part.EXACT_ARGUMENTS, Part.FINISH, Part.USAGE);
    }

    /// Of several choices it puts only the first one's pieces together.
    @Override
    public boolean asks(Scenario scenario) {
        return scenario.ask != Scenario.Ask.CHOICES;
    }

    @Override
    public Reading read(URI server, Order order) {
        OpenAiChatOptions.Builder options = new OpenAiChatOptions.Builder()
                .baseUrl(server + "/v1")
                .apiKey("none")
                .model(ScriptedServer.MODEL)
                .maxRetries(order.retries());
        if (streams()) {
            options.streamUsage(order.usage());
        }
        switch (order.ask()) {
            case NOTHING, CHOICES -> {}
            case LIMIT -> options.maxTokens(3);
            case TOOLS ->
                options.toolCallbacks(
                        Scenario.OFFERED.stream().map(SpringAi::offered).toList());
            case SCHEMA -> options.outputSchema(Scenario.CITY);
            case LOGPROBS -> options.logprobs(true).topLogprobs(2);
            case STOP -> options.stop(Scenario.STOPS);
        }
        OpenAiChatOptions built = options.build();
        OpenAiChatModel model = MODELS.computeIfAbsent(
                server + " " + order.retries(),
                _ -> OpenAiChatModel.builder().options(built).build());
        return ask(model, new Prompt(order.message(), built), order.leaveEarly());
    }

    private static ToolCallback offered(Tool tool) {
        return new Offered(ToolDefinition.builder()
                .name(tool.name())
                .description(tool.description())
                .inputSchema(tool.parameters())
                .build());
    }

    private static Reading reading(List<ChatResponse> responses) {
        StringBuilder text = new StringBuilder();
        List<Call> calls = new ArrayList<>();
        String finish = null;
        Reading.Usage usage = null;
        for (ChatResponse response : responses) {
            Generation result = response.getResult();
            if (result != null) {
                AssistantMessage message = result.getOutput();
                text.append(Objects.requireNonNullElse(message.getText(), ""));
                message.getToolCalls().forEach(call -> calls.add(new Call(call.id(), call.name(), call.arguments())));
                String reason = result.getMetadata().getFinishReason();
                finish = reason == null || reason.isEmpty() ? finish : reason.toLowerCase(Locale.ROOT);
            }
            Usage told = response.getMetadata().getUsage();
            if (told != null && told.getTotalTokens() > 0) {
                usage = new Reading.Usage(told.getPromptTokens(), 0, told.getCompletionTokens(), 0);
            }
        }
        return new Reading(List.of(new Choice(text.toString(), "", "", calls, finish, List.of())), usage);
    }
}
