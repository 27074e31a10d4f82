package dev.runnel.cuda;

import java.util.ArrayList;
import java.util.List;

/// Where the matrices of a model lie in one memory, as halves, in the order in which a token needs them. Rows that are
/// multiplied with the same vector lie together:
///
/// ```
/// each layer   queries, keys, values   (heads + 2 kvHeads) headSize rows of width
///              output                  width rows of heads headSize
///              gate and up             2 feedForward rows of width, by turns: gate 0, up 0, gate 1, up 1, …
///              down                    width rows of feedForward
/// then         output                  vocabulary rows of width
///              embedding               the same, where it is not the output matrix
/// ```
///
/// @param matrices four of each layer, the output, the embedding
record Layout(List<Matrix> matrices, long bytes) {

    // As in decode.cu.
    static final int TILE_ROWS = 8;
    static final int TILE_COLUMNS = 256;

    private static final int ALIGNMENT = 256;

    static final int QKV = 0;
    static final int OUTPUT = 1;
    static final int GATE_UP = 2;
    static final int DOWN = 3;

    /// Matrices of a layer.
    static final int OF_LAYER = 4;

    /// A matrix in tiles of 8 rows and 256 columns, or fewer where it has fewer. The tiles of 8 rows, a unit, lie one
    /// after another, and row by row within each: as a block of the kernel reads them. The last unit is a whole one
    /// even where rows are missing.
    ///
    /// @param offset in bytes
    record Matrix(long offset, int rows, int columns) {

        int units() {
            return (rows + TILE_ROWS - 1) / TILE_ROWS;
        }

        int tileColumns() {
            return Math.min(columns, TILE_COLUMNS);
        }

        /// Tiles of a unit.
        int tiles() {
            return columns / tileColumns();
        }

        /// Halves that it takes.
        long halves() {
            return (long) units() * TILE_ROWS * columns;
        }

        /// Where a number lies, in bytes.
        long offset(int row, int column) {
            long tile = (long) row / TILE_ROWS * tiles() + column / tileColumns();
            long inTile = (long) row % TILE_ROWS * tileColumns() + column % tileColumns();
            return offset + 2 * (tile * TILE_ROWS * tileColumns() + inTile);
        }

        private long end() {
            return (offset + 2 * halves() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
    }

    Layout {
        matrices = List.copyOf(matrices);
    }

    /// @throws CudaException if a row can't be cut into tiles
    static Layout of(Shape shape) {
        List<Matrix> matrices = new ArrayList<>();
        for (int layer = 0; layer < shape.layers(); layer++) {
            add(matrices, shape.qkv(), shape.width());
            add(matrices, shape.width(), shape.queries());
            add(matrices, 2 * shape.feedForward(), shape.width());
            add(matrices, shape.width(), shape.feedForward());
        }
        add(matrices, shape.vocabulary(), shape.width());
        if (shape.tied()) {
            matrices.add(matrices.getLast());
        } else {
            add(matrices, shape.vocabulary(), shape.width());
        }
        return new Layout(matrices, matrices.getLast().end());
    }

    private static void add(List<Matrix> matrices, int rows, int columns) {
        if (columns % 8 != 0 || (columns > TILE_COLUMNS && columns % TILE_COLUMNS != 0)) {
            throw new CudaException("rows of %d numbers; the kernel reads multiples of 8, and of %d above that"
                    .formatted(columns, TILE_COLUMNS));
        }
        matrices.add(new Matrix(matrices.isEmpty() ? 0 : matrices.getLast().end(), rows, columns));
    }

    Matrix matrix(int layer, int which) {
        return matrices.get(OF_LAYER * layer + which);
    }

    /// Bytes from a layer's matrices to the next one's.
    long layerBytes() {
        return matrix(0, DOWN).end();
    }

    Matrix output() {
        return matrices.get(matrices.size() - 2);
    }

    Matrix embedding() {
        return matrices.getLast();
    }

    /// Bytes of weights that one token reads: all matrices, and no more of the embedding than a row.
    long bytesRead() {
        return matrices.subList(0, matrices.size() - 1).stream()
                .mapToLong(matrix -> 2 * matrix.halves())
                .sum();
    }
}
