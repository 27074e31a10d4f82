package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Keys and values as bytes, each key and each value with a scale of its own:
///
/// ```
/// scales  (2, POSITIONS)                 floats: of keys, of values
/// keys    (keySize, POSITIONS)           number = scale * byte, the largest of a key is 127
/// values  (POSITIONS, paddedValueSize)
/// ```
record BytePages(PageLayout layout) implements PageFormat {

    private static final int MOST = 127;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final long KEYS = 2L * Float.BYTES * PageLayout.POSITIONS;

    private long valuesOffset() {
        return KEYS + (long) PageLayout.POSITIONS * layout.keySize();
    }

    @Override
    public long bytes() {
        return KEYS + layout.bytes() / Float.BYTES;
    }

    private static long scaleOffset(int row, int position) {
        return (long) Float.BYTES * (row * PageLayout.POSITIONS + position);
    }

    @Override
    public void write(
            MemorySegment page, long head, int position, float[] keys, int keyAt, float[] values, int valueAt) {
        float scale = scale(keys, keyAt, layout.keySize());
        page.set(FLOAT, head + scaleOffset(0, position), scale);
        for (int d = 0; d < layout.keySize(); d++) {
            long to = head + KEYS + (long) d * PageLayout.POSITIONS + position;
            page.set(ValueLayout.JAVA_BYTE, to, rounded(keys[keyAt + d], scale));
        }
        scale = scale(values, valueAt, layout.valueSize());
        page.set(FLOAT, head + scaleOffset(1, position), scale);
        long to = head + valuesOffset() + (long) position * layout.paddedValueSize();
        for (int d = 0; d < layout.valueSize(); d++) {
            page.set(ValueLayout.JAVA_BYTE, to + d, rounded(values[valueAt + d], scale));
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
    public void readKeys(Kernels kernels, MemorySegment page, long head, MemorySegment to) {
        for (int d = 0; d < layout.keySize(); d++) {
            long row = (long) d * PageLayout.POSITIONS;
            kernels.bytes(
                    page, head + KEYS + row, head + scaleOffset(0, 0), to, Float.BYTES * row, PageLayout.POSITIONS);
        }
    }

    @Override
    public void readValues(Kernels kernels, MemorySegment page, long head, MemorySegment to) {
        int size = layout.paddedValueSize();
        for (int p = 0; p < PageLayout.POSITIONS; p++) {
            long row = (long) p * size;
            float scale = page.get(FLOAT, head + scaleOffset(1, p));
            kernels.bytes(
                    page, head + valuesOffset() + row, scale, to, layout.valuesOffset() + Float.BYTES * row, size);
        }
    }
}
