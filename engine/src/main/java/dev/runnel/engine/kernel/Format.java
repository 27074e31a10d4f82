package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// What numbers the bytes of one type of weights stand for.
interface Format {

    /// Writes `n` numbers as floats; exactly what the format defines.
    ///
    /// @param offset bytes from the start of `weights` to the first number's block
    /// @param n a whole number of blocks
    void dequantize(MemorySegment weights, long offset, int n, float[] to, int at);
}
