package dev.runnel.examples;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.StructuredChatCompletionCreateParams;
import java.io.PrintStream;

/// A reply that is an object of a class, with OpenAI's own client for Java: the class's schema goes with the
/// request, and the server lets the model write nothing that doesn't match it.
///
/// The server is the one at OPENAI_BASE_URL, or a Runnel on this machine.
public final class AnswerInJson {

    /// What the reply shall be.
    public static final class City {
        public String name = "";
        public int population;
    }

    private AnswerInJson() {}

    public static void main(String[] arguments) {
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl(System.getenv().getOrDefault("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"))
                .apiKey(System.getenv().getOrDefault("OPENAI_API_KEY", "none"))
                .build();
        String model = client.models().list().data().getFirst().id();
        City city = ask(client, model, "The largest city of China?", System.out);
        System.out.printf("%n%s has %,d people.%n", city.name, city.population);
        client.close();
    }

    /// Streams the JSON as it is written, and gives the object that it is.
    static City ask(OpenAIClient client, String model, String question, PrintStream out) {
        StructuredChatCompletionCreateParams<City> request = ChatCompletionCreateParams.builder()
                .model(model)
                .addUserMessage(question)
                .responseFormat(City.class)
                .build();
        ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(request)) {
            chunks.stream()
                    .peek(whole::accumulate)
                    .flatMap(chunk -> chunk.choices().stream())
                    .flatMap(choice -> choice.delta().content().stream())
                    .forEach(out::print);
        }
        return whole.chatCompletion(City.class)
                .choices()
                .getFirst()
                .message()
                .content()
                .orElseThrow(() -> new IllegalStateException("the model refused"));
    }
}
