package dev.runnel.cuda;

import dev.runnel.engine.CacheType;
import dev.runnel.engine.EngineOptions;
import dev.runnel.engine.LoadingListener;
import dev.runnel.engine.ModelLogits;
import dev.runnel.engine.gguf.GgufFile;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Reads the prompts of a golden model token by token and compares the logits at every position: with the
/// definition's, with those of the engine on the processor, and at each prompt's end with the golden ones.
final class GoldenCheck {

    /// Of a standard deviation of the row. Keys and values in halves have three digits.
    static double tolerance(CacheType cacheType) {
        return cacheType == CacheType.F32 ? 1e-3 : 3e-2;
    }

    /// @param positions how many were compared
    /// @param fromDefinition on the weights that the kernel has, at every position
    /// @param fromEngine at every position
    /// @param fromGolden at the ends of prompts
    /// @param greedy of the golden tokens that follow the prompts, how many were chosen before another was
    record Result(
            String model,
            CacheType cacheType,
            int positions,
            Difference fromDefinition,
            Difference fromEngine,
            Difference fromGolden,
            int greedy,
            int greedyExpected) {

        boolean isRight() {
            return fromDefinition.ofStandardDeviation() < tolerance(cacheType);
        }
    }

    private GoldenCheck() {}

    static Result run(Cuda cuda, Path gguf, CacheType cacheType) {
        Golden golden = Golden.beside(gguf);
        Difference fromDefinition = Difference.NONE;
        Difference fromEngine = Difference.NONE;
        Difference fromGolden = Difference.NONE;
        int positions = 0;
        int greedy = 0;
        int greedyExpected = 0;
        EngineOptions options = EngineOptions.DEFAULT.withContextLength(golden.context());
        try (Arena arena = Arena.ofShared();
                GgufFile file = GgufFile.open(gguf);
                ModelLogits engine = ModelLogits.open(gguf, options, LoadingListener.NONE)) {
            Model model = Model.read(file, arena);
            Decoder decoder = new Decoder(
                    cuda,
                    arena,
                    model.shape(),
                    cuda.copyOf(model.matrices()),
                    model.norms(),
                    model.frequencies(),
                    cacheType,
                    golden.context(),
                    Decoder.IN_FLIGHT);
            for (Golden.Prompt prompt : golden.prompts()) {
                int[] tokens = prompt.tokens();
                Reference reference = new Reference(model, golden.context());
                List<float[]> ofEngine = rows(engine, tokens);
                decoder.give(0, tokens);
                for (int position = 0; position < tokens.length; position++) {
                    decoder.decode(position, 1);
                    float[] logits = decoder.logits();
                    fromDefinition = fromDefinition.orWorse(
                            Difference.between(logits, reference.read(tokens[position], position)));
                    fromEngine = fromEngine.orWorse(Difference.between(logits, ofEngine.get(position)));
                    positions++;
                }
                fromGolden = fromGolden.orWorse(Difference.between(decoder.logits(), prompt.logits()));
                int[] expected = prompt.greedy();
                decoder.decode(tokens.length, expected.length - 1);
                int differs = Arrays.mismatch(decoder.tokens(tokens.length, expected.length), expected);
                greedy += differs < 0 ? expected.length : differs;
                greedyExpected += expected.length;
            }
        }
        return new Result(
                String.valueOf(gguf.getFileName()),
                cacheType,
                positions,
                fromDefinition,
                fromEngine,
                fromGolden,
                greedy,
                greedyExpected);
    }

    private static List<float[]> rows(ModelLogits engine, int[] tokens) {
        List<float[]> rows = new ArrayList<>();
        try (ModelLogits.Reading reading = engine.begin()) {
            reading.read(Arrays.stream(tokens).boxed().toList(), (index, row) -> rows.add(row.clone()));
        }
        return rows;
    }
}
