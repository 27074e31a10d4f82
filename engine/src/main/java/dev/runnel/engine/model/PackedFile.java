package dev.runnel.engine.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.Mapped;
import dev.runnel.engine.gguf.Tensor;
import dev.runnel.engine.kernel.Workers;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;

/// The matrices of a model in the order that the kernels want them, kept in a file, so that they needn't be made at
/// every start, and that several processes share them.
///
/// ```
/// file    magic (8), bytes of the index (4), its CRC-32C (4), index; matrices, each from a multiple of 64 on
/// index   fingerprint of the model's file (32), number of matrices (4), of each:
///         name of the tensor (2 + length), first row (4), offset (8), bytes (8), CRC-32C (4)
/// ```
///
/// A file that is of another model or state of it, or damaged, is one that isn't there.
final class PackedFile {

    private static final System.Logger LOG = System.getLogger(PackedFile.class.getName());

    /// Its last character goes up when the order changes in which kernels want matrices.
    private static final byte[] MAGIC = "RUNNELP1".getBytes(UTF_8);

    private static final String EXTENSION = ".packed";
    private static final int ALIGNMENT = 64;
    private static final int SAMPLE = 4096; // bytes of a tensor's beginning, and of its end
    private static final int CHUNK = 1 << 28; // bytes that are written or summed up at a time
    private static final int LONGEST_INDEX = 1 << 26;

    /// A matrix: rows of a tensor from one on.
    private record Key(String tensor, int firstRow) {}

    /// Where a matrix lies.
    private record Place(Key key, long offset, long bytes, int checksum) {}

    private final Path path;
    private final byte[] fingerprint;
    private final Map<Key, MemorySegment> kept;
    private final Map<Key, MemorySegment> all = new LinkedHashMap<>();
    private boolean isChanged;

    private PackedFile(Path path, byte[] fingerprint, Map<Key, MemorySegment> kept) {
        this.path = path;
        this.fingerprint = fingerprint;
        this.kept = kept;
    }

    /// Opens what is kept of a model, if anything is.
    ///
    /// @param path of the model, or of its first part
    /// @param model what lies there
    /// @param workers read what is kept once, to see that it is whole
    /// @param arena as long as which it stays mapped
    static PackedFile beside(Path path, GgufFile model, Workers workers, Arena arena) {
        return open(path.resolveSibling(path.getFileName() + EXTENSION), fingerprint(path, model), workers, arena);
    }

