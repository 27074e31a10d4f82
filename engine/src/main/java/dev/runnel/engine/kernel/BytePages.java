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
    public void readKeys(MemorySegment page, long head, Floats to) {
        float[] floats = to.floats();
        for (int p = 0; p < PageLayout.POSITIONS; p++) {
            float scale = page.get(FLOAT, head + scaleOffset(0, p));
            for (int d = 0; d < layout.keySize(); d++) {
                int i = d * PageLayout.POSITIONS + p;
                floats[i] = scale * page.get(ValueLayout.JAVA_BYTE, head + KEYS + i);
            }
        }
        MemorySegment.copy(floats, 0, to.memory(), FLOAT, 0, PageLayout.POSITIONS * layout.keySize());
    }

    @Override
    public void readValues(MemorySegment page, long head, Floats to) {
        float[] floats = to.floats();
        int size = layout.paddedValueSize();
        for (int p = 0; p < PageLayout.POSITIONS; p++) {
            float scale = page.get(FLOAT, head + scaleOffset(1, p));
            for (int i = p * size; i < (p + 1) * size; i++) {
                floats[i] = scale * page.get(ValueLayout.JAVA_BYTE, head + valuesOffset() + i);
            }
        }
        MemorySegment.copy(floats, 0, to.memory(), FLOAT, layout.valuesOffset(), PageLayout.POSITIONS * size);
    }
}
