package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// [MXFP4] in vectors.
final class VectorMXFP4 extends MXFP4 {

    private static final Codebook CODEBOOK = new Codebook(DOUBLED);

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            CODEBOOK.dequantize(weights, offset + 1, scale(weights, offset), to, at + k);
        }
    }
}
