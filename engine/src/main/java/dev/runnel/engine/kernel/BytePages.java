package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Keys and values as bytes, each key and each value with a scale of its own:
///
/// ```
/// keys     scales  (POSITIONS)                     floats
///          bytes   (keySize, POSITIONS)            number = scale * byte, the largest of a key is 127
/// values   scales  (POSITIONS)
///          bytes   (POSITIONS, paddedValueSize)
/// ```
record BytePages(PageLayout layout) implements PageFormat {

    private static final int MOST = 127;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final long SCALES = (long) Float.BYTES * PageLayout.POSITIONS;

    @Override
    public long keyBytes() {
        return SCALES + layout.keyCount();
    }

    @Override
    public long valueBytes() {
        return SCALES + layout.valueCount();
    }

    @Override
    public void write(
            MemorySegment page,
            long keys,
            long values,
            int position,
            float[] key,
            int keyAt,
            float[] value,
            int valueAt) {
        float scale = scale(key, keyAt, layout.keySize());
        page.set(FLOAT, keys + (long) Float.BYTES * position, scale);
        for (int d = 0; d < layout.keySize(); d++) {
            long to = keys + SCALES + (long) d * PageLayout.POSITIONS + position;
            page.set(ValueLayout.JAVA_BYTE, to, rounded(key[keyAt + d], scale));
        }
        scale = scale(value, valueAt, layout.valueSize());
        page.set(FLOAT, values + (long) Float.BYTES * position, scale);
        long to = values + SCALES + (long) position * layout.paddedValueSize();
        for (int d = 0; d < layout.valueSize(); d++) {
            page.set(ValueLayout.JAVA_BYTE, to + d, rounded(value[valueAt + d], scale));
        }
    }

    private static float scale(float[] x, int at, int n) {
        float most = 0;
        for (int i = 0; i < n; i++) {
            most = Math.max(most, Math.abs(x[at + i]));
        }
        return most / MOST;
    }

    private static byte rounded(float number, float scale) {
        return scale == 0 ? 0 : (byte) Math.clamp(Math.rint((double) number / scale), -MOST, MOST);
    }

    @Override
    public void readKeys(Kernels kernels, MemorySegment page, long keys, MemorySegment to) {
        for (int d = 0; d < layout.keySize(); d++) {
            long row = (long) d * PageLayout.POSITIONS;
            kernels.bytes(page, keys + SCALES + row, keys, to, Float.BYTES * row, PageLayout.POSITIONS);
        }
    }

    @Override
    public void readValues(Kernels kernels, MemorySegment page, long values, MemorySegment to) {
        int size = layout.paddedValueSize();
        for (int p = 0; p < PageLayout.POSITIONS; p++) {
            long row = (long) p * size;
            float scale = page.get(FLOAT, values + (long) Float.BYTES * p);
            kernels.bytes(page, values + SCALES + row, scale, to, Float.BYTES * row, size);
        }
    }
}
