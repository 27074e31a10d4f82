package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

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
        int n = PageLayout.POSITIONS * layout.keySize();
        float[] scales = to.scales();
        MemorySegment.copy(page, FLOAT, head + scaleOffset(0, 0), scales, 0, PageLayout.POSITIONS);
        for (int known = PageLayout.POSITIONS; known < n; known *= 2) {
            System.arraycopy(scales, 0, scales, known, Math.min(known, n - known));
        }
        read(page, head + KEYS, n, to, 0);
    }

    @Override
    public void readValues(MemorySegment page, long head, Floats to) {
        int size = layout.paddedValueSize();
        for (int p = 0; p < PageLayout.POSITIONS; p++) {
            Arrays.fill(to.scales(), p * size, (p + 1) * size, page.get(FLOAT, head + scaleOffset(1, p)));
        }
        read(page, head + valuesOffset(), PageLayout.POSITIONS * size, to, layout.valuesOffset());
    }

    /// Multiplies each byte by what stands in its place in `scales`: of one loop over all of them C2 makes
    /// vectors, of one over a position's or an element's it doesn't.
    private static void read(MemorySegment page, long from, int n, Floats to, long at) {
        float[] floats = to.floats();
        float[] scales = to.scales();
        for (int i = 0; i < n; i++) {
            floats[i] = scales[i] * page.get(ValueLayout.JAVA_BYTE, from + i);
        }
        MemorySegment.copy(floats, 0, to.memory(), FLOAT, at, n);
    }
}
