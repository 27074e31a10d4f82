package dev.runnel.training.model;

/// A matrix of weights, or a vector as a matrix of one row.
///
/// @param name as in the GGUF file, without `.weight`
/// @param values row after row; written in place
@SuppressWarnings("ArrayRecordComponent") // the one place that holds the numbers, which change
public record Tensor(String name, int rows, int columns, float[] values) {

    static Tensor zeros(String name, int rows, int columns) {
        return new Tensor(name, rows, columns, new float[rows * columns]);
    }

    /// Whether it multiplies; the others are the gains of norms.
    public boolean isMatrix() {
        return rows > 1;
    }

    /// Whether it is a matrix inside the network, and not the embedding.
    public boolean isHidden() {
        return isMatrix() && name.startsWith("blk.");
    }
}
