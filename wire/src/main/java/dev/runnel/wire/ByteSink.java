package dev.runnel.wire;

import java.util.Arrays;

/// A growing array of bytes that writers append to, reusable without garbage. For one thread at a time.
public final class ByteSink {

    private byte[] bytes;
    private int length;

    public ByteSink(int initialCapacity) {
        bytes = new byte[initialCapacity];
    }

    /// The array behind this sink, valid up to [#length] and until the next write.
    public byte[] array() {
        return bytes;
    }

    /// How many bytes have been written since the last [#clear].
    public int length() {
        return length;
    }

    public boolean isEmpty() {
        return length == 0;
    }

    /// Forgets what was written and keeps the array.
    public void clear() {
        length = 0;
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, length);
    }
}
