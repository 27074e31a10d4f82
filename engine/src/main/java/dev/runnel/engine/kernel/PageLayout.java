package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Where one head's keys and values of [#POSITIONS] consecutive positions lie, as floats:
///
/// ```
/// keys    (keySize, POSITIONS)            one element of all positions side by side: scores need no sum over lanes
/// values  (POSITIONS, paddedValueSize)    one position's elements side by side, then zeros
/// ```
///
/// @param keySize elements of a key, and of a query
/// @param valueSize elements of a value
public record PageLayout(int keySize, int valueSize) {

    /// Positions in a page: two of the widest vectors.
    public static final int POSITIONS = 32;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    /// [#valueSize] rounded up to whole vectors of any width.
    public int paddedValueSize() {
        return Kernels.padded(valueSize);
    }

    /// Bytes of one head's keys and values.
    public long bytes() {
        return Float.BYTES * (long) POSITIONS * (keySize + paddedValueSize());
    }

    /// Bytes from a head's start to its values.
    long valuesOffset() {
        return Float.BYTES * (long) POSITIONS * keySize;
    }

    /// Stores what the token at one position has in one head.
    ///
    /// @param head bytes from the start of `page` to the head
    /// @param position within the page
    public void write(
            MemorySegment page, long head, int position, float[] keys, int keyAt, float[] values, int valueAt) {
        for (int d = 0; d < keySize; d++) {
            page.set(FLOAT, head + Float.BYTES * ((long) d * POSITIONS + position), keys[keyAt + d]);
        }
        long to = head + valuesOffset() + Float.BYTES * (long) position * paddedValueSize();
        MemorySegment.copy(values, valueAt, page, FLOAT, to, valueSize);
    }
}
