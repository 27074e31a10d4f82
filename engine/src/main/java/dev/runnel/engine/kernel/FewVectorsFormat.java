package dev.runnel.engine.kernel;

/// A [Format] whose rows are multiplied by a few vectors as they are read, without being written out as
/// floats first: what a step takes in which a few sequences answer, or one that checks guesses.
interface FewVectorsFormat extends Format {

    /// So many vectors are worth the writing out.
    int MANY = 16;

    /// [Kernels#multiplication] for some vectors whose length is a multiple of [Kernels#STRANDS]; a task of
    /// its own as in [VectorFormat].
    Workers.Task multiplication(Matrix w, float[] x, int tokens, float[] y, int rows, Scratch[] scratches);
}
