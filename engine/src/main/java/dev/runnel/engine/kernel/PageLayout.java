package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// How one head's keys and values of [#POSITIONS] consecutive positions lie, as floats:
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

    /// Numbers of one head's keys.
    int keyCount() {
        return POSITIONS * keySize;
    }

    /// Numbers of one head's values.
    int valueCount() {
        return POSITIONS * paddedValueSize();
    }

    /// Bytes of one head's keys.
    public long keyBytes() {
        return (long) Float.BYTES * keyCount();
    }

    /// Bytes of one head's values.
    public long valueBytes() {
        return (long) Float.BYTES * valueCount();
    }

    /// Stores what the token at one position has in one head.
    ///
    /// @param page that has the head's keys from byte `keys` on and its values from byte `values` on
    /// @param position within the page
    public void write(
            MemorySegment page,
            long keys,
            long values,
            int position,
            float[] key,
            int keyAt,
            float[] value,
            int valueAt) {
        for (int d = 0; d < keySize; d++) {
            page.set(FLOAT, keys + Float.BYTES * ((long) d * POSITIONS + position), key[keyAt + d]);
        }
        long to = values + Float.BYTES * (long) position * paddedValueSize();
        MemorySegment.copy(value, valueAt, page, FLOAT, to, valueSize);
    }
}
