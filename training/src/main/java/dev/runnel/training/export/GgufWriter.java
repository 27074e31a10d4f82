package dev.runnel.training.export;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/// The file format: a head, keys and values, a list of tensors, and their data, each aligned. Little-endian.
final class GgufWriter {

    private static final int VERSION = 3;
    private static final int ALIGNMENT = 32;

    private static final int UINT32 = 4;
    private static final int INT32 = 5;
    private static final int FLOAT32 = 6;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;

    private final Bytes metadata = new Bytes();
    private final Bytes tensors = new Bytes();
    private final Bytes data = new Bytes();
    private int keyCount;
    private int tensorCount;

    GgufWriter put(String key, String value) {
        key(key, STRING).string(value);
        return this;
    }

    GgufWriter put(String key, int value) {
        key(key, UINT32).int32(value);
        return this;
    }

    GgufWriter put(String key, float value) {
        key(key, FLOAT32).int32(Float.floatToIntBits(value));
        return this;
    }

    GgufWriter put(String key, boolean value) {
        key(key, BOOL).write(value ? 1 : 0);
        return this;
    }

    GgufWriter putStrings(String key, List<String> values) {
        key(key, ARRAY).int32(STRING).int64(values.size());
        values.forEach(metadata::string);
        return this;
    }

    GgufWriter putIntegers(String key, List<Integer> values) {
        key(key, ARRAY).int32(INT32).int64(values.size());
        values.forEach(metadata::int32);
        return this;
    }

    private Bytes key(String key, int type) {
        keyCount++;
        return metadata.string(key).int32(type);
    }

    /// @param type in the file's numbers
    /// @param dimensions the one whose elements are neighbours first
    GgufWriter tensor(String name, int type, List<Integer> dimensions, byte[] bytes) {
        tensorCount++;
        tensors.string(name).int32(dimensions.size());
        dimensions.forEach(tensors::int64);
        tensors.int32(type).int64(data.size());
        data.writeBytes(bytes);
        data.pad();
        return this;
    }

    /// Writes the file, whole or not at all.
    void write(Path file) throws IOException {
        Bytes whole = new Bytes();
        whole.writeBytes("GGUF".getBytes(UTF_8));
        whole.int32(VERSION).int64(tensorCount).int64(keyCount);
        whole.writeBytes(metadata.toByteArray());
        whole.writeBytes(tensors.toByteArray());
        whole.pad();
        whole.writeBytes(data.toByteArray());
        Path temporary = file.resolveSibling(file.getFileName() + ".part");
        Files.write(temporary, whole.toByteArray());
        Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
    }

    private static final class Bytes extends ByteArrayOutputStream {

        Bytes int32(int value) {
            writeBytes(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(value)
                    .array());
            return this;
        }

        Bytes int64(long value) {
            writeBytes(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(value)
                    .array());
            return this;
        }

        Bytes string(String text) {
            byte[] bytes = text.getBytes(UTF_8);
            int64(bytes.length);
            writeBytes(bytes);
            return this;
        }

        void pad() {
            while (size() % ALIGNMENT != 0) {
                write(0);
            }
        }
    }
}
