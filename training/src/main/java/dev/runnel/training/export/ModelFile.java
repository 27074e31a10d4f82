package dev.runnel.training.export;

import dev.runnel.training.model.Parameters;
import dev.runnel.training.model.Shape;
import dev.runnel.training.model.Tensor;
import dev.runnel.training.vocabulary.Vocabulary;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/// A model's file: what it is, how it sees text, and its weights.
public final class ModelFile {

    private static final String ARCHITECTURE = "qwen3";
    private static final String TEMPLATE = "chat-template.jinja";

    private ModelFile() {}

    /// Writes a file that holds a vocabulary and a chat template, and no weights.
    public static void writeVocabulary(Path file, Vocabulary vocabulary) throws IOException {
        writer(vocabulary).write(file);
    }

    /// @param format of the matrices; norms stay as they are
    public static void write(Path file, Shape shape, Vocabulary vocabulary, Parameters weights, WeightFormat format)
            throws IOException {
        GgufWriter writer = writer(vocabulary)
                .put("general.file_type", format.fileType())
                .put("general.quantization_version", 2)
                .put(ARCHITECTURE + ".context_length", shape.context())
                .put(ARCHITECTURE + ".embedding_length", shape.width())
                .put(ARCHITECTURE + ".block_count", shape.layers())
                .put(ARCHITECTURE + ".feed_forward_length", shape.feedForward())
                .put(ARCHITECTURE + ".attention.head_count", shape.heads())
                .put(ARCHITECTURE + ".attention.head_count_kv", shape.heads())
                .put(ARCHITECTURE + ".attention.key_length", shape.headSize())
                .put(ARCHITECTURE + ".attention.value_length", shape.headSize())
                .put(ARCHITECTURE + ".rope.dimension_count", shape.headSize())
                .put(ARCHITECTURE + ".rope.freq_base", shape.ropeBase())
                .put(ARCHITECTURE + ".attention.layer_norm_rms_epsilon", Shape.EPSILON)
                .put(ARCHITECTURE + ".vocab_size", shape.vocabulary());
        for (Tensor tensor : weights.tensors()) {
            WeightFormat stored = tensor.isMatrix() ? format : WeightFormat.F32;
            List<Integer> dimensions =
                    tensor.isMatrix() ? List.of(tensor.columns(), tensor.rows()) : List.of(tensor.columns());
            writer.tensor(tensor.name() + ".weight", stored.tensorType(), dimensions, stored.bytes(tensor.values()));
        }
        writer.write(file);
    }

    private static GgufWriter writer(Vocabulary vocabulary) {
        int endOfText = vocabulary.id(Vocabulary.END_OF_TEXT);
        int endOfTurn = vocabulary.id(Vocabulary.END_OF_TURN);
        return new GgufWriter()
                .put("general.architecture", ARCHITECTURE)
                .put("general.type", "model")
                .put("general.name", "runnel-tiny")
                .put("general.organization", "runnel")
                .put("general.license", "apache-2.0")
                .put(
                        "general.description",
                        "A demonstration model: it counts, calculates, lists, repeats and explains streaming.")
                .putStrings("general.languages", List.of("zh", "en"))
                .put("tokenizer.ggml.model", "gpt2")
                .put("tokenizer.ggml.pre", "llama-bpe")
                .putStrings("tokenizer.ggml.tokens", vocabulary.tokens())
                .putIntegers("tokenizer.ggml.token_type", vocabulary.types())
                .putStrings("tokenizer.ggml.merges", vocabulary.merges())
                .put("tokenizer.ggml.bos_token_id", endOfText)
                .put("tokenizer.ggml.eos_token_id", endOfTurn)
                .put("tokenizer.ggml.padding_token_id", endOfText)
                .put("tokenizer.ggml.add_bos_token", false)
                .put("tokenizer.chat_template", template());
    }

    private static String template() {
        try (InputStream in = Objects.requireNonNull(ModelFile.class.getResourceAsStream(TEMPLATE), TEMPLATE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
