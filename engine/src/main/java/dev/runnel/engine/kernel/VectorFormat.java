package dev.runnel.engine.kernel;

/// A [Format] whose rows are multiplied as they are read, without being written out as floats first.
interface VectorFormat extends Format {

    /// [Kernels#multiply] for one vector whose length is a multiple of [Kernels#STRANDS].
    ///
    /// Every format has its own loop over the rows. If they shared one, C2 would inline two formats into it,
    /// run out of its budget half way through the second, and put that one's vectors on the heap.
    ///
    /// @param strands room for two rows' unfinished sums
    void multiply(Matrix w, int from, int to, float[] x, float[] y, float[] strands);
}
