package dev.runnel.engine.gguf;

import dev.runnel.engine.ModelFileException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;

/// Reads a file's head and finds its tensors. Trusts nothing: what the file claims is checked against what
/// is left of it before it is used, and nothing is allocated by a claimed count.
///
/// ```
/// head      "GGUF", uint32 version, uint64 tensors, uint64 keys
/// keys      string key, uint32 type, value
/// tensors   string name, uint32 dimensions, uint64 size each, uint32 type, uint64 offset in the data
/// data      begins at the next multiple of general.alignment
/// ```
///
/// All little-endian. A string is a uint64 length and so many bytes; an array a uint32 element type, a
/// uint64 length and its elements.
final class GgufReader {

    /// "GGUF" as a little-endian number.
    private static final int MAGIC = 0x46554747;

    private static final String ALIGNMENT_KEY = "general.alignment";
    private static final int DEFAULT_ALIGNMENT = 32;
    private static final int LEAST_ALIGNMENT = 8;
    private static final int MOST_ALIGNMENT = 1 << 30;

    private static final int MOST_DIMENSIONS = 4;
    private static final int LONGEST_KEY = 65_535;
    private static final int LONGEST_NAME = 64;

    // Far above any real model, and small enough that a file made of nothing else can't fill the heap.
    private static final int MOST_KEYS = 1 << 16;
    private static final int MOST_TENSORS = 1 << 16;
    private static final int MOST_ELEMENTS = 1 << 21;

    /// Numbers in one tensor. More than any disk holds, so that sizes in bytes stay far below what
    /// overflows.
    private static final long MOST_NUMBERS = 1L << 48;

    // What the shortest key with its value and the shortest tensor take in the file.
    private static final int SHORTEST_KEY_BYTES = 8 + 1 + 4 + 1;
    private static final int SHORTEST_TENSOR_BYTES = 8 + 1 + 4 + 8 + 4 + 8;

    private final String file;
    private final MemorySegment bytes;
    private final Cursor cursor;

    GgufReader(String file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes.asReadOnly();
        this.cursor = new Cursor(file, this.bytes);
    }

    /// What a file is made of.
    ///
    /// @param bytes of the whole file
    record Content(Metadata metadata, SequencedMap<String, Tensor> tensors, long bytes) {}

    Content read() {
        readVersion();
        int tensorCount = count("the number of tensors", SHORTEST_TENSOR_BYTES, MOST_TENSORS);
        int keyCount = count("the number of metadata keys", SHORTEST_KEY_BYTES, MOST_KEYS);
        Metadata metadata = readMetadata(keyCount);
        List<Claim> claims = readClaims(tensorCount);
        return new Content(metadata, locate(claims, alignment(metadata)), bytes.byteSize());
    }

    private void readVersion() {
        int magic = cursor.readInt("the magic number");
        if (magic != MAGIC) {
            throw fault("not a GGUF file: it begins with the bytes %02x %02x %02x %02x, expected 47 47 55 46"
                    .formatted(magic & 0xFF, magic >>> 8 & 0xFF, magic >>> 16 & 0xFF, magic >>> 24));
        }
        int version = cursor.readInt("the version");
        if (version != 0 && (version & 0xFFFF) == 0) {
            throw fault("this is a big-endian GGUF file; this engine reads little-endian ones");
        }
        if (version != 2 && version != 3) {
            throw fault("the file has GGUF version %s; this engine reads versions 2 and 3"
                    .formatted(Integer.toUnsignedString(version)));
        }
    }

    private Metadata readMetadata(int keyCount) {
        SequencedMap<String, Metadata.Entry> entries = new LinkedHashMap<>();
        for (int i = 0; i < keyCount; i++) {
            String key = name("the name of metadata key " + i, LONGEST_KEY);
            if (entries.putIfAbsent(key, readValue(key)) != null) {
                throw fault("metadata key %s occurs twice".formatted(key));
            }
        }
        return new Metadata(file, entries);
    }

    private Metadata.Entry readValue(String key) {
        String what = "metadata key " + key;
        ValueType type = valueType(what);
        if (type != ValueType.ARRAY) {
            return new Metadata.Entry(type, false, 1, scalar(type, what));
        }
        ValueType elementType = valueType(what);
        if (elementType == ValueType.ARRAY) {
            throw fault("%s is an array of arrays, expected an array of single values".formatted(what));
        }
        long smallest = elementType == ValueType.STRING ? Long.BYTES : elementType.bytes;
        int length = count("the length of " + what, smallest, MOST_ELEMENTS);
        return new Metadata.Entry(elementType, true, length, elements(elementType, length, what));
    }

    private ValueType valueType(String what) {
        int code = cursor.readInt(what);
        ValueType type = ValueType.ofCode(code);
        if (type == null) {
            throw fault("%s has the unknown value type %s".formatted(what, Integer.toUnsignedString(code)));
        }
        return type;
    }

    private MemorySegment scalar(ValueType type, String what) {
        return type == ValueType.STRING ? cursor.readString(what) : cursor.take(type.bytes, what);
    }

