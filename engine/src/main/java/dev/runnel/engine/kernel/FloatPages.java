package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// [PageLayout] itself.
record FloatPages(PageLayout layout) implements PageFormat {

    @Override
    public long bytes() {
        return layout.bytes();
    }

    @Override
    public void write(
            MemorySegment page, long head, int position, float[] keys, int keyAt, float[] values, int valueAt) {
        layout.write(page, head, position, keys, keyAt, values, valueAt);
    }

    @Override
    public boolean isFloats() {
        return true;
    }

    @Override
    public void readKeys(Kernels kernels, MemorySegment page, long head, MemorySegment to) {
        throw new UnsupportedOperationException("they are floats");
    }

    @Override
    public void readValues(Kernels kernels, MemorySegment page, long head, MemorySegment to) {
        throw new UnsupportedOperationException("they are floats");
    }
}
