package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// [IQ4_XS] in vectors.
final class VectorIQ4_XS extends IQ4_XS {

    private static final Codebook CODEBOOK = new Codebook(IQ4_NL.VALUES);

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            for (int group = 0; group < BLOCK / GROUP; group++) {
                long pairs = offset + QUANTS + group * 16L;
                CODEBOOK.dequantize(weights, pairs, scale(weights, offset, group), to, at + k + group * GROUP);
            }
        }
    }
}