    private MemorySegment elements(ValueType type, int length, String what) {
        if (type != ValueType.STRING) {
            return cursor.take((long) length * type.bytes, what);
        }
        long start = cursor.position();
        for (int i = 0; i < length; i++) {
            cursor.readString(what);
        }
        return bytes.asSlice(start, cursor.position() - start);
    }

    /// A tensor as the file describes it, before its place is checked.
    ///
    /// @param size in bytes
    /// @param offset in bytes from the start of the data, unsigned
    private record Claim(String name, TensorType type, List<Long> shape, long size, long offset) {}

    private List<Claim> readClaims(int tensorCount) {
        List<Claim> claims = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < tensorCount; i++) {
            Claim claim = readClaim(i);
            if (!names.add(claim.name())) {
                throw fault("tensor %s occurs twice".formatted(claim.name()));
            }
            claims.add(claim);
        }
        return claims;
    }

    private Claim readClaim(int index) {
        String name = name("the name of tensor " + index, LONGEST_NAME);
        String what = "tensor " + name;
        int dimensions = cursor.readInt(what);
        if (dimensions < 1 || dimensions > MOST_DIMENSIONS) {
            throw fault("%s has %s dimensions, expected 1 to %d"
                    .formatted(what, Integer.toUnsignedString(dimensions), MOST_DIMENSIONS));
        }
        List<Long> shape = new ArrayList<>();
        long elements = 1;
        for (int i = 0; i < dimensions; i++) {
            long length = cursor.readLong(what);
            if (length < 1 || length > MOST_NUMBERS / elements) {
                throw fault("%s has a dimension of %s after %s, expected at least 1 and at most 2^48 numbers in all"
                        .formatted(what, Long.toUnsignedString(length), shape));
            }
            shape.add(length);
            elements *= length;
        }
        int code = cursor.readInt(what);
        TensorType type = TensorType.ofCode(code)
                .orElseThrow(() -> fault("%s has the unknown type %s".formatted(what, Integer.toUnsignedString(code))));
        if (shape.getFirst() % type.blockElements() != 0) {
            throw fault("%s has rows of %d numbers, expected a multiple of %s's %d"
                    .formatted(what, shape.getFirst(), type, type.blockElements()));
        }
        return new Claim(name, type, shape, type.bytes(elements), cursor.readLong(what));
    }

    private int alignment(Metadata metadata) {
        int alignment =
                metadata.integer(ALIGNMENT_KEY, LEAST_ALIGNMENT, MOST_ALIGNMENT).orElse(DEFAULT_ALIGNMENT);
        if (Integer.bitCount(alignment) != 1) {
            throw fault("metadata key %s is %d, expected a power of two".formatted(ALIGNMENT_KEY, alignment));
        }
        return alignment;
    }

    /// Gives each tensor its bytes, which are aligned, within the file and nobody else's.
    private SequencedMap<String, Tensor> locate(List<Claim> claims, int alignment) {
        long start = Math.ceilDiv(cursor.position(), (long) alignment) * alignment;
        long available = Math.max(0, bytes.byteSize() - start);
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        for (Claim claim : claims) {
            String offset = Long.toUnsignedString(claim.offset());
            if (Long.remainderUnsigned(claim.offset(), alignment) != 0) {
                throw fault("tensor %s lies at offset %s, expected a multiple of the alignment %d"
                        .formatted(claim.name(), offset, alignment));
            }
            if (claim.offset() < 0 || claim.offset() > available || claim.size() > available - claim.offset()) {
                throw fault("tensor %s needs %d bytes at offset %s, but the file has only %d bytes of data"
                        .formatted(claim.name(), claim.size(), offset, available));
            }
            MemorySegment data = bytes.asSlice(start + claim.offset(), claim.size());
            tensors.put(claim.name(), new Tensor(claim.name(), claim.type(), claim.shape(), data));
        }
        refuseOverlaps(claims);
        return tensors;
    }

    private void refuseOverlaps(List<Claim> claims) {
        List<Claim> sorted = new ArrayList<>(claims);
        sorted.sort(Comparator.comparingLong(Claim::offset));
        for (int i = 1; i < sorted.size(); i++) {
            Claim before = sorted.get(i - 1);
            Claim after = sorted.get(i);
            if (after.offset() < before.offset() + before.size()) {
                throw fault("tensors %s and %s overlap".formatted(before.name(), after.name()));
            }
        }
    }

    private String name(String what, int longest) {
        MemorySegment utf8 = cursor.readString(what);
        if (utf8.byteSize() < 1 || utf8.byteSize() > longest) {
            throw fault("%s is %d bytes long, expected 1 to %d".formatted(what, utf8.byteSize(), longest));
        }
        String name = Utf8.decode(utf8);
        if (name == null) {
            throw fault("%s is not valid UTF-8".formatted(what));
        }
        return name;
    }

    /// @param smallest bytes that each of what is counted takes at least
    private int count(String what, long smallest, int most) {
        long count = cursor.readCount(smallest, what);
        if (count > most) {
            throw fault("%s is %d, expected at most %d".formatted(what, count, most));
        }
        return (int) count;
    }

    private ModelFileException fault(String fault) {
        return new ModelFileException(file, fault);
    }
}
