package dev.runnel.engine.kernel;

/// A [Format] in vectors: its [#dequantize] gives the same numbers faster, and rows need not be written out
/// to be multiplied.
interface VectorFormat extends Format {

    /// [Kernels#multiply] for one vector whose length is a multiple of [Kernels#STRANDS].
    ///
    /// Takes two rows at a time, because a sum alone waits for each of its additions: one from the first and
    /// one from the second half of the rows, because the processor fetches ahead of two readers who are some
    /// pages apart, and not of two in one page. An odd row is paired with itself.
    ///
    /// Every format has its own loop over the rows. If they shared one, C2 would inline two formats into it,
    /// run out of its budget half way through the second, and put that one's vectors on the heap.
    ///
    /// @param strands room for two rows' unfinished sums
    void multiply(Matrix w, int from, int to, float[] x, float[] y, float[] strands);
}
