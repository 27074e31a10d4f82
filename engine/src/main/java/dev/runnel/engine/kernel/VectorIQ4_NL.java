package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// [IQ4_NL] in vectors.
final class VectorIQ4_NL extends IQ4_NL {

    private static final Codebook CODEBOOK = new Codebook(VALUES);

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            CODEBOOK.dequantize(weights, offset + 2, F16.at(weights, offset), to, at + k);
        }
    }
}
