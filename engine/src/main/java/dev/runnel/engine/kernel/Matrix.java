package dev.runnel.engine.kernel;

import dev.runnel.engine.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/// Weights: `rows` rows of `columns` numbers, one row after another, where they lie in the file.
///
/// @param columns a whole number of the type's blocks
/// @param data the rows' bytes and nothing else; aligned as the file is, so perhaps not at all
public record Matrix(TensorType type, int rows, int columns, MemorySegment data) {

    public Matrix {
        long bytes = rows * type.bytes(columns);
        if (columns % type.blockElements() != 0 || data.byteSize() != bytes) {
            throw new IllegalArgumentException("a matrix of %d x %d %s takes %d bytes, and there are %d"
                    .formatted(rows, columns, type, bytes, data.byteSize()));
        }
    }

    /// Bytes from the start of `data` to a row.
    long offset(int row) {
        return row * type.bytes(columns);
    }
}
