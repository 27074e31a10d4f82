package dev.runnel.engine.kernel;

/// A [Format] whose rows are multiplied as they are read, without being written out as floats first.
interface VectorFormat extends Format {

    /// Whether its rows can be taken as they are stored; else they are written out first.
    default boolean takes(Matrix w) {
        return true;
    }

    /// [Kernels#multiplication] for one vector whose length is a multiple of [Kernels#STRANDS].
    ///
    /// Every format makes a task of its own, with a loop over the rows of its own. C2 compiles a task as a
    /// whole, since workers see too many of them to inline any; but if formats shared a task it would inline
    /// two of them, run out of its budget half way through the second, and put that one's vectors on the
    /// heap.
    Workers.Task multiplication(Matrix w, float[] x, float[] y, int rows, Scratch[] scratches);
}
