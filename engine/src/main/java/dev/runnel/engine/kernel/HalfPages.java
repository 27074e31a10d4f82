package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Keys and values as IEEE 754 binary16, in the order of [PageLayout]. What is beyond 65504 becomes that.
record HalfPages(PageLayout layout) implements PageFormat {

    private static final float GREATEST = 65504;

    private long valuesOffset() {
        return (long) Short.BYTES * PageLayout.POSITIONS * layout.keySize();
    }

    @Override
    public long bytes() {
        return layout.bytes() / 2;
    }

    @Override
    public void write(
            MemorySegment page, long head, int position, float[] keys, int keyAt, float[] values, int valueAt) {
        for (int d = 0; d < layout.keySize(); d++) {
            long to = head + Short.BYTES * ((long) d * PageLayout.POSITIONS + position);
            page.set(F16.HALF, to, half(keys[keyAt + d]));
        }
        long to = head + valuesOffset() + (long) Short.BYTES * position * layout.paddedValueSize();
        for (int d = 0; d < layout.valueSize(); d++) {
            page.set(F16.HALF, to + (long) Short.BYTES * d, half(values[valueAt + d]));
        }
    }

    private static short half(float number) {
        return Float.floatToFloat16(Math.clamp(number, -GREATEST, GREATEST));
    }

    @Override
    public void readKeys(Kernels kernels, MemorySegment page, long head, MemorySegment to) {
        kernels.halves(page, head, to, 0, PageLayout.POSITIONS * layout.keySize());
    }

    @Override
    public void readValues(Kernels kernels, MemorySegment page, long head, MemorySegment to) {
        int n = PageLayout.POSITIONS * layout.paddedValueSize();
        kernels.halves(page, head + valuesOffset(), to, layout.valuesOffset(), n);
    }
}
