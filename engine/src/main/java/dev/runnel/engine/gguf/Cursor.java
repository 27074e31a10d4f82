package dev.runnel.engine.gguf;

import dev.runnel.engine.ModelFileException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Reads a file from front to back, and never past its end.
final class Cursor {

    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String file;
    private final MemorySegment bytes;
    private long position;

    Cursor(String file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    /// Bytes from the start of the file to what is read next.
    long position() {
        return position;
    }

    long remaining() {
        return bytes.byteSize() - position;
    }

    /// @param what what is being read, as an error names it
    int readInt(String what) {
        return bytes.get(INT, advance(Integer.BYTES, what));
    }

    long readLong(String what) {
        return bytes.get(LONG, advance(Long.BYTES, what));
    }

    /// A count of things of which each takes at least `smallest` bytes, so that more than the rest of the
    /// file could hold is refused before anyone trusts it.
    long readCount(long smallest, String what) {
        long count = readLong(what);
        if (count < 0 || count > remaining() / smallest) {
            throw new ModelFileException(
                    file,
                    "%s is %s, more than the file's %d bytes can hold"
                            .formatted(what, Long.toUnsignedString(count), bytes.byteSize()));
        }
        return count;
    }

    /// The bytes of a string, which begins with its length.
    MemorySegment readString(String what) {
        long length = readLong(what);
        if (length < 0 || length > remaining()) {
            throw new ModelFileException(
                    file,
                    "%s is %s bytes long, but only %d bytes of the file are left"
                            .formatted(what, Long.toUnsignedString(length), remaining()));
        }
        return take(length, what);
    }

    MemorySegment take(long length, String what) {
        long start = advance(length, what);
        return bytes.asSlice(start, length);
    }

    private long advance(long length, String what) {
        if (length > remaining()) {
            throw new ModelFileException(
                    file, "the file ends after %d bytes, within %s".formatted(bytes.byteSize(), what));
        }
        long start = position;
        position += length;
        return start;
    }
}
