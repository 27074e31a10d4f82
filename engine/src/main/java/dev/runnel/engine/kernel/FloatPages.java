package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// [PageLayout] itself.
record FloatPages(PageLayout layout) implements PageFormat {

    @Override
    public long keyBytes() {
        return layout.keyBytes();
    }

    @Override
    public long valueBytes() {
        return layout.valueBytes();
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
        layout.write(page, keys, values, position, key, keyAt, value, valueAt);
    }

    @Override
    public boolean isFloats() {
        return true;
    }

    @Override
    public void readKeys(Kernels kernels, MemorySegment page, long keys, MemorySegment to) {
        throw new UnsupportedOperationException("they are floats");
    }

    @Override
    public void readValues(Kernels kernels, MemorySegment page, long values, MemorySegment to) {
        throw new UnsupportedOperationException("they are floats");
    }
}
