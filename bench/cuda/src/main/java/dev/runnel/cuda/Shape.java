package dev.runnel.cuda;

/// The sizes of a model of Llama's kind.
///
/// @param heads of queries; several share one head of keys
/// @param tied whether the output matrix is the embedding
public record Shape(
        int layers,
        int width,
        int heads,
        int kvHeads,
        int headSize,
        int feedForward,
        int vocabulary,
        float epsilon,
        boolean tied) {

    public static final Shape LLAMA_3_2_1B = new Shape(16, 2048, 32, 8, 64, 8192, 128_256, 1e-5f, true);

    /// Width of the queries of all heads.
    int queries() {
        return heads * headSize;
    }

    /// Rows of the matrix that gives queries, keys and values.
    int qkv() {
        return (heads + 2 * kvHeads) * headSize;
    }

    /// Query heads of one key head.
    int group() {
        return heads / kvHeads;
    }
}
