package dev.runnel.cuda;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.runnel.cuda.Cuda.Device;
import dev.runnel.cuda.Cuda.Kernel;
import dev.runnel.cuda.Cuda.Memory;
import dev.runnel.engine.CacheType;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/// Checks and times decoding on the first card of this machine, and prints what it finds.
///
/// ```
/// Spike [golden FOLDER] [odd] [large] [speed] [stages] [slots] [profile]      odd to slots where none is named
/// ```
public final class Spike {

    private static final List<String> PARTS = List.of("odd", "large", "speed", "stages", "slots", "profile");

    private static final int CONTEXT = 4096 + 512;
    private static final int HELD = 4096;
    private static final int TOKENS = 256;

    /// A shape whose matrices don't come out even.
    private static final Shape ODD = new Shape(3, 768, 8, 2, 64, 2304, 1003, 1e-5f, false);

    private static final int ODD_HELD = 70;
    private static final int ROUNDS = 5;

    /// Of copy bandwidth, what decoding is to read.
    private static final double TARGET = 0.8;

    private final Cuda cuda;
    private boolean wrong;

    private Spike(Cuda cuda) {
        this.cuda = cuda;
    }

    static void main(String... arguments) {
        List<String> parts = List.of(arguments);
        Optional<String> mistake = mistake(parts);
        if (mistake.isPresent()) {
            System.err.println("bench/cuda: " + mistake.get());
            System.exit(2);
        }
        try (Cuda cuda = Cuda.open()) {
            Device device = cuda.device();
            IO.println("%s, %d multiprocessors, %,d MiB of cache, driver for CUDA %d.%d"
                    .formatted(
                            device.name(),
                            device.multiprocessors(),
                            device.cacheBytes() >> 20,
                            device.driver() / 1000,
                            device.driver() % 1000 / 10));
            Spike spike = new Spike(cuda);
            int golden = parts.indexOf("golden");
            if (golden >= 0) {
                spike.part("golden", () -> spike.golden(Path.of(parts.get(golden + 1))));
            }
            boolean all = parts.isEmpty();
            if (all || parts.contains("odd")) {
                spike.part("odd", () -> spike.check(ODD, ODD_HELD));
            }
            if (all || parts.contains("large")) {
                spike.part("large", () -> spike.check(Shape.LLAMA_3_2_1B, HELD));
            }
            if (all || parts.contains("speed")) {
                spike.part("speed", spike::speed);
            }
            if (all || parts.contains("stages")) {
                spike.part("stages", spike::stages);
            }
            if (parts.contains("profile")) {
                spike.part("profile", spike::profile);
            }
            if (all || parts.contains("slots")) {
                spike.part("slots", spike::slots);
            }
            System.exit(spike.wrong ? 1 : 0);
        } catch (CudaException missing) {
            System.err.println("bench/cuda: " + missing.getMessage());
            System.exit(2);
        }
    }

