package dev.runnel.engine.gguf;

import dev.runnel.engine.ModelFileException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;

/// A model file: what it says of itself and where its numbers lie. Checked as a whole when it is opened; for
/// any number of threads until it is closed. A model that is split into several files is one of these too.
public final class GgufFile implements AutoCloseable {

    private final String name;
    private final Metadata metadata;
    private final SequencedMap<String, Tensor> tensors;
    private final long bytes;
    private final Runnable release;

    private GgufFile(String name, GgufReader.Content content, Runnable release) {
        this.name = name;
        this.metadata = content.metadata();
        this.tensors = Collections.unmodifiableSequencedMap(content.tensors());
        this.bytes = content.bytes();
        this.release = release;
    }

    /// Maps a file into memory, read-only, and with any part of a split model the other parts beside it.
    /// Nobody may shorten a file while it is open.
    ///
    /// @throws ModelFileException if it can't be read or is not a sound model file
    public static GgufFile open(Path file) {
        String name = String.valueOf(file.getFileName());
        @SuppressWarnings("MustBeClosedChecker") // the file that is returned closes it, and so does every failure here
        Arena arena = Arena.ofShared();
        try {
            GgufReader.Content content = map(file, arena)
                    .orElseThrow(() -> new ModelFileException(file.toString(), "there is no such file"));
            return new GgufFile(
                    name,
                    SplitModel.complete(name, content, part -> map(file.resolveSibling(part), arena)),
                    arena::close);
        } catch (RuntimeException | Error fault) {
            arena.close();
            throw fault;
        }
    }

    /// @return empty if there is no such file
    private static Optional<GgufReader.Content> map(Path file, Arena arena) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return Optional.of(new GgufReader(String.valueOf(file.getFileName()), bytes).read());
        } catch (NoSuchFileException missing) {
            return Optional.empty();
        } catch (IOException failure) {
            throw new ModelFileException(file.toString(), "can't be read: " + failure);
        }
    }

    /// A model that lies in memory. The memory stays its owner's, and must stay as it is until this is
    /// closed.
    ///
    /// @param name what messages call it
    public static GgufFile of(String name, MemorySegment bytes) {
        return ofParts(name, Map.of(name, bytes));
    }

    /// A model whose parts lie in memory.
    ///
    /// @param name of the part that is opened
    /// @param parts each file's bytes by its name
    static GgufFile ofParts(String name, Map<String, MemorySegment> parts) {
        Function<String, Optional<GgufReader.Content>> read =
                part -> Optional.ofNullable(parts.get(part)).map(bytes -> new GgufReader(part, bytes).read());
        return new GgufFile(name, SplitModel.complete(name, read.apply(name).orElseThrow(), read), () -> {});
    }

    /// The file's name without its folder.
    public String name() {
        return name;
    }

    /// What people call the model: the file's name without its extension and, of a split model, without the
    /// number of the part.
    public String modelName() {
        return modelName(name);
    }

    /// What people call a model whose file has this name.
    public static String modelName(String file) {
        return SplitModel.modelName(file);
    }

    /// The name of the first part of the split model whose part has this name; else the name itself.
    public static String firstPart(String file) {
        return SplitModel.firstPart(file);
    }

    /// Bytes of the file, or of all its parts.
    public long bytes() {
        return bytes;
    }

    public Metadata metadata() {
        return metadata;
    }

    /// All tensors, in the file's order, part after part.
    public List<Tensor> tensors() {
        return List.copyOf(tensors.values());
    }

    public Optional<Tensor> tensor(String tensor) {
        return Optional.ofNullable(tensors.get(tensor));
    }

    /// The tensor of this name, which has to be there in this shape.
    ///
    /// @param shape innermost size first
    public Tensor require(String tensor, long... shape) {
        Tensor found = tensors.get(tensor);
        List<Long> expected = Arrays.stream(shape).boxed().toList();
        if (found == null) {
            throw new ModelFileException(name, "tensor %s is missing, expected shape %s".formatted(tensor, expected));
        }
        if (!found.shape().equals(expected)) {
            throw new ModelFileException(
                    name, "tensor %s has shape %s, expected %s".formatted(tensor, found.shape(), expected));
        }
        return found;
    }

    /// Unmaps the file: the bytes of its tensors are no longer to be read.
    @Override
    public void close() {
        release.run();
    }
}
