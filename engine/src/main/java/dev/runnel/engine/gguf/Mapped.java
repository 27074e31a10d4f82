package dev.runnel.engine.gguf;

import java.lang.foreign.MemorySegment;

/// Files in memory.
public final class Mapped {

    private Mapped() {}

    /// The same memory in the class of segments that aren't mapped, with the same scope.
    ///
    /// Mapped segments are of a class of their own, and C2 makes two copies of each access in code that has met
    /// both. In a kernel these are more than its budget, and it puts vectors on the heap. Only buffers of
    /// bytes know that they are mapped, those of shorts don't. What no buffer can hold, from 2 GiB on, stays as
    /// it is.
    public static MemorySegment plain(MemorySegment mapped) {
        boolean fits = mapped.byteSize() <= Integer.MAX_VALUE && mapped.byteSize() % Short.BYTES == 0;
        return mapped.isMapped() && fits
                ? MemorySegment.ofBuffer(mapped.asByteBuffer().asShortBuffer())
                : mapped;
    }
}
