package dev.runnel.engine.kernel;

import dev.runnel.engine.CacheType;
import java.lang.foreign.MemorySegment;

/// How one head's keys and values in a page are stored: as [PageLayout] has them, or in fewer bytes, from
/// which they are made floats again, a head of a page at a time, just before they are used.
public sealed interface PageFormat permits FloatPages, HalfPages, BytePages {

    static PageFormat of(CacheType type, PageLayout layout) {
        return switch (type) {
            case F32 -> new FloatPages(layout);
            case F16 -> new HalfPages(layout);
            case Q8 -> new BytePages(layout);
        };
    }

    /// What kernels read.
    PageLayout layout();

    /// Bytes of one head's keys and values.
    long bytes();

    /// Stores what the token at one position has in one head.
    ///
    /// @param head bytes from the start of `page` to the head
    /// @param position within the page
    void write(MemorySegment page, long head, int position, float[] keys, int keyAt, float[] values, int valueAt);

    /// Whether a page can be read as it is; if so, nothing below is called.
    default boolean isFloats() {
        return false;
    }

    /// Makes a head's keys floats.
    ///
    /// @param to where [PageLayout] has them, a head from its start on
    void readKeys(Kernels kernels, MemorySegment page, long head, MemorySegment to);

    /// Makes a head's values floats.
    void readValues(Kernels kernels, MemorySegment page, long head, MemorySegment to);
}