    private static PackedFile open(Path path, byte[] fingerprint, Workers workers, Arena arena) {
        Map<Key, MemorySegment> kept = Map.of();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            kept = read(channel, fingerprint, workers, arena);
        } catch (NoSuchFileException _) {
            // made by the first start
        } catch (IOException fault) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "%s is made again: %s".formatted(path, fault.getMessage() == null ? fault : fault.getMessage()));
        }
        return new PackedFile(path, fingerprint, kept);
    }

    /// What tells a state of a model's file from others: when it was written, its tensors' names, types and shapes, and
    /// a sample of each.
    private static byte[] fingerprint(Path path, GgufFile model) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
            digest.update(Files.getLastModifiedTime(path).toString().getBytes(UTF_8));
        } catch (IOException fault) {
            throw new ModelFileException(path.toString(), "can't be read: " + fault);
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java has SHA-256", impossible);
        }
        for (Tensor tensor : model.tensors()) {
            MemorySegment data = tensor.data();
            digest.update("%s %s %s %d\n"
                    .formatted(tensor.name(), tensor.type(), tensor.shape(), data.byteSize())
                    .getBytes(UTF_8));
            long sample = Math.min(SAMPLE, data.byteSize());
            digest.update(data.asSlice(0, sample).asByteBuffer());
            digest.update(data.asSlice(data.byteSize() - sample).asByteBuffer());
        }
        return digest.digest();
    }

    private static Map<Key, MemorySegment> read(FileChannel channel, byte[] fingerprint, Workers workers, Arena arena)
            throws IOException {
        List<Place> places = places(channel, fingerprint);
        MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        AtomicBoolean isWhole = new AtomicBoolean(true);
        workers.run(places.size(), (worker, i) -> {
            Place place = places.get(i);
            if (checksum(file.asSlice(place.offset(), place.bytes())) != place.checksum()) {
                isWhole.set(false);
            }
        });
        if (!isWhole.get()) {
            throw new IOException("it is damaged");
        }
        Map<Key, MemorySegment> kept = new LinkedHashMap<>();
        places.forEach(place -> kept.put(place.key(), Mapped.plain(file.asSlice(place.offset(), place.bytes()))));
        return kept;
    }

    private static List<Place> places(FileChannel channel, byte[] fingerprint) throws IOException {
        ByteBuffer head = ByteBuffer.wrap(readFully(channel, MAGIC.length + 2 * Integer.BYTES));
        byte[] magic = new byte[MAGIC.length];
        head.get(magic);
        int length = head.getInt();
        if (!Arrays.equals(magic, MAGIC) || length < 0 || length > LONGEST_INDEX) {
            throw new IOException("it is of another version, or no such file");
        }
        int checksum = head.getInt();
        byte[] index = readFully(channel, length);
        if (checksum(MemorySegment.ofArray(index)) != checksum) {
            throw new IOException("it is damaged");
        }
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(index));
        if (!Arrays.equals(in.readNBytes(fingerprint.length), fingerprint)) {
            throw new IOException("the model has changed");
        }
        List<Place> places = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            Place place = new Place(new Key(in.readUTF(), in.readInt()), in.readLong(), in.readLong(), in.readInt());
            if (place.offset() + place.bytes() > channel.size()) {
                throw new IOException("it is cut off");
            }
            places.add(place);
        }
        return places;
    }

    private static byte[] readFully(FileChannel channel, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes) < 0) {
                throw new EOFException("it is cut off");
            }
        }
        return bytes.array();
    }

    private static int checksum(MemorySegment bytes) {
        CRC32C sum = new CRC32C();
        for (long from = 0; from < bytes.byteSize(); from += CHUNK) {
            sum.update(chunk(bytes, from));
        }
        return (int) sum.getValue();
    }

    private static ByteBuffer chunk(MemorySegment bytes, long from) {
        return bytes.asSlice(from, Math.min(CHUNK, bytes.byteSize() - from)).asByteBuffer();
    }

    /// A matrix that is kept.
    ///
    /// @param bytes that it has
    Optional<MemorySegment> find(String tensor, int firstRow, long bytes) {
        return Optional.ofNullable(kept.get(new Key(tensor, firstRow))).filter(found -> found.byteSize() == bytes);
    }

    /// Counts a matrix among the model's.
    void add(String tensor, int firstRow, MemorySegment data) {
        Key key = new Key(tensor, firstRow);
        isChanged |= !kept.containsKey(key);
        all.put(key, data);
    }

    /// Writes the file, if it lacks a matrix. What goes wrong is said, and is no harm.
    void keep(Workers workers) {
        if (!isChanged) {
            return;
        }
        Path unfinished = path.resolveSibling(
                path.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        try {
            try (FileChannel channel = FileChannel.open(
                    unfinished,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                write(channel, workers);
            }
            Files.move(unfinished, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException fault) {
            LOG.log(System.Logger.Level.WARNING, "%s can't be written: %s".formatted(path, fault));
            try {
                Files.deleteIfExists(unfinished);
            } catch (IOException _) {
                // said already
            }
        }
    }

    private void write(FileChannel channel, Workers workers) throws IOException {
        List<MemorySegment> matrices = List.copyOf(all.values());
        int[] checksums = new int[matrices.size()];
        workers.run(checksums.length, (worker, i) -> checksums[i] = checksum(matrices.get(i)));
        // The index is as long wherever the matrices lie.
        int length = index(0, checksums).length;
        long begin = aligned(MAGIC.length + 2 * Integer.BYTES + length);
        byte[] index = index(begin, checksums);
        ByteBuffer head = ByteBuffer.allocate((int) begin)
                .put(MAGIC)
                .putInt(length)
                .putInt(checksum(MemorySegment.ofArray(index)))
                .put(index);
        writeFully(channel, head.rewind(), 0);
        long at = begin;
        for (MemorySegment matrix : matrices) {
            for (long from = 0; from < matrix.byteSize(); from += CHUNK) {
                writeFully(channel, chunk(matrix, from), at + from);
            }
            at = aligned(at + matrix.byteSize());
        }
        channel.force(true); // before it gets its name
    }

    private byte[] index(long begin, int[] checksums) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.write(fingerprint);
        out.writeInt(all.size());
        long at = begin;
        int i = 0;
        for (Map.Entry<Key, MemorySegment> each : all.entrySet()) {
            out.writeUTF(each.getKey().tensor());
            out.writeInt(each.getKey().firstRow());
            out.writeLong(at);
            out.writeLong(each.getValue().byteSize());
            out.writeInt(checksums[i++]);
            at = aligned(at + each.getValue().byteSize());
        }
        return bytes.toByteArray();
    }

    private static long aligned(long offset) {
        return Math.ceilDiv(offset, ALIGNMENT) * ALIGNMENT;
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes, long at) throws IOException {
        int begin = bytes.position();
        while (bytes.hasRemaining()) {
            channel.write(bytes, at + bytes.position() - begin);
        }
    }
}
