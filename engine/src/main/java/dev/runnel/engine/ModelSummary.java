package dev.runnel.engine;

import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.MetadataValue;
import dev.runnel.engine.gguf.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/// What a model file says of itself, whether or not this engine can run it.
///
/// @param file its name without the folder; of a split model the part that was asked about
/// @param fileBytes its size, or that of all parts
/// @param architecture as the file names it, such as `llama`; empty if it doesn't
/// @param tokenizer the kind of its vocabulary as the file names it, such as `gpt2`; empty if it doesn't
/// @param contextLength most tokens it was made for, where the file says
/// @param parameters numbers in all tensors
/// @param metadata every key, in the file's order
/// @param tensors in the file's order
public record ModelSummary(
        String file,
        long fileBytes,
        String architecture,
        String tokenizer,
        OptionalInt contextLength,
        long parameters,
        List<Entry> metadata,
        List<TensorEntry> tensors) {

    /// One metadata key.
    ///
    /// @param value a text in full, a number, a flag; of an array only its size and its elements' type
    public record Entry(String key, String value) {}

    /// One tensor.
    ///
    /// @param type as files write it, such as `Q8_0`
    /// @param shape innermost size first
    /// @param bytes its size in the file
    public record TensorEntry(String name, String type, List<Long> shape, long bytes) {
        public TensorEntry {
            shape = List.copyOf(shape);
        }
    }

    public ModelSummary {
        metadata = List.copyOf(metadata);
        tensors = List.copyOf(tensors);
    }

    /// Bytes of all tensors, without the gaps between them.
    public long tensorBytes() {
        return tensors.stream().mapToLong(TensorEntry::bytes).sum();
    }

    static ModelSummary of(Path path) {
        EngineLoader.refuseFolder(path);
        try (GgufFile file = GgufFile.open(path)) {
            return of(file);
        }
    }

    static ModelSummary ofEmbedded() {
        String name = EngineLoader.EMBEDDED + EngineLoader.EXTENSION;
        try (InputStream in = Objects.requireNonNull(Engine.class.getResourceAsStream(name), name)) {
            byte[] bytes = in.readAllBytes();
            try (GgufFile file = GgufFile.of(name, MemorySegment.ofArray(bytes))) {
                return of(file);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    static ModelSummary of(GgufFile file) {
        List<Entry> metadata = new ArrayList<>();
        file.metadata().forEach((key, value) -> metadata.add(new Entry(key, text(value))));
        String architecture = file.metadata().string("general.architecture").orElse("");
        return new ModelSummary(
                file.name(),
                file.bytes(),
                architecture,
                file.metadata().string("tokenizer.ggml.model").orElse(""),
                file.metadata().integer(architecture + ".context_length", 1, Integer.MAX_VALUE),
                file.tensors().stream().mapToLong(Tensor::elements).sum(),
                metadata,
                file.tensors().stream()
                        .map(tensor -> new TensorEntry(
                                tensor.name(),
                                tensor.type().name(),
                                tensor.shape(),
                                tensor.data().byteSize()))
                        .toList());
    }

    private static String text(MetadataValue value) {
        return switch (value) {
            case MetadataValue.Text(var text) -> text;
            case MetadataValue.Whole(var number) -> number.toString();
            case MetadataValue.Real(var number) -> Double.toString(number);
            case MetadataValue.Flag(var set) -> Boolean.toString(set);
            case MetadataValue.Array(var elementType, var length) -> length + " × " + elementType;
        };
    }
}
