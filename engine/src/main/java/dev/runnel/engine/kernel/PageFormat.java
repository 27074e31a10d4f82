package dev.runnel.engine.kernel;

import dev.runnel.engine.CacheType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// How one head's keys and values in a page are stored: as [PageLayout] has them, or in fewer bytes, from
/// which they are made floats again, a head of a page at a time, just before they are used.
public sealed interface PageFormat permits FloatPages, HalfPages, BytePages {

    /// One thread's room for a head of a page as floats.
    ///
    /// @param memory as [PageLayout] has it
    /// @param floats scratch
    /// @param scales scratch, as long
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Floats(MemorySegment memory, float[] floats, float[] scales) {

        public static Floats of(PageLayout layout) {
            int longest = PageLayout.POSITIONS * Math.max(layout.keySize(), layout.paddedValueSize());
            MemorySegment memory = Arena.ofAuto().allocate(layout.bytes(), Float.BYTES * 16);
            return new Floats(memory, new float[longest], new float[longest]);
        }
    }

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
    void readKeys(MemorySegment page, long head, Floats to);

    /// Makes a head's values floats.
    void readValues(MemorySegment page, long head, Floats to);
}
