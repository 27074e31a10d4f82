package dev.runnel.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.engine.Engine;
import dev.runnel.engine.ModelText;
import dev.runnel.training.data.Conversation;
import dev.runnel.training.data.Curriculum;
import dev.runnel.training.data.Documents;
import dev.runnel.training.data.Examination;
import dev.runnel.training.data.Split;
import dev.runnel.training.export.ModelFile;
import dev.runnel.training.export.WeightFormat;
import dev.runnel.training.model.Batch;
import dev.runnel.training.model.Network;
import dev.runnel.training.model.Parameters;
import dev.runnel.training.model.Shape;
import dev.runnel.training.model.Weights;
import dev.runnel.training.vocabulary.Vocabulary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The exported file in the engine against the network that was trained.
class ServedAsTrainedTest {

    private static final Recipe RECIPE = new Recipe(64, 2, 20, 512, 1);
    private static final int TOKENS = 24;

    @TempDir
    static Path folder;

    private static Fixture fixture;

    /// A model that has learnt a little, and its file.
    private record Fixture(Shape shape, Parameters weights, Documents documents, ModelText text, Engine engine) {}

    @BeforeAll
    static void train() throws IOException {
        Vocabulary vocabulary = Train.vocabulary(2000);
        Path words = folder.resolve("vocabulary.gguf");
        ModelFile.writeVocabulary(words, vocabulary);
        ModelText text = ModelText.open(words);
        Shape shape = RECIPE.shape(vocabulary.size());
        Parameters weights = Train.start(RECIPE, shape, vocabulary);
        Documents documents = new Documents(text);
        try (Trainer trainer = new Trainer(RECIPE, vocabulary, documents, new Curriculum(Set.of()), weights, 2)) {
            while (!trainer.isDone()) {
                trainer.step();
            }
        }
        Path file = folder.resolve("model.gguf");
        ModelFile.write(file, shape, vocabulary, weights, WeightFormat.F32);
        fixture = new Fixture(shape, weights, documents, text, Engine.open(file));
    }

    @AfterAll
    static void close() {
        fixture.engine().close();
    }

    /// A few conversations of every lesson.
    private static List<Conversation> questions() {
        List<Conversation> all = Examination.questions(Split.HELD_OUT);
        List<Conversation> some = new ArrayList<>();
        for (int i = 0; i < all.size(); i += 37) {
            some.add(all.get(i));
        }
        return some;
    }

    private static Completion ask(Prompt prompt) {
        CompletionRequest request = CompletionRequest.of(
                        fixture.engine().models().getFirst().id(), prompt)
                .withSampling(Sampling.GREEDY)
                .withMaxTokens(TOKENS);
        try (CompletionStream events = fixture.engine().complete(request)) {
            return events.completion().join();
        }
    }

    @Test
    void theEngineReadsThePromptsThatWereTrainedOn() {
        for (Conversation question : questions()) {
            int[] prompt = fixture.documents().prompt(question);

            Completion reply = ask(new Prompt.Chat(question.messages()).withTools(question.tools()));

            assertThat(reply.usage().promptTokens()).as(question.key()).isEqualTo(prompt.length);
        }
    }

    @Test
    void theEngineWritesTheTokensThatTheNetworkWould() {
        Network network = new Network(fixture.shape(), new Weights(fixture.weights()), RECIPE.shardTokens());
        for (Conversation question : questions()) {
            int[] prompt = fixture.documents().prompt(question);
            if (prompt.length + TOKENS > RECIPE.shardTokens()) {
                continue;
            }

            Completion reply =
                    ask(new Prompt.Tokens(Arrays.stream(prompt).boxed().toList()));

            List<Integer> written = greedy(network, prompt);
            assertThat(reply.choices().getFirst().text())
                    .as(question.key())
                    .isEqualTo(fixture.text().detokenize(written));
        }
    }

    /// By running the whole network for each token.
    private static List<Integer> greedy(Network network, int[] prompt) {
        List<Integer> written = new ArrayList<>();
        int[] tokens = prompt;
        while (written.size() < TOKENS) {
            int[] padded = Arrays.copyOf(tokens, tokens.length + 1); // a batch leaves the last one to be asked for
            Batch batch = new Batch(padded.length);
            batch.add(padded, new float[padded.length]);
            int next = most(network.logitsAtEnd(batch));
            if (next == fixture.documents().endToken()) {
                break;
            }
            written.add(next);
            tokens = Arrays.copyOf(tokens, tokens.length + 1);
            tokens[tokens.length - 1] = next;
        }
        return written;
    }

    private static int most(float[] logits) {
        int most = 0;
        for (int i = 1; i < logits.length; i++) {
            most = logits[i] > logits[most] ? i : most;
        }
        return most;
    }
}