    private static Optional<String> mistake(List<String> parts) {
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i).equals("golden")) {
                i++;
                if (i == parts.size()) {
                    return Optional.of("golden without a folder, expected golden FOLDER");
                }
            } else if (!PARTS.contains(parts.get(i))) {
                return Optional.of("no part is called '%s', expected golden FOLDER or some of %s"
                        .formatted(parts.get(i), String.join(", ", PARTS)));
            }
        }
        return Optional.empty();
    }

    /// One part that fails is no reason to leave out the others.
    private void part(String name, Runnable part) {
        long begin = System.nanoTime();
        IO.println("\n" + name);
        try {
            part.run();
        } catch (RuntimeException failure) {
            wrong = true;
            IO.println("  failed: " + failure);
            failure.printStackTrace(System.out);
        }
        IO.println("  (%.1f s)".formatted((System.nanoTime() - begin) / 1e9));
    }

    private void golden(Path folder) {
        for (CacheType cacheType : List.of(CacheType.F32, CacheType.F16)) {
            golden(folder.resolve("quants/q-llama-F16.gguf"), cacheType);
        }
        Path tied = folder.resolve("models/llama3-ropefreqs.gguf");
        if (Files.exists(tied)) {
            golden(tied, CacheType.F32);
        }
    }

    private void golden(Path file, CacheType cacheType) {
        GoldenCheck.Result result = GoldenCheck.run(cuda, file, cacheType);
        wrong |= !result.isRight();
        IO.println("  %s, cache %s, %d positions: %s"
                .formatted(
                        result.model(), result.cacheType(), result.positions(), result.isRight() ? "right" : "WRONG"));
        IO.println("    from the definition  %s".formatted(result.fromDefinition()));
        IO.println("    from the engine      %s".formatted(result.fromEngine()));
        IO.println("    from golden logits   %s".formatted(result.fromGolden()));
        IO.println("    greedy tokens        %d of %d".formatted(result.greedy(), result.greedyExpected()));
    }

    /// Random weights against the definition: the first tokens, and one after many.
    private void check(Shape shape, int held) {
        try (Arena arena = Arena.ofShared()) {
            RandomModel random = RandomModel.of(cuda, shape);
            Model model = random.read(cuda, arena);
            int context = held + 1;
            int[] tokens = new Random(42).ints(8, 0, shape.vocabulary()).toArray();
            for (CacheType cacheType : List.of(CacheType.F32, CacheType.F16)) {
                Decoder decoder = random.decoder(cuda, arena, cacheType, context, Decoder.IN_FLIGHT);
                Reference reference = new Reference(model, context);
                decoder.give(0, tokens);
                Difference worst = Difference.NONE;
                for (int position = 0; position < tokens.length; position++) {
                    decoder.decode(position, 1);
                    worst = worst.orWorse(
                            Difference.between(decoder.logits(), reference.read(tokens[position], position)));
                }
                report(cacheType, "positions 0 to %d".formatted(tokens.length - 1), worst);

                decoder.decode(tokens.length, held - tokens.length);
                int last = decoder.tokens(held, 1)[0];
                decoder.cached(held, reference::remember);
                decoder.decode(held, 1);
                float[] logits = decoder.logits();
                report(cacheType, "position " + held, Difference.between(logits, reference.read(last, held)));
                int[] chosen = decoder.tokens(0, held + 1);

                decoder.give(0, tokens);
                decoder.decode(0, held + 1);
                boolean same =
                        Arrays.equals(logits, decoder.logits()) && Arrays.equals(chosen, decoder.tokens(0, held + 1));
                wrong |= !same;
                IO.println("  cache %s, read again in one launch: %s"
                        .formatted(cacheType, same ? "the same bits" : "OTHER BITS"));
            }
        }
    }

    private void report(CacheType cacheType, String where, Difference difference) {
        boolean right = difference.ofStandardDeviation() < GoldenCheck.tolerance(cacheType);
        wrong |= !right;
        IO.println("  cache %s, %s: %s from the definition, %s"
                .formatted(cacheType, where, difference, right ? "right" : "WRONG"));
    }

    private void speed() {
        try (Arena arena = Arena.ofShared()) {
            RandomModel random = RandomModel.of(cuda, Shape.LLAMA_3_2_1B);
            long weights = random.layout().bytesRead();
            Memory other = cuda.allocate(weights);
            double copy = 2e-6 * weights / median(20, () -> cuda.copy(random.matrices(), other, weights));
            IO.println("  copy within the card, %.2f GB, read and written: %.0f GB/s".formatted(weights / 1e9, copy));
            IO.println("  reading alone: %.0f GB/s".formatted(reading(random.matrices(), weights)));
            Decoder decoder = random.decoder(cuda, arena, CacheType.F16, CONTEXT, Decoder.IN_FLIGHT);
            IO.println("  rings of %d slots; per token %.3f GB of weights".formatted(decoder.slots(), weights / 1e9));
            decoder.give(0, 1);
            decoder.decode(0, HELD); // also so that there is something to hold
            for (int from : new int[] {0, HELD}) {
                time(decoder, from, TOKENS, weights, copy);
                time(decoder, from, 1, weights, copy);
            }
        }
    }

    private void time(Decoder decoder, int from, int tokensOfLaunch, long weights, double copy) {
        double millis = median(ROUNDS, () -> {
                    for (int done = 0; done < TOKENS; done += tokensOfLaunch) {
                        decoder.decode(from + done, tokensOfLaunch);
                    }
                })
                / TOKENS;
        double gigabytes = 1e-6 * weights / millis;
        IO.println(
                "  %d tokens from position %d, %d a launch: %.3f ms, %.0f tokens/s, %.0f GB/s of weights, %.1f %% of copy (%s)"
                        .formatted(
                                TOKENS,
                                from,
                                tokensOfLaunch,
                                millis,
                                1000 / millis,
                                gigabytes,
                                100 * gigabytes / copy,
                                gigabytes >= TARGET * copy ? "target met" : "target missed"));
    }

    private double reading(Memory memory, long bytes) {
        Kernel readAll = cuda.load(Programs.ptx("memory"), "readAll", 0);
        Memory seen = cuda.allocate(Integer.BYTES);
        try (Arena arena = Arena.ofConfined()) {
            var from = arena.allocateFrom(JAVA_LONG, memory.address());
            var count = arena.allocateFrom(JAVA_LONG, bytes / 16);
            var to = arena.allocateFrom(JAVA_LONG, seen.address());
            return IntStream.of(2, 4)
                    .mapToDouble(each -> 1e-6
                            * bytes
                            / median(
                                    20,
                                    () -> cuda.launch(
                                            readAll, each * cuda.device().multiprocessors(), 512, from, count, to)))
                    .max()
                    .orElseThrow();
        }
    }

    /// Where a token's time goes, as the first block sees it.
    private void stages() {
        try (Arena arena = Arena.ofShared()) {
            RandomModel random = RandomModel.of(cuda, Shape.LLAMA_3_2_1B);
            Decoder decoder = random.decoder(cuda, arena, CacheType.F16, CONTEXT, Decoder.IN_FLIGHT);
            decoder.give(0, 1);
            decoder.decode(0, HELD);
            for (int position : new int[] {TOKENS, HELD}) {
                decoder.decode(position - 8, 8);
                long[] cycles = decoder.trace(position);
                String[] names = {"queries, keys, values", "attention", "output", "gate and up", "down", "logits"};
                long[] working = new long[names.length];
                long[] waiting = new long[names.length];
                for (int barrier = 0; barrier < decoder.barriers(); barrier++) {
                    int stage = barrier == decoder.barriers() - 1 ? 5 : barrier % 5;
                    if (barrier > 0) {
                        working[stage] += cycles[2 * barrier] - cycles[2 * barrier - 1];
                    }
                    waiting[stage] += cycles[2 * barrier + 1] - cycles[2 * barrier];
                }
                IO.println("  position %d, %,d cycles from the first barrier to the last"
                        .formatted(position, cycles[2 * decoder.barriers() - 1] - cycles[0]));
                for (int stage = 0; stage < names.length; stage++) {
                    IO.println("    %-22s %,9d at work %,9d at the barrier"
                            .formatted(names[stage], working[stage], waiting[stage]));
                }
            }
        }
    }

    /// For a profiler: one launch that makes a text, and one of four tokens that is worth a look.
    private void profile() {
        try (Arena arena = Arena.ofShared()) {
            RandomModel random = RandomModel.of(cuda, Shape.LLAMA_3_2_1B);
            Decoder decoder = random.decoder(cuda, arena, CacheType.F16, CONTEXT, Decoder.IN_FLIGHT);
            decoder.give(0, 1);
            decoder.decode(0, TOKENS);
            decoder.decode(TOKENS, 4);
            cuda.synchronize();
        }
    }

    /// How many slots a block asks for at once.
    private void slots() {
        try (Arena arena = Arena.ofShared()) {
            RandomModel random = RandomModel.of(cuda, Shape.LLAMA_3_2_1B);
            for (int inFlight : new int[] {1, 2, 3, 4, 6, 12}) {
                Decoder decoder = random.decoder(cuda, arena, CacheType.F16, TOKENS, inFlight);
                decoder.give(0, 1);
                decoder.decode(0, TOKENS);
                double millis = median(3, () -> decoder.decode(0, TOKENS)) / TOKENS;
                IO.println("  at most %d slots asked for: %.3f ms a token, %.0f GB/s"
                        .formatted(inFlight, millis, 1e-6 * random.layout().bytesRead() / millis));
            }
        }
    }

    private double median(int rounds, Runnable work) {
        work.run();
        double[] millis = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            millis[round] = cuda.millis(work);
        }
        Arrays.sort(millis);
        return millis[rounds / 2];
    }
}
