package dev.runnel.cuda;

import dev.runnel.engine.json.JsonTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What others computed with a model, in 64-bit arithmetic: `X.json` and the numbers of `X.bin`, beside `X.gguf`.
record Golden(Path file, int context, List<Prompt> prompts) {

    /// @param logits after the last token
    /// @param greedy the tokens that follow
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Prompt(int[] tokens, float[] logits, int[] greedy) {}

    /// @param gguf the model's file
    static Golden beside(Path gguf) {
        try {
            String name = String.valueOf(gguf.getFileName()).replaceFirst("\\.gguf$", "");
            Map<String, @Nullable Object> all =
                    JsonTree.parseObject(Files.readString(gguf.resolveSibling(name + ".json")));
            FloatBuffer numbers = ByteBuffer.wrap(Files.readAllBytes(gguf.resolveSibling(name + ".bin")))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer();
            List<Prompt> prompts = new ArrayList<>();
            for (Object each : list(all.get("prompts"))) {
                Map<?, ?> prompt = (Map<?, ?>) each;
                float[] logits = new float[whole(all.get("n_vocab"))];
                numbers.get(whole(prompt.get("logits_f64_offset")), logits);
                prompts.add(new Prompt(wholes(prompt.get("tokens")), logits, wholes(prompt.get("greedy"))));
            }
            return new Golden(gguf, whole(all.get("n_ctx")), prompts);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static List<?> list(@Nullable Object value) {
        return value instanceof List<?> list ? list : List.of();
    }

    private static int whole(@Nullable Object value) {
        return value instanceof Number number ? Math.toIntExact(number.longValue()) : 0;
    }

    private static int[] wholes(@Nullable Object value) {
        return list(value).stream().mapToInt(Golden::whole).toArray();
    }
}
