package dev.runnel.engine.bench;

import dev.runnel.engine.fixtures.LlamaShape;
import dev.runnel.engine.fixtures.TinyModels;
import dev.runnel.engine.fixtures.Vocabulary;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.TensorType;
import dev.runnel.engine.kernel.KernelChoice;
import dev.runnel.engine.kernel.Workers;
import dev.runnel.engine.model.KvSequence;
import dev.runnel.engine.model.LoadOptions;
import dev.runnel.engine.model.LoadProgress;
import dev.runnel.engine.model.Slice;
import dev.runnel.engine.model.Transformer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.stream.DoubleStream;

/// Measures how fast a model runs: reading a prompt, writing one sequence, writing 16 at once. The command is
/// in `bench/NOTES.md`.
final class ModelBench {

    private static final int ROUNDS = 5;
    private static final int PROMPT = 512;

    private final Transformer model;
    private final Random random = new Random(42);

    private ModelBench(Transformer model) {
        this.model = model;
    }

    /// @param arguments a model file, or a type of weights such as `Q8_0` or `Q4_K_M` for a random model in
    ///     the shape of Llama 3.2 1B; then the number of threads, of all cores if it is left out
    static void main(String[] arguments) throws IOException {
        if (arguments.length == 0) {
            throw new IllegalArgumentException("expected a model file or a type of weights, and the number of threads");
        }
        int threads = arguments.length > 1
                ? Integer.parseInt(arguments[1])
                : Runtime.getRuntime().availableProcessors();
        Path given = Path.of(arguments[0]);
        if (Files.exists(given)) {
            measure(given, threads);
            return;
        }
        Path random = Files.createTempFile("random-1b", ".gguf");
        try {
            TinyModels.llama(LlamaShape.LLAMA_1B, mixture(arguments[0]), Vocabulary.BYTE_LEVEL, 42)
                    .write(random);
            measure(random, threads);
        } finally {
            Files.delete(random);
        }
    }

    private static TinyModels.Mixture mixture(String name) {
        if (name.equals("Q4_K_M")) {
            return TinyModels.Mixture.Q4_K_M;
        }
        TensorType type = TensorType.valueOf(name);
        return (_, _) -> type;
    }

    private static void measure(Path path, int threads) {
        KernelChoice choice = KernelChoice.detect();
        LoadOptions options = new LoadOptions(1L << 31, 2048, PROMPT);
        try (GgufFile file = GgufFile.open(path);
                Workers workers = new Workers(threads);
                Transformer model = Transformer.load(file, choice.kernels(), workers, options, LoadProgress.UNHEARD)) {
            IO.println("%s, %d threads, %s"
                    .formatted(path.getFileName(), threads, choice.kernels().name()));
            choice.notice().ifPresent(IO::println);
            ModelBench bench = new ModelBench(model);
            int prompt = Math.min(PROMPT, model.contextLength());
            bench.report("prompt of %d".formatted(prompt), () -> bench.readPrompt(prompt));
            bench.report("one sequence", () -> bench.write(1));
            bench.report("16 sequences in all", () -> bench.write(16));
        }
    }

    private void report(String what, DoubleSupplier tokensPerSecond) {
        double[] rates =
                DoubleStream.generate(tokensPerSecond).limit(ROUNDS).sorted().toArray();
        IO.println("%-20s  best %8.1f  median %8.1f tokens/s".formatted(what, rates[ROUNDS - 1], rates[ROUNDS / 2]));
    }

    private double readPrompt(int length) {
        int[] tokens = tokens(length);
        float[] logits = new float[model.vocabularySize()];
        try (KvSequence sequence = model.reserve(length).orElseThrow()) {
            long start = System.nanoTime();
            model.forward(List.of(new Slice(sequence, tokens, 0, length, logits)));
            return length / seconds(start);
        }
    }

    /// Tokens after a prompt of 32, in so many sequences at once.
    private double write(int sequences) {
        int length = 48;
        int[] tokens = tokens(32 + length);
        List<KvSequence> open = new ArrayList<>();
        List<float[]> logits = new ArrayList<>();
        for (int i = 0; i < sequences; i++) {
            open.add(model.reserve(32 + length).orElseThrow());
            logits.add(new float[model.vocabularySize()]);
        }
        step(open, logits, tokens, 0, 32);
        long start = System.nanoTime();
        for (int i = 0; i < length; i++) {
            step(open, logits, tokens, 32 + i, 33 + i);
        }
        double rate = sequences * length / seconds(start);
        open.forEach(KvSequence::close);
        return rate;
    }

    private void step(List<KvSequence> sequences, List<float[]> logits, int[] tokens, int from, int to) {
        List<Slice> batch = new ArrayList<>();
        for (int i = 0; i < sequences.size(); i++) {
            batch.add(new Slice(sequences.get(i), tokens, from, to, logits.get(i)));
        }
        model.forward(batch);
    }

    private int[] tokens(int count) {
        int[] tokens = new int[count];
        Arrays.setAll(tokens, i -> random.nextInt(model.vocabularySize()));
        return tokens;
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) * 1e-9;
    }
}
