package dev.runnel.engine.gguf;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// A named block of numbers in a file.
///
/// @param shape one to four sizes, none zero, the innermost (fastest varying) first: a matrix of `rows` rows
///     is `(columns, rows)`
/// @param data exactly its bytes, read-only; valid until its [GgufFile] is closed; aligned only as the file
///     is
public record Tensor(String name, TensorType type, List<Long> shape, MemorySegment data) {
    public Tensor {
        shape = List.copyOf(shape);
    }

    /// How many numbers it holds.
    public long elements() {
        return data.byteSize() / type.blockBytes() * type.blockElements();
    }
}
