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

    /// Bytes of one head's keys.
    long keyBytes();

    /// Bytes of one head's values.
    long valueBytes();

    /// Stores what the token at one position has in one head.
    ///
    /// @param page that has the head's keys from byte `keys` on and its values from byte `values` on
    /// @param position within the page
    void write(
            MemorySegment page,
            long keys,
            long values,
            int position,
            float[] key,
            int keyAt,
            float[] value,
            int valueAt);

    /// Whether a page can be read as it is; if so, nothing below is called.
    default boolean isFloats() {
        return false;
    }

    /// Makes a head's keys floats, as [PageLayout] has them.
    ///
    /// @param to gets them from its start on
    void readKeys(Kernels kernels, MemorySegment page, long keys, MemorySegment to);

    /// Makes a head's values floats.
    void readValues(Kernels kernels, MemorySegment page, long values, MemorySegment to);
}
