package dev.runnel.engine.gguf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The types of metadata; a type's number in the file is its place here.
enum ValueType {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    STRING(0),
    ARRAY(0),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    private static final ValueType[] BY_CODE = values();

    /// Bytes of one value; zero where each value has its own length.
    final int bytes;

    ValueType(int bytes) {
        this.bytes = bytes;
    }

    static @Nullable ValueType ofCode(int code) {
        return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }

    boolean isWhole() {
        return switch (this) {
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> true;
            case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> false;
        };
    }

    boolean isReal() {
        return this == FLOAT32 || this == FLOAT64;
    }

    /// The whole number at `offset`; a `uint64` of 2^63 or more comes out negative.
    long wholeAt(MemorySegment bytes, long offset) {
        return switch (this) {
            case UINT8 -> bytes.get(JAVA_BYTE, offset) & 0xFF;
            case INT8 -> bytes.get(JAVA_BYTE, offset);
            case UINT16 -> bytes.get(Cursor.SHORT, offset) & 0xFFFF;
            case INT16 -> bytes.get(Cursor.SHORT, offset);
            case UINT32 -> bytes.get(Cursor.INT, offset) & 0xFFFF_FFFFL;
            case INT32 -> bytes.get(Cursor.INT, offset);
            case UINT64, INT64 -> bytes.get(Cursor.LONG, offset);
            case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> throw new IllegalStateException(label());
        };
    }

    /// The fractional number at `offset`.
    double realAt(MemorySegment bytes, long offset) {
        return this == FLOAT32 ? bytes.get(Cursor.FLOAT, offset) : bytes.get(Cursor.DOUBLE, offset);
    }

    /// Its name in messages.
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
