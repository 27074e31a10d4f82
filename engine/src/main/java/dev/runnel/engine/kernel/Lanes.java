package dev.runnel.engine.kernel;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Vectors of the machine's width, and how numbers in memory get into them.
///
/// A kernel sums [Kernels#STRANDS] strands with vectors that may be narrower. It then makes several passes
/// over its input, each for the strands `h` to `h + COUNT`: one loop serves every width, and its sums stay in
/// registers.
///
/// Methods that give or take vectors have at most 35 bytes of code (`MaxInlineSize`), here and in all kernels. A
/// larger one C2 inlines only where the profile calls it hot, and a kernel that it compiles before there is a
/// profile would keep its vectors on the heap for good.
///
/// A kernel that is compiled alone (`FreqInlineSize`, 325 bytes) calls none of them but what makes floats of weights:
/// once C2 has made 18 000 nodes of a method (`NodeCountInliningCutoff`) it inlines nothing more into it than the
/// Vector API's own methods, which have no limit. So weights are read where a loop begins, or where there are few
/// other vectors.
final class Lanes {

    static final VectorSpecies<Float> FLOATS = species();

    /// Floats in a vector: 4, 8 or 16.
    static final int COUNT = FLOATS.length();

    static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    /// Two shorts where [#INTS] has an int.
    static final VectorSpecies<Short> SHORT_PAIRS = VectorSpecies.of(short.class, FLOATS.vectorShape());

    static final int SHORT_COUNT = 2 * COUNT;

    static final int VECTOR_BYTES = COUNT * Float.BYTES;

    static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(COUNT * Short.SIZE));
    /// As many bytes as a vector has floats; the least there is, 8 bytes, is too many for 4 lanes.
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(8, COUNT) * Byte.SIZE));

    private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    /// What moves byte 0 of an int, then 1, 2 and 3, to the top.
    private static final IntVector TO_TOP = IntVector.fromArray(IntVector.SPECIES_128, new int[] {24, 16, 8, 0}, 0);

    private Lanes() {}

    private static VectorSpecies<Float> species() {
        VectorSpecies<Float> preferred = FloatVector.SPECIES_PREFERRED;
        return preferred.length() > Kernels.STRANDS ? FloatVector.SPECIES_512 : preferred;
    }

    static FloatVector floats(MemorySegment from, long offset) {
        return FloatVector.fromMemorySegment(FLOATS, from, offset, LITTLE_ENDIAN);
    }

    static FloatVector floats(float[] from, int at) {
        return FloatVector.fromArray(FLOATS, from, at);
    }

    /// Shorts as the ints of the same sign.
    static IntVector shorts(MemorySegment from, long offset) {
        return (IntVector) ShortVector.fromMemorySegment(SHORTS, from, offset, LITTLE_ENDIAN)
                .convertShape(VectorOperators.S2I, INTS, 0);
    }

    /// Shorts as the floats of the same value.
    static FloatVector shortsAsFloats(short[] from, int at) {
        return (FloatVector) ShortVector.fromArray(SHORTS, from, at).convertShape(VectorOperators.S2F, FLOATS, 0);
    }

    /// Bytes as the ints of the same sign.
    static IntVector bytes(MemorySegment from, long offset) {
        return COUNT == 4 ? fourBytes(from, offset) : vectorOfBytes(from, offset);
    }

    private static IntVector fourBytes(MemorySegment from, long offset) {
        return IntVector.broadcast(IntVector.SPECIES_128, from.get(INT, offset))
                .lanewise(VectorOperators.LSHL, TO_TOP)
                .lanewise(VectorOperators.ASHR, 24);
    }

    private static IntVector vectorOfBytes(MemorySegment from, long offset) {
        return (IntVector) ByteVector.fromMemorySegment(BYTES, from, offset, LITTLE_ENDIAN)
                .convertShape(VectorOperators.B2I, INTS, 0);
    }

    /// Bytes as the floats of the same value.
    static FloatVector bytesAsFloats(MemorySegment from, long offset) {
        return COUNT == 4 ? toFloats(fourBytes(from, offset)) : vectorOfBytesAsFloats(from, offset);
    }

    private static FloatVector vectorOfBytesAsFloats(MemorySegment from, long offset) {
        return (FloatVector) ByteVector.fromMemorySegment(BYTES, from, offset, LITTLE_ENDIAN)
                .convertShape(VectorOperators.B2F, FLOATS, 0);
    }

    /// Ints as shorts.
    static void intoArray(IntVector ints, short[] to, int at) {
        ((ShortVector) ints.convertShape(VectorOperators.I2S, SHORTS, 0)).intoArray(to, at);
    }

    /// Finite F16 numbers: their bits moved to where a float has them, then what the exponent's bias lacks.
    static FloatVector halves(MemorySegment from, long offset) {
        return halves(shorts(from, offset));
    }

    private static FloatVector halves(IntVector bits) {
        return bits.and(0x7fff)
                .lanewise(VectorOperators.LSHL, 13)
                .or(bits.and(0x8000_0000))
                .reinterpretAsFloats()
                .mul(0x1p112f);
    }

    /// [ScalarKernels#sum] of a product's strands, twelve of its additions as vectors of four. Overwrites the
    /// first four.
    static float sum(float[] strands, int at) {
        var first = FloatVector.fromArray(FOUR, strands, at).add(FloatVector.fromArray(FOUR, strands, at + 8));
        var second = FloatVector.fromArray(FOUR, strands, at + 4).add(FloatVector.fromArray(FOUR, strands, at + 12));
        first.add(second).intoArray(strands, at);
        return (strands[at] + strands[at + 2]) + (strands[at + 1] + strands[at + 3]);
    }

    static IntVector toInts(FloatVector floats) {
        return (IntVector) floats.convert(VectorOperators.F2I, 0);
    }

    static FloatVector toFloats(IntVector ints) {
        return (FloatVector) ints.convert(VectorOperators.I2F, 0);
    }
}
