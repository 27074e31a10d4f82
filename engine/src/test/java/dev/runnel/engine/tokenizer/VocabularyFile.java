package dev.runnel.engine.tokenizer;

import dev.runnel.engine.fixtures.GgufWriter;
import dev.runnel.engine.gguf.GgufFile;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// A vocabulary made token by token, as the only content of a file.
final class VocabularyFile {

    // Token types of the format.
    static final int NORMAL = 1;
    static final int UNKNOWN = 2;
    static final int CONTROL = 3;
    static final int USER_DEFINED = 4;
    static final int UNUSED = 5;
    static final int BYTE = 6;

    final List<String> tokens = new ArrayList<>();
    final List<Integer> types = new ArrayList<>();
    final List<Float> scores = new ArrayList<>();
    final List<String> merges = new ArrayList<>();

    private final String model;
    private final List<Consumer<GgufWriter>> more = new ArrayList<>();

    private VocabularyFile(String model) {
        this.model = model;
    }

    /// The 256 bytes of a byte-level vocabulary.
    static VocabularyFile byteLevel(String pre) {
        VocabularyFile file = new VocabularyFile("gpt2");
        int next = 0x100;
        for (int value = 0; value < 256; value++) {
            boolean printable = (value > 0x20 && value < 0x7F) || (value > 0xA0 && value != 0xAD);
            file.token(Character.toString(printable ? value : next++), NORMAL);
        }
        return file.with(writer -> writer.string("tokenizer.ggml.pre", pre));
    }

    /// The 256 byte tokens of a SentencePiece vocabulary.
    static VocabularyFile scored() {
        VocabularyFile file = new VocabularyFile("llama");
        for (int value = 0; value < 256; value++) {
            file.token("<0x%02X>".formatted(value), BYTE);
        }
        return file;
    }

    VocabularyFile token(String text, int type) {
        return token(text, type, 0);
    }

    VocabularyFile token(String text, int type, float score) {
        tokens.add(text);
        types.add(type);
        scores.add(score);
        return this;
    }

    /// Adds a merge and the token it makes.
    VocabularyFile merge(String left, String right) {
        merges.add(left + " " + right);
        return token(left + right, NORMAL);
    }

    VocabularyFile with(Consumer<GgufWriter> keys) {
        more.add(keys);
        return this;
    }

    int id(String text) {
        return tokens.indexOf(text);
    }

    int[] ids(String... texts) {
        return List.of(texts).stream().mapToInt(this::id).toArray();
    }

    byte[] toByteArray() {
        return writer().toByteArray();
    }

    GgufFile toFile() {
        return writer().toFile();
    }

    private GgufWriter writer() {
        GgufWriter writer = new GgufWriter()
                .string("tokenizer.ggml.model", model)
                .strings("tokenizer.ggml.tokens", tokens)
                .integers(
                        "tokenizer.ggml.token_type",
                        types.stream().mapToInt(Integer::intValue).toArray());
        if (model.equals("llama")) {
            float[] numbers = new float[scores.size()];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = scores.get(i);
            }
            writer.numbers("tokenizer.ggml.scores", numbers);
        } else {
            writer.strings("tokenizer.ggml.merges", merges);
        }
        more.forEach(keys -> keys.accept(writer));
        return writer;
    }

    Tokenizer load() {
        return Tokenizer.of(toFile());
    }
}
