package dev.runnel.engine.bench;

import dev.runnel.engine.Engine;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.kernel.KernelChoice;
import dev.runnel.engine.kernel.Workers;
import dev.runnel.engine.model.KvSequence;
import dev.runnel.engine.model.LoadOptions;
import dev.runnel.engine.model.LoadProgress;
import dev.runnel.engine.model.Slice;
import dev.runnel.engine.model.Transformer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/// Measures how fast one sequence is written beside other processes that never rest: none, one and two, by turns.
/// The command is in `bench/NOTES-kernels.md`.
final class NeighbourBench {

    private static final int[] NEIGHBOURS = {0, 1, 2};
    private static final int ROUNDS = 3;
    private static final long TURN_NANOS = 800_000_000;
    private static final int PROMPT = 32;
    private static final int LONGEST = 512;

    private final Transformer model;

    private NeighbourBench(Transformer model) {
        this.model = model;
    }

    /// @param arguments a model file, or `embedded`; then the number of threads
    static void main(String[] arguments) throws IOException {
        try (Arena arena = Arena.ofShared();
                GgufFile file =
                        arguments[0].equals("embedded") ? embedded(arena) : GgufFile.open(Path.of(arguments[0]));
                Workers workers = new Workers(Integer.parseInt(arguments[1]));
                Transformer model = Transformer.load(
                        file,
                        KernelChoice.detect().kernels(),
                        workers,
                        new LoadOptions(1L << 29, PROMPT + LONGEST, PROMPT),
                        LoadProgress.UNHEARD)) {
            IO.println("%s, %d threads".formatted(file.name(), workers.count()));
            new NeighbourBench(model).measure();
        }
    }

    private static GgufFile embedded(Arena arena) throws IOException {
        String name = "runnel-tiny.gguf";
        try (InputStream in = Objects.requireNonNull(Engine.class.getResourceAsStream(name), name)) {
            byte[] bytes = in.readAllBytes();
            return GgufFile.of(name, arena.allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes)));
        }
    }

    private void measure() throws IOException {
        tokensPerSecond(0); // until its code is compiled
        double[][] rates = new double[NEIGHBOURS.length][ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < NEIGHBOURS.length; i++) {
                rates[i][round] = tokensPerSecond(NEIGHBOURS[i]);
            }
        }
        double alone = median(rates[0]);
        for (int i = 0; i < NEIGHBOURS.length; i++) {
            double median = median(rates[i]);
            IO.println("%d neighbours  median %8.1f  least %8.1f tokens/s  %3.0f %% of alone"
                    .formatted(NEIGHBOURS[i], median, rates[i][0], 100 * median / alone));
        }
    }

    /// Sorts them.
    private static double median(double[] rates) {
        Arrays.sort(rates);
        return rates[rates.length / 2];
    }

    private double tokensPerSecond(int neighbours) throws IOException {
        List<Process> busy = new ArrayList<>();
        try {
            for (int i = 0; i < neighbours; i++) {
                busy.add(new ProcessBuilder("setsid", "sh", "-c", "while :; do :; done").start());
            }
            return tokensPerSecond();
        } finally {
            busy.forEach(Process::destroyForcibly);
        }
    }

    private double tokensPerSecond() {
        int[] tokens = new int[PROMPT + LONGEST];
        float[] logits = new float[model.vocabularySize()];
        long written = 0;
        long nanos = 0;
        while (nanos < TURN_NANOS) {
            try (KvSequence sequence = model.reserve(tokens.length).orElseThrow()) {
                model.forward(List.of(new Slice(sequence, tokens, 0, PROMPT, logits)));
                long start = System.nanoTime();
                for (int i = PROMPT; i < tokens.length && nanos < TURN_NANOS; i++) {
                    model.forward(List.of(new Slice(sequence, tokens, i, i + 1, logits)));
                    written++;
                    long now = System.nanoTime();
                    nanos += now - start;
                    start = now;
                }
            }
        }
        return written * 1e9 / nanos;
    }
}
