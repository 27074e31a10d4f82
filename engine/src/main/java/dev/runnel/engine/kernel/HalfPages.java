package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Keys and values as IEEE 754 binary16, in the order of [PageLayout]. What is beyond 65504 becomes that.
record HalfPages(PageLayout layout) implements PageFormat {

    private static final float GREATEST = 65504;

    @Override
    public long keyBytes() {
        return layout.keyBytes() / 2;
    }

    @Override
    public long valueBytes() {
        return layout.valueBytes() / 2;
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
        for (int d = 0; d < layout.keySize(); d++) {
            long to = keys + Short.BYTES * ((long) d * PageLayout.POSITIONS + position);
            page.set(F16.HALF, to, half(key[keyAt + d]));
        }
        long to = values + (long) Short.BYTES * position * layout.paddedValueSize();
        for (int d = 0; d < layout.valueSize(); d++) {
            page.set(F16.HALF, to + (long) Short.BYTES * d, half(value[valueAt + d]));
        }
    }

    private static short half(float number) {
        return Float.floatToFloat16(Math.clamp(number, -GREATEST, GREATEST));
    }

    @Override
    public void readKeys(Kernels kernels, MemorySegment page, long keys, MemorySegment to) {
        kernels.halves(page, keys, to, layout.keyCount());
    }

    @Override
    public void readValues(Kernels kernels, MemorySegment page, long values, MemorySegment to) {
        kernels.halves(page, values, to, layout.valueCount());
    }
}
