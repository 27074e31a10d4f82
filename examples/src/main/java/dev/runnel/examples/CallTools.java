package dev.runnel.examples;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionMessageToolCall;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import java.io.PrintStream;
import java.util.List;

/// A model that asks its caller to look things up, with OpenAI's own client for Java: the reply streams, calls are
/// run as soon as they are complete, and the model goes on with their results.
///
/// The server is the one at OPENAI_BASE_URL, or a Runnel on this machine.
public final class CallTools {

    /// Its name, snake_case, is the tool's; its fields are the tool's parameters.
    @JsonClassDescription("The weather in a city, now")
    public static final class Weather {
        @JsonPropertyDescription("The city's name, in any language")
        public String city = "";

        String look() {
            return "19 °C and light rain in " + city;
        }
    }

    private CallTools() {}

    public static void main(String[] arguments) {
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl(System.getenv().getOrDefault("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"))
                .apiKey(System.getenv().getOrDefault("OPENAI_API_KEY", "none"))
                .build();
        String model = client.models().list().data().getFirst().id();
        converse(client, model, "Do I need an umbrella in 北京?", System.out);
        client.close();
    }

    /// Asks, and runs what the model calls, until it has answered in words.
    static void converse(OpenAIClient client, String model, String question, PrintStream out) {
        ChatCompletionCreateParams.Builder conversation = ChatCompletionCreateParams.builder()
                .model(model)
                .addUserMessage(question)
                .addTool(Weather.class);
        List<ChatCompletionMessageToolCall> calls;
        do {
            ChatCompletionMessage reply = stream(client, conversation.build(), out);
            conversation.addMessage(reply);
            calls = reply.toolCalls().orElse(List.of());
            for (ChatCompletionMessageToolCall call : calls) {
                conversation.addMessage(run(call.asFunction(), out));
            }
        } while (!calls.isEmpty());
    }

    private static ChatCompletionMessage stream(
            OpenAIClient client, ChatCompletionCreateParams request, PrintStream out) {
        ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(request)) {
            chunks.stream()
                    .peek(whole::accumulate)
                    .flatMap(chunk -> chunk.choices().stream())
                    .flatMap(choice -> choice.delta().content().stream())
                    .forEach(out::print);
        }
        out.println();
        return whole.chatCompletion().choices().getFirst().message();
    }

    private static ChatCompletionToolMessageParam run(ChatCompletionMessageFunctionToolCall call, PrintStream out) {
        String result = switch (call.function().name()) {
            case "Weather" -> call.function().arguments(Weather.class).look();
            default -> "There is no tool of that name.";
        };
        out.printf("[%s%s: %s]%n", call.function().name(), call.function().arguments(), result);
        return ChatCompletionToolMessageParam.builder()
                .toolCallId(call.id())
                .content(result)
                .build();
    }
}
