package dev.runnel.engine.kernel;

import dev.runnel.engine.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/// Weights: `rows` rows of `columns` numbers.
///
/// @param columns a whole number of the type's blocks
/// @param layout how the rows lie in `data`
/// @param data the rows' bytes and nothing else; aligned as the file is, so perhaps not at all
public record Matrix(TensorType type, int rows, int columns, Layout layout, MemorySegment data) {

    /// An order of a matrix' bytes, and what is known of them.
    public enum Layout {
        /// One row after another, as the type says; what a file has.
        STORED,
        /// The same where all numbers are known to be finite, so that vectors needn't look for others; what
        /// [Kernels#arrange] makes of halves.
        FINITE,
        /// The order that vectors want them in, see [PackedFormat]; what [Kernels#arrange] makes.
        PACKED
    }

    public Matrix {
        long bytes = rows * type.bytes(columns);
        if (columns % type.blockElements() != 0 || (layout != Layout.PACKED && data.byteSize() != bytes)) {
            throw new IllegalArgumentException("a matrix of %d x %d %s takes %d bytes, and there are %d"
                    .formatted(rows, columns, type, bytes, data.byteSize()));
        }
    }

    /// A matrix as a file has it.
    public Matrix(TensorType type, int rows, int columns, MemorySegment data) {
        this(type, rows, columns, Layout.STORED, data);
    }

    /// Bytes from the start of stored `data` to a row.
    long offset(int row) {
        return row * type.bytes(columns);
    }
}
