package dev.runnel.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.runnel.engine.fixtures.GgufWriter;
import dev.runnel.engine.fixtures.LlamaShape;
import dev.runnel.engine.fixtures.TinyModels;
import dev.runnel.engine.fixtures.Vocabulary;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.TensorType;
import dev.runnel.engine.kernel.KernelChoice;
import dev.runnel.engine.kernel.Workers;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TransformerTest {

    private static final LoadOptions OPTIONS = new LoadOptions(1 << 22, 256, 64);

    @TempDir
    Path folder;

    /// Heads of one size or another, each with keys of its own, in groups, or all with the same; odd widths.
    static Stream<LlamaShape> shapes() {
        return Stream.of(
                LlamaShape.TINY,
                new LlamaShape(64, 1, 8, 8, 96, 400, 128, true),
                new LlamaShape(60, 2, 6, 1, 100, 433, 128, false),
                new LlamaShape(40, 3, 2, 2, 17, 401, 128, true));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void logitsAreThoseOf64BitArithmetic(LlamaShape shape) {
        assertLikeReference(TinyModels.llama(shape, TensorType.F32, Vocabulary.BYTE_LEVEL, 7));
    }

    @Test
    void biasesAreAdded() {
        GgufWriter writer = TinyModels.llama(7);
        Random random = new Random(42);
        for (String name : List.of("attn_q", "attn_v", "attn_output", "ffn_gate", "ffn_down")) {
            int length = name.equals("ffn_gate") ? 128 : name.equals("attn_v") ? 32 : 64;
            float[] bias = new float[length];
            for (int i = 0; i < length; i++) {
                bias[i] = (float) random.nextGaussian();
            }
            writer.tensor("blk.1." + name + ".bias", TensorType.F32, bias, length);
        }
        assertLikeReference(writer);
    }

    private static void assertLikeReference(GgufWriter writer) {
        int[] tokens = new Random(42).ints(50, 0, 400).toArray();
        GgufFile file = writer.toFile();
        double[][] expected = new ReferenceModel(file, OPTIONS.contextLength()).logits(tokens);

        try (RunningModel running = open(file, 2)) {
            float[][] logits = running.allLogits(tokens);

            for (int t = 0; t < tokens.length; t++) {
                for (int i = 0; i < expected[t].length; i++) {
                    assertThat((double) logits[t][i]).isCloseTo(expected[t][i], within(1e-4));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"F32", "F16", "BF16", "Q8_0", "Q4_0"})
    void aSequenceHasTheSameLogitsAloneAndAmongSixteen(TensorType type) {
        try (RunningModel running = open(tiny(type), 2)) {
            Random random = new Random(42);
            List<int[]> prompts = new ArrayList<>();
            List<KvSequence> together = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                prompts.add(random.ints(1 + 5 * i, 0, 400).toArray());
                together.add(running.reserve(100));
            }
            List<float[]> read = step(running, together, prompts);
            List<float[]> next = step(
                    running,
                    together,
                    prompts.stream().map(p -> new int[] {p[0]}).toList());

            for (int i = 0; i < 16; i++) {
                try (KvSequence alone = running.reserve(100)) {
                    assertThat(running.logits(alone, prompts.get(i))).isEqualTo(read.get(i));
                    assertThat(running.logits(alone, prompts.get(i)[0])).isEqualTo(next.get(i));
                }
            }
        }
    }

    private static List<float[]> step(RunningModel running, List<KvSequence> sequences, List<int[]> tokens) {
        List<Slice> batch = new ArrayList<>();
        List<float[]> logits = new ArrayList<>();
        for (int i = 0; i < sequences.size(); i++) {
            int[] each = tokens.get(i);
            logits.add(new float[running.model().vocabularySize()]);
            batch.add(new Slice(sequences.get(i), each, 0, each.length, logits.get(i)));
        }
        running.model().forward(batch);
        return logits;
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"F32", "F16", "BF16", "Q8_0", "Q4_0"})
    void aPromptHasTheSameLogitsHoweverItIsCut(TensorType type) {
        int[] prompt = new Random(42).ints(150, 0, 400).toArray();
        try (RunningModel running = open(tiny(type), 2)) {
            float[] whole = logitsInSlicesOf(150, prompt, running);
            for (int length : new int[] {1, 3, 16, 31, 64, 100}) {
                assertThat(logitsInSlicesOf(length, prompt, running))
                        .as("slices of %d", length)
                        .isEqualTo(whole);
            }
        }
    }

    private static float[] logitsInSlicesOf(int length, int[] prompt, RunningModel running) {
        float[] logits = new float[running.model().vocabularySize()];
        try (KvSequence sequence = running.reserve(prompt.length)) {
            for (int from = 0; from < prompt.length; from += length) {
                int to = Math.min(prompt.length, from + length);
                float[] wanted = to == prompt.length ? logits : null;
                running.model().forward(List.of(new Slice(sequence, prompt, from, to, wanted)));
            }
        }
        return logits;
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"F32", "Q8_0", "Q4_0"})
    void aSequenceHasTheSameLogitsWhoeverReadItsBeginning(TensorType type) {
        int[] prompt = new Random(42).ints(128, 0, 400).toArray();
        int[] parting = prompt.clone();
        parting[75] = (parting[75] + 1) % 400;
        try (RunningModel running = open(tiny(type), 2);
                RunningModel fresh = open(tiny(type), 2)) {
            Transformer model = running.model();
            try (KvSequence first = model.reserve(140, prompt).orElseThrow()) {
                float[] afterPrompt = running.logits(first, prompt);
                try (KvSequence fork = first.fork(140).orElseThrow()) {
                    assertThat(running.logits(fork, 7, 8)).isEqualTo(running.logits(first, 7, 8));
                }
                try (KvSequence again = model.reserve(140, prompt).orElseThrow()) {
                    assertThat(again.length()).isEqualTo(127);
                    assertThat(running.logits(again, prompt[127])).isEqualTo(afterPrompt);
                }
            }
            try (KvSequence other = model.reserve(140, parting).orElseThrow();
                    KvSequence alone = fresh.reserve(140)) {
                assertThat(other.length()).isEqualTo(75);
                assertThat(running.logits(other, Arrays.copyOfRange(parting, 75, 128)))
                        .isEqualTo(fresh.logits(alone, parting));
            }
        }
    }

    @Test
    void theLogitsAfterEveryTokenAreToldInTurn() {
        int[] prompt = new Random(42).ints(90, 0, 400).toArray();
        try (RunningModel running = open(tiny(TensorType.Q8_0), 2)) {
            float[][] expected = running.allLogits(prompt);
            float[] logits = new float[400];
            List<Integer> told = new ArrayList<>();
            try (KvSequence sequence = running.reserve(90)) {
                IntConsumer each = index -> {
                    told.add(index);
                    assertThat(logits).isEqualTo(expected[index]);
                };
                running.model().forward(List.of(new Slice(sequence, prompt, 0, 80, logits, each)));
                running.model().forward(List.of(new Slice(sequence, prompt, 80, 90, logits, each)));
            }

            assertThat(told).isEqualTo(IntStream.range(0, 90).boxed().toList());
            assertThat(logits).isEqualTo(expected[89]);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void theNumberOfThreadsChangesNothing(int threads) {
        int[] prompt = new Random(42).ints(40, 0, 400).toArray();
        try (RunningModel one = open(tiny(TensorType.Q8_0), 1);
                RunningModel several = open(tiny(TensorType.Q8_0), threads)) {
            assertThat(several.allLogits(prompt)).isDeepEqualTo(one.allLogits(prompt));
        }
    }

    @Test
    void scalarCodeAndVectorsGiveTheSameLogits() {
        int[] prompt = new Random(42).ints(40, 0, 400).toArray();
        try (RunningModel vectors = open(tiny(TensorType.Q8_0), 2);
                RunningModel scalar = RunningModel.open(tiny(TensorType.Q8_0), KernelChoice.scalar(), 2, OPTIONS)) {
            assertThat(vectors.allLogits(prompt)).isDeepEqualTo(scalar.allLogits(prompt));
        }
    }

    @Test
    void aMappedFileGivesTheLogitsOfOneInMemoryAndTellsHowFarItIs() {
        Path path = folder.resolve("tiny.gguf");
        GgufWriter writer = TinyModels.llama(7);
        writer.write(path);
        List<Long> heard = new ArrayList<>();
        try (GgufFile file = GgufFile.open(path);
                Workers workers = new Workers(1);
                Transformer mapped =
                        Transformer.load(file, KernelChoice.scalar(), workers, OPTIONS, (loaded, total) -> {
                            heard.add(loaded);
                            assertThat(loaded).isLessThanOrEqualTo(total);
                        });
                RunningModel inMemory = open(writer.toFile(), 1)) {
            float[] logits = new float[mapped.vocabularySize()];
            KvSequence sequence = mapped.reserve(3).orElseThrow();
            mapped.forward(List.of(new Slice(sequence, new int[] {1, 2, 3}, 0, 3, logits)));

            assertThat(logits).isEqualTo(inMemory.logits(inMemory.reserve(3), 1, 2, 3));
            assertThat(heard).hasSameSizeAs(file.tensors()).isSorted();
            assertThat(heard.getLast())
                    .isEqualTo(file.tensors().stream()
                            .mapToLong(tensor -> tensor.data().byteSize())
                            .sum());
        }
    }

    @Test
    void theCacheLetsInAsManyAsFitAndTakesOthersWhenSomeLeave() {
        // A page of 32 tokens: 2 layers, 2 heads, keys and values of 16 floats.
        long page = 32L * 2 * 2 * 32 * Float.BYTES;
        try (RunningModel running = open(TinyModels.llama(7).toFile(), 1, new LoadOptions(4 * page + 99, 256, 64))) {
            Transformer model = running.model();
            assertThat(model.capacity()).isEqualTo(128);
            assertThat(model.contextLength()).isEqualTo(128);

            KvSequence large = model.reserve(65).orElseThrow(); // three pages
            KvSequence small = model.reserve(32).orElseThrow();
            assertThat(model.reserve(1)).isEmpty();

            small.close();
            small.close();
            assertThat(model.reserve(33)).isEmpty();
            assertThat(model.reserve(1)).isPresent();
            large.close();
            assertThat(model.reserve(96)).isPresent();
            assertThat(model.reserve(1)).isEmpty();
        }
    }

    @Test
    void aSequenceSeesNothingOfThoseWhosePagesItTakesOver() {
        int[] prompt = {5, 6, 7};
        try (RunningModel fresh = open(TinyModels.llama(7).toFile(), 1);
                RunningModel used = open(TinyModels.llama(7).toFile(), 1)) {
            int[] before = new Random(42).ints(256, 0, 400).toArray();
            try (KvSequence sequence = used.reserve(256)) {
                used.logits(sequence, before);
                assertThat(sequence.length()).isEqualTo(256);
            }

            assertThat(used.allLogits(prompt)).isDeepEqualTo(fresh.allLogits(prompt));
        }
    }

    @Test
    void theContextIsTheSmallestOfWhatTheFileTheCacheAndTheOptionsAllow() {
        GgufFile file = TinyModels.llama(7).toFile(); // 256
        try (RunningModel running = open(file, 1, new LoadOptions(1 << 24, 4096, 64))) {
            assertThat(running.model().contextLength()).isEqualTo(256);
        }
        try (RunningModel running = open(file, 1, new LoadOptions(1 << 24, 100, 64))) {
            assertThat(running.model().contextLength()).isEqualTo(100);
        }
        try (RunningModel running = open(file, 1, new LoadOptions(1 << 16, 4096, 64))) {
            assertThat(running.model().contextLength())
                    .isEqualTo(running.model().capacity())
                    .isEqualTo(128);
        }
    }

    @Test
    void aBatchThatBreaksTheRulesIsRefusedBeforeAnythingIsComputed() {
        try (RunningModel running = open(TinyModels.llama(7).toFile(), 1);
                RunningModel other = open(TinyModels.llama(7).toFile(), 1)) {
            KvSequence good = running.reserve(4);
            KvSequence closed = running.reserve(4);
            closed.close();
            int[] tokens = {1, 2, 3, 4, 5};
            float[] few = new float[3];

            refused(running, "the batch is empty, expected at least one slice");
            refused(
                    running,
                    "a sequence has two slices in one batch, expected one",
                    new Slice(good, tokens, 0, 1, null),
                    new Slice(good, tokens, 1, 2, null));
            refused(
                    running,
                    "a slice's sequence is closed or of another model",
                    new Slice(good, tokens, 0, 1, null),
                    new Slice(closed, tokens, 0, 1, null));
            refused(
                    running,
                    "a slice's sequence is closed or of another model",
                    new Slice(other.reserve(4), tokens, 0, 1, null));
            refused(
                    running,
                    "a sequence of 0 tokens was to grow by 33, and has room for 32",
                    new Slice(good, new int[33], 0, 33, null));
            refused(running, "there is room for 3 logits, expected 400", new Slice(good, tokens, 0, 1, few));
            refused(
                    running,
                    "token 400 is not in the vocabulary of 400",
                    new Slice(good, new int[] {1, 400}, 0, 2, null));
            refused(running, "token -1 is not in the vocabulary of 400", new Slice(good, new int[] {-1}, 0, 1, null));
            assertThat(good.length()).isZero();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> running.model().reserve(257))
                    .withMessage("257 tokens were to be reserved, expected 1 to 256");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> running.model().reserve(0));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Slice(good, tokens, 2, 2, null))
                    .withMessage("the slice is empty, expected at least one token");
        }
    }

    @Test
    void nothingIsLeftOfABatchThatBreaksOff() {
        try (RunningModel running = open(TinyModels.llama(7).toFile(), 1);
                KvSequence whole = running.reserve(4);
                KvSequence fresh = running.reserve(4)) {
            KvSequence broken = running.reserve(4);
            Slice slice = new Slice(broken, new int[] {1, 2}, 0, 2, null);
            AtomicInteger reads = new AtomicInteger();
            List<Slice> batch = new AbstractList<>() {
                @Override
                public Slice get(int index) {
                    if (reads.incrementAndGet() > 3) { // two to be checked, and the first
                        throw new InternalError("a fault in the memory");
                    }
                    return index == 0 ? slice : new Slice(whole, new int[] {3}, 0, 1, null);
                }

                @Override
                public int size() {
                    return 2;
                }
            };

            assertThatExceptionOfType(InternalError.class)
                    .isThrownBy(() -> running.model().forward(batch));
            broken.close();

            assertThat(running.logits(whole, 3, 4)).isEqualTo(running.logits(fresh, 3, 4));
        }
    }

    private static void refused(RunningModel running, String message, Slice... batch) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> running.model().forward(List.of(batch)))
                .withMessage(message);
    }

    private static GgufFile tiny(TensorType type) {
        return TinyModels.llama(LlamaShape.TINY, type, Vocabulary.BYTE_LEVEL, 7).toFile();
    }

    private static RunningModel open(GgufFile file, int threads) {
        return open(file, threads, OPTIONS);
    }

    private static RunningModel open(GgufFile file, int threads, LoadOptions options) {
        return RunningModel.open(file, KernelChoice.detect().kernels(), threads, options);
    }
}
