package dev.runnel.examples;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// What streaming is about, in four steps, with OpenAI's own client for Java.
///
/// Run it from the checkout, in two terminals:
///
/// ```
/// ./runnel serve
/// ./runnel example StreamCompletions          # or, with prompts in Chinese: StreamCompletions zh
/// ```
///
/// Any server that speaks OpenAI's protocol will do: OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL name another.
public final class StreamCompletions {

    /// What is asked: one question with a long answer, to see it grow, and one with a short answer, to see its parts.
    enum Prompts {
        ENGLISH(
                "Count to 100, with a comma between each number and no newlines. E.g., 1, 2, 3, ...",
                "What's 1+1? Answer in one word."),
        CHINESE("从1数到100,每个数字之间用逗号隔开,不要换行。例如:1, 2, 3, ...", "1+1等于多少?用一个词回答。");

        final String count;
        final String add;

        Prompts(String count, String add) {
            this.count = count;
            this.add = add;
        }
    }

    private final OpenAIClient client;
    private final String model;
    private final PrintStream out;

    StreamCompletions(OpenAIClient client, String model, PrintStream out) {
        this.client = client;
        this.model = model;
        this.out = out;
    }

    public static void main(String[] arguments) {
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl(environment("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"))
                .apiKey(environment("OPENAI_API_KEY", "none"))
                .build();
        String model = System.getenv().containsKey("OPENAI_MODEL")
                ? System.getenv("OPENAI_MODEL")
                : client.models().list().data().getFirst().id();
        Prompts prompts = List.of(arguments).contains("zh") ? Prompts.CHINESE : Prompts.ENGLISH;

        StreamCompletions steps = new StreamCompletions(client, model, System.out);
        Duration whole = steps.wholeReply(prompts.count);
        steps.streamedReply(prompts.add);
        steps.timeSaved(prompts.count, whole);
        steps.usage(prompts.add);
        client.close();
    }

    /// Without streaming there is nothing, and then everything.
    Duration wholeReply(String prompt) {
        out.println("1. A whole reply\n   > " + prompt);
        long start = System.nanoTime();

        ChatCompletion completion =
                client.chat().completions().create(asking(prompt).build());

        Duration time = since(start);
        String reply = completion.choices().getFirst().message().content().orElse("");
        out.printf("   %s%n   All of it after %s.%n%n", reply, seconds(time));
        return time;
    }

    /// With streaming a reply comes in chunks, each with a piece of it; the last has no piece, but the reason why it is
    /// the last.
    void streamedReply(String prompt) {
        out.println("2. A streamed reply, chunk by chunk\n   > " + prompt);
        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(asking(prompt).build())) {
            chunks.stream().flatMap(chunk -> chunk.choices().stream()).forEach(choice -> {
                choice.delta().content().ifPresent(piece -> out.printf("   \"%s\"%n", piece));
                choice.finishReason().ifPresent(reason -> out.printf("   finished: %s%n%n", reason));
            });
        }
    }

    /// The last piece comes when the whole reply would have come. The first one does not have to wait for it.
    void timeSaved(String prompt, Duration whole) {
        out.println("3. The first reply once more, streamed");
        long start = System.nanoTime();
        List<Duration> arrivals = new ArrayList<>();
        StringBuilder reply = new StringBuilder();

        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(asking(prompt).build())) {
            chunks.stream()
                    .flatMap(chunk -> chunk.choices().stream())
                    .flatMap(choice -> choice.delta().content().stream())
                    .filter(piece -> !piece.isEmpty())
                    .forEach(piece -> {
                        arrivals.add(since(start));
                        reply.append(piece);
                    });
        }

        out.printf("   %s%n", reply);
        out.printf(
                "   First piece after %s, last of %d after %s; the whole reply took %s.%n%n",
                seconds(arrivals.getFirst()), arrivals.size(), seconds(arrivals.getLast()), seconds(whole));
    }

    /// Who wants to know what a streamed reply cost asks for it, and reads it from one more chunk, which has no
    /// choices.
    void usage(String prompt) {
        out.println("4. What a streamed reply cost\n   > " + prompt);
        ChatCompletionCreateParams request = asking(prompt)
                .streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(request)) {
            chunks.stream()
                    .flatMap(chunk -> chunk.usage().stream())
                    .forEach(usage -> out.printf(
                            "   %d tokens of prompt, %d of reply%n", usage.promptTokens(), usage.completionTokens()));
        }
    }

    /// Always the most probable reply, so that it is the same each time.
    private ChatCompletionCreateParams.Builder asking(String prompt) {
        return ChatCompletionCreateParams.builder()
                .model(model)
                .addUserMessage(prompt)
                .temperature(0);
    }

    private static String environment(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }

    private static Duration since(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static String seconds(Duration time) {
        return "%.2f s".formatted(time.toNanos() / 1e9);
    }
}
