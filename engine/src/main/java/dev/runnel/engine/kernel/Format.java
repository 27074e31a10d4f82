package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// What numbers the bytes of one type of weights stand for.
///
/// A number that needs more than a float's 24 bits is rounded once, at the end.
interface Format {

    /// Writes `n` numbers as floats; exactly what the format defines.
    ///
    /// @param offset bytes from the start of `weights` to the first number's block
    /// @param n a whole number of blocks
    void dequantize(MemorySegment weights, long offset, int n, float[] to, int at);

    /// A byte from 0 to 255.
    static int unsigned(MemorySegment weights, long offset) {
        return weights.get(ValueLayout.JAVA_BYTE, offset) & 255;
    }
}
