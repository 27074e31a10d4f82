package dev.runnel.engine.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.runnel.testing.SharedData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A model file with what others computed from it: `X.gguf`, `X.json` and the numbers of `X.bin`.
record GoldenModel(Path file, List<Prompt> prompts, Score score) {

    /// @param context most tokens of a sequence when it was computed
    /// @param logits after the last token, in 64-bit arithmetic where that was done
    /// @param greedy the 32 tokens that follow
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Prompt(int context, int[] tokens, float[] logits, int[] greedy) {}

    /// @param logProbabilities of each token but the first, given those before it
    /// @param logits after each token; none where the file has only the probabilities
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Score(int[] tokens, double[] logProbabilities, float[][] logits) {}

    /// @param name below the folder of golden data, without an ending: `models/llama`
    static GoldenModel read(String name) {
        try (JsonParser json = new JsonFactory()
                .createParser(SharedData.require("golden/" + name + ".json").toFile())) {
            json.nextToken();
            Map<String, Object> all = object(value(json));
            FloatBuffer numbers = ByteBuffer.wrap(Files.readAllBytes(SharedData.require("golden/" + name + ".bin")))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer();
            int vocabulary = integer(all, "n_vocab");
            List<Prompt> prompts = new ArrayList<>();
            for (Object each : (List<?>) all.get("prompts")) {
                prompts.add(prompt(object(each), integer(all, "n_ctx"), numbers, vocabulary));
            }
            if (all.containsKey("long_context")) {
                Map<String, Object> longer = object(all.get("long_context"));
                prompts.add(prompt(longer, integer(longer, "n_ctx"), numbers, vocabulary));
            }
            Map<String, Object> score = object(all.get("score"));
            int[] tokens = integers(score, "tokens");
            int rows = score.containsKey("all_logits_offset") ? tokens.length : 0;
            float[][] logits = new float[rows][];
            for (int t = 0; t < rows; t++) {
                logits[t] = slice(numbers, integer(score, "all_logits_offset") + t * vocabulary, vocabulary);
            }
            double[] logProbabilities = ((List<?>) score.get("logprobs"))
                    .stream()
                            .mapToDouble(number -> ((Number) number).doubleValue())
                            .toArray();
            return new GoldenModel(
                    SharedData.require("golden/" + name + ".gguf"),
                    prompts,
                    new Score(tokens, logProbabilities, logits));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static Prompt prompt(Map<String, Object> prompt, int context, FloatBuffer numbers, int vocabulary) {
        String offset = prompt.containsKey("logits_f64_offset") ? "logits_f64_offset" : "logits_offset";
        float[] logits = slice(numbers, integer(prompt, offset), vocabulary);
        return new Prompt(context, integers(prompt, "tokens"), logits, integers(prompt, "greedy"));
    }

    private static float[] slice(FloatBuffer numbers, int from, int length) {
        float[] slice = new float[length];
        numbers.get(from, slice);
        return slice;
    }

    private static int integer(Map<String, Object> object, String name) {
        return ((Number) object.get(name)).intValue();
    }

    private static int[] integers(Map<String, Object> object, String name) {
        return ((List<?>) object.get(name))
                .stream().mapToInt(number -> ((Number) number).intValue()).toArray();
    }

    private static Map<String, Object> object(Object value) {
        Map<String, Object> object = new LinkedHashMap<>();
        ((Map<?, ?>) value).forEach((name, member) -> object.put((String) name, member));
        return object;
    }

    /// The value at whose first token the parser is; it is left at the last one.
    private static Object value(JsonParser json) throws IOException {
        return switch (json.currentToken()) {
            case START_OBJECT -> {
                Map<String, Object> object = new LinkedHashMap<>();
                while (json.nextToken() != JsonToken.END_OBJECT) {
                    String name = json.currentName();
                    json.nextToken();
                    object.put(name, value(json));
                }
                yield object;
            }
            case START_ARRAY -> {
                List<Object> array = new ArrayList<>();
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    array.add(value(json));
                }
                yield array;
            }
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> json.getNumberValue();
            default -> json.getText();
        };
    }
}
