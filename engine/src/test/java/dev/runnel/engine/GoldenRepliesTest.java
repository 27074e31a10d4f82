package dev.runnel.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.engine.fixtures.GgufWriter;
import dev.runnel.engine.fixtures.Json;
import dev.runnel.engine.fixtures.Vocabulary;
import dev.runnel.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// From messages to text, against what llama.cpp made of the same files.
class GoldenRepliesTest {

    /// What the references were computed with; Phi-3's rotary embedding depends on it.
    private static final int CONTEXT = 256;

    private static final String STORY = "Once upon a time";
    private static final String STORY_GOES_ON =
            ", there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red"
                    + " ball. She wanted to play with it, but it was too high.\nLily's mom said, \"Lily, let's go to"
                    + " the park";

    /// One line of the golden replies.
    private record Golden(
            String file,
            List<Message> messages,
            int promptTokens,
            int maxTokens,
            int tokens,
            boolean ends,
            String text) {

        @SuppressWarnings("unchecked") // the file's shape
        static Golden of(String line) {
            Map<String, Object> fields = (Map<String, Object>) Json.parse(line);
            List<Message> messages = ((List<Map<String, String>>) fields.get("messages"))
                    .stream().map(Golden::message).toList();
            return new Golden(
                    (String) fields.get("gguf"),
                    messages,
                    ((List<?>) fields.get("prompt_ids")).size(),
                    ((Number) fields.get("max_tokens")).intValue(),
                    ((List<?>) fields.get("ids")).size(),
                    fields.get("finish").equals("stop"),
                    new String(HexFormat.of().parseHex((String) fields.get("text_hex")), UTF_8));
        }

        private static Message message(Map<String, String> message) {
            String content = message.get("content");
            return switch (message.get("role")) {
                case "system" -> new Message.System(content);
                case "user" -> new Message.User(content);
                case "assistant" -> new Message.Assistant(content);
                default -> throw new IllegalArgumentException(message.toString());
            };
        }

        CompletionRequest request() {
            return CompletionRequest.of(file.replace(".gguf", ""), new Prompt.Chat(messages))
                    .withSampling(Sampling.GREEDY)
                    .withMaxTokens(maxTokens);
        }
    }

    private static List<Golden> golden(String file) throws IOException {
        return Files.readAllLines(SharedData.require("golden/models/e2e.jsonl")).stream()
                .map(Golden::of)
                .filter(golden -> golden.file().equals(file))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cohere2",
                "gemma",
                "gemma2",
                "gemma3",
                "granite",
                "llama",
                "llama-linear",
                "llama-yarn",
                "llama3-ropefreqs",
                "mixtral",
                "olmo2",
                "phi3",
                "phi4-partial-rotary",
                "qwen2",
                "qwen3",
                "qwen3moe",
                "smollm3"
            })
    void conversationsGetTheReplyOfTheReference(String name) throws IOException {
        List<Golden> all = golden(name + ".gguf");
        assertThat(all).isNotEmpty();

        Path file = SharedData.require("golden/models/" + name + ".gguf");
        try (Engine engine =
                Engine.open(file, EngineOptions.DEFAULT.withContextLength(CONTEXT), LoadingListener.NONE)) {
            List<CompletableFuture<Completion>> replies = all.stream()
                    .map(golden -> engine.complete(golden.request()).completion())
                    .toList();

            for (int i = 0; i < all.size(); i++) {
                Golden golden = all.get(i);
                Completion reply = replies.get(i).join();
                assertThat(reply.text()).isEqualTo(golden.text());
                assertThat(reply.choices().getFirst().reason())
                        .isEqualTo(golden.ends() ? FinishReason.STOP : FinishReason.LENGTH);
                assertThat(reply.usage().promptTokens()).isEqualTo(golden.promptTokens());
                // The reference leaves the end token out.
                assertThat(reply.usage().completionTokens()).isEqualTo(golden.tokens() + (golden.ends() ? 1 : 0));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32", "f16", "q8_0"})
    void aRealModelTellsTheStoryThatTheReferenceTells(String format) {
        Path file = SharedData.require("models/stories260K-" + format + ".gguf");

        try (Engine engine = Engine.open(file, EngineOptions.DEFAULT.withModelId("stories"), LoadingListener.NONE)) {
            Completion story = engine.complete(CompletionRequest.of("stories", new Prompt.Text(STORY))
                            .withSampling(Sampling.GREEDY)
                            .withMaxTokens(100))
                    .completion()
                    .join();

            assertThat(story.text()).startsWith(STORY_GOES_ON);
        }
    }

    @Test
    void anArchitectureThatIsNotKnownIsRefusedByName(@TempDir Path folder) {
        GgufWriter writer = new GgufWriter().string("general.architecture", "mamba");
        Vocabulary.BYTE_LEVEL.writeTo(writer, Vocabulary.LEAST_SIZE);
        Path file = folder.resolve("snake.gguf");
        writer.write(file);

        assertThatThrownBy(() -> Engine.open(file).close())
                .isInstanceOf(ModelFileException.class)
                .hasMessageStartingWith("snake.gguf: has the architecture mamba; this engine runs llama, ");
    }
}
