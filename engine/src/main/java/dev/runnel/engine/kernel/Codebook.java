package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// The 16 whole numbers that nibbles stand for, where they are not evenly spaced, looked up by vectors.
final class Codebook {

    private static final int SIZE = 16;

    private final int[] values = new int[SIZE];

    Codebook(byte... values) {
        for (int i = 0; i < SIZE; i++) {
            this.values[i] = values[i];
        }
    }

    /// Writes 32 weights as floats: `scale` times what the nibbles of 16 bytes stand for, those in the lower
    /// halves first.
    void dequantize(MemorySegment weights, long offset, float scale, float[] to, int at) {
        for (int i = 0; i < 16; i += Lanes.COUNT) {
            var pairs = Lanes.bytes(weights, offset + i);
            floats(pairs.and(15)).mul(scale).intoArray(to, at + i);
            floats(pairs.lanewise(VectorOperators.LSHR, 4).and(15)).mul(scale).intoArray(to, at + i + 16);
        }
    }

    /// A vector of fewer than 16 lanes looks at one part of the table after another.
    private FloatVector floats(IntVector nibbles) {
        var found = nibbles.selectFrom(IntVector.fromArray(Lanes.INTS, values, 0));
        for (int first = Lanes.COUNT; first < SIZE; first += Lanes.COUNT) {
            var part = IntVector.fromArray(Lanes.INTS, values, first);
            found = found.blend(nibbles.sub(first).selectFrom(part), nibbles.compare(VectorOperators.GE, first));
        }
        return Lanes.toFloats(found);
    }
}
