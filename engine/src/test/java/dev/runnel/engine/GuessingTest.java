package dev.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.OutputFormat;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.core.Stopping;
import dev.runnel.engine.EngineOptions.Guessing;
import dev.runnel.engine.fixtures.LlamaShape;
import dev.runnel.engine.fixtures.TinyModels;
import dev.runnel.engine.fixtures.Vocabulary;
import dev.runnel.engine.gguf.TensorType;
import dev.runnel.engine.speculation.Speculation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Guesses with real models: whoever guesses, the replies are the same.
class GuessingTest {

    @TempDir
    private static Path folder;

    private static final Random RANDOM = new Random(42);

    private static List<CompletionRequest> requests(String model) {
        List<CompletionRequest> requests = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            List<Integer> prompt = RANDOM.ints(12 + i, 3, 30).boxed().toList();
            CompletionRequest request = CompletionRequest.of(model, new Prompt.Tokens(prompt))
                    .withStopping(new Stopping(OptionalInt.of(40 + i), List.of(), Set.of(), true));
            requests.add(request.withSampling(Sampling.GREEDY));
            requests.add(request.withLogprobs(2)
                    .withSampling(new Sampling(
                            0.8, 0.95, 40, 0.01, 1, 1 + i % 2 * 0.1, 0.1, 0, Map.of(), OptionalLong.of(i))));
        }
        return requests;
    }

    private static Completion whole(Engine engine, CompletionRequest request) {
        return engine.complete(request).completion().join();
    }

    private static List<Completion> together(Engine engine, List<CompletionRequest> requests) {
        List<CompletableFuture<Completion>> running = requests.stream()
                .map(each -> engine.complete(each).completion())
                .toList();
        return running.stream().map(CompletableFuture::join).toList();
    }

    private static Path write(String name, long seed, Vocabulary vocabulary) throws IOException {
        Path file = folder.resolve(name + ".gguf");
        TinyModels.llama(LlamaShape.TINY, TensorType.F32, vocabulary, seed).write(file);
        return file;
    }

    private static Engine open(Path file, EngineOptions options) {
        return Engine.open(file, options.withThreads(1), LoadingListener.NONE);
    }

    private static void assertSameReplies(Engine engine, Engine plain, List<CompletionRequest> requests) {
        List<Completion> expected =
                requests.stream().map(each -> whole(plain, each)).toList();

        for (int i = 0; i < requests.size(); i++) {
            assertThat(whole(engine, requests.get(i)).choices())
                    .isEqualTo(expected.get(i).choices());
        }
        List<Completion> together = together(engine, requests);
        for (int i = 0; i < requests.size(); i++) {
            assertThat(together.get(i).choices()).isEqualTo(expected.get(i).choices());
        }
        assertThat(engine.stats().guessedTokens()).isPositive();
        assertThat(plain.stats().guessedTokens()).isZero();
    }

    @Test
    void lookingUpChangesNoReply() throws IOException {
        Path file = write("alone", 1, Vocabulary.BYTE_LEVEL);
        EngineOptions options = EngineOptions.DEFAULT.withSequences(16);
        try (Engine plain = open(file, options.withGuessing(Guessing.OFF));
                Engine guessing = open(file, options)) {
            assertSameReplies(guessing, plain, requests("alone"));
        }
    }

    @Test
    void norInASmallCache() throws IOException {
        Path file = write("small", 1, Vocabulary.BYTE_LEVEL);
        EngineOptions options = EngineOptions.DEFAULT.withSequences(16);
        try (Engine plain = open(file, options.withGuessing(Guessing.OFF));
                Engine guessing =
                        open(file, options.withCacheBytes(10 * 32 * 512).withStall(Duration.ZERO))) {
            assertSameReplies(guessing, plain, requests("small"));
        }
    }

    @Test
    void aDraftChangesNoReplyWhetherItKnowsTheModelOrNot() throws IOException {
        Path file = write("target", 1, Vocabulary.BYTE_LEVEL);
        Path other = write("other", 2, Vocabulary.BYTE_LEVEL);
        EngineOptions options = EngineOptions.DEFAULT.withSequences(16);
        try (Engine plain = open(file, options.withGuessing(Guessing.OFF));
                Engine itself = open(file, options.withDraft(file));
                Engine stranger = open(file, options.withDraft(other))) {
            List<CompletionRequest> requests = requests("target");
            assertSameReplies(itself, plain, requests);
            assertSameReplies(stranger, plain, requests);
        }
    }

    /// Weights are often filled up to a round number, so that models of one family differ in what nobody says. Random
    /// weights say it all the same, and the one doesn't know what the other says then.
    @Test
    void norDoesADraftWhoseVocabularyIsFilledUpToAnotherSize() throws IOException {
        Path shorter = write("shorter", 1, Vocabulary.BYTE_LEVEL);
        Path longer = filled("longer", Vocabulary.BYTE_LEVEL, 300);
        int last = LlamaShape.TINY.vocabulary() + 300 - 1;
        assertADraftChangesNoReply(shorter, longer, Map.of());
        assertADraftChangesNoReply(longer, shorter, Map.of(last, 5.0, 3, 2.0));
    }

    @Test
    void norWhereWhatFillsItUpHasNames() throws IOException {
        Path shorter = write("bare", 1, Vocabulary.BYTE_LEVEL);
        Path longer = filled("named", Vocabulary.BYTE_LEVEL_NAMED, 128);
        int last = LlamaShape.TINY.vocabulary() + 128 - 1;
        assertADraftChangesNoReply(shorter, longer, Map.of());
        assertADraftChangesNoReply(longer, shorter, Map.of(last, 5.0, 3, 2.0));
    }

    @Test
    void aDraftThatHasMoreThanFillingIsRefused() throws IOException {
        Path file = write("few", 1, Vocabulary.BYTE_LEVEL);
        Path draft = filled("many", Vocabulary.BYTE_LEVEL_NAMED, 129);

        assertThatThrownBy(() -> open(file, EngineOptions.DEFAULT.withDraft(draft)))
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining("the one has 400 tokens and the other 529, more than filling");
    }

    private static Path filled(String name, Vocabulary vocabulary, int tokens) throws IOException {
        Path file = folder.resolve(name + ".gguf");
        int all = LlamaShape.TINY.vocabulary() + tokens;
        TinyModels.llama(LlamaShape.TINY.withVocabulary(all), TensorType.F32, vocabulary, 2)
                .write(file);
        return file;
    }

    private static void assertADraftChangesNoReply(Path file, Path draft, Map<Integer, Double> bias)
            throws IOException {
        EngineOptions options = EngineOptions.DEFAULT.withSequences(16);
        List<String> faults = new CopyOnWriteArrayList<>();
        Logger log = Logger.getLogger(Speculation.class.getName());
        log.setFilter(told -> faults.add(told.getMessage()));
        try (Engine plain = open(file, options.withGuessing(Guessing.OFF));
                Engine drafting = open(file, options.withDraft(draft))) {
            String model = plain.models().getFirst().id();
            List<CompletionRequest> requests = requests(model).stream()
                    .map(each -> each.withSampling(biased(each.sampling(), bias)))
                    .toList();
            assertSameReplies(drafting, plain, requests);
        } finally {
            log.setFilter(null);
        }
        assertThat(faults).as("of the draft").isEmpty();
    }

    private static Sampling biased(Sampling s, Map<Integer, Double> bias) {
        return new Sampling(
                s.temperature(),
                s.topP(),
                s.topK(),
                s.minP(),
                s.typicalP(),
                s.repetitionPenalty(),
                s.frequencyPenalty(),
                s.presencePenalty(),
                bias,
                s.seed());
    }

    @Test
    void aDraftOfAnotherVocabularyIsRefused() throws IOException {
        Path file = write("bytes", 1, Vocabulary.BYTE_LEVEL);
        Path other = write("scored", 1, Vocabulary.SCORED);

        assertThatThrownBy(() -> open(file, EngineOptions.DEFAULT.withDraft(other)))
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining("scored.gguf: can't guess for")
                .hasMessageContaining(
                        "vocabularies differ: token 0 is '<|endoftext|>' in the one and '<unk>' in the other");
    }

    @Test
    void aDraftIsNotGivenWhereGuessingIsOff() {
        assertThatThrownBy(() -> EngineOptions.DEFAULT.withDraft(folder).withGuessing(Guessing.OFF))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a draft model is given, and guessing is off");
    }

    @Test
    void aModelThatWasTrainedSaysTheSameToo() {
        CompletionRequest request = CompletionRequest.of(
                        "runnel-tiny", "Count from 1 to 100, separated by commas, on one line.")
                .withSampling(Sampling.GREEDY);
        CompletionRequest json = CompletionRequest.of("runnel-tiny", "Count from 1 to 20.")
                .withFormat(new OutputFormat.JsonObject())
                .withMaxTokens(60)
                .withSampling(new Sampling(1, 1, OptionalLong.of(1)));
        try (Engine plain = Engine.embedded(EngineOptions.DEFAULT.withGuessing(Guessing.OFF), LoadingListener.NONE);
                Engine guessing = Engine.embedded()) {
            assertThat(whole(guessing, request).choices())
                    .isEqualTo(whole(plain, request).choices());
            assertThat(whole(guessing, json).choices())
                    .isEqualTo(whole(plain, json).choices());
        }
    }
}
