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
import java.util.Optional;
import java.util.SequencedMap;

/// A model file: what it says of itself and where its numbers lie. Checked as a whole when it is opened; for
/// any number of threads until it is closed.
public final class GgufFile implements AutoCloseable {

    private final String name;
    private final Metadata metadata;
    private final SequencedMap<String, Tensor> tensors;
    private final Runnable release;

    private GgufFile(String name, MemorySegment bytes, Runnable release) {
        GgufReader.Content content = new GgufReader(name, bytes).read();
        this.name = name;
        this.metadata = content.metadata();
        this.tensors = Collections.unmodifiableSequencedMap(content.tensors());
        this.release = release;
    }

    /// Maps a file into memory, read-only. Nobody may shorten it while it is open.
    ///
    /// @throws ModelFileException if it can't be read or is not a sound model file
    public static GgufFile open(Path file) {
        String name = String.valueOf(file.getFileName());
        @SuppressWarnings("MustBeClosedChecker") // the file that is returned closes it, and so does every failure here
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return new GgufFile(name, bytes, arena::close);
        } catch (NoSuchFileException missing) {
            arena.close();
            throw new ModelFileException(file.toString(), "there is no such file");
        } catch (IOException failure) {
            arena.close();
            throw new ModelFileException(file.toString(), "can't be read: " + failure);
        } catch (RuntimeException fault) {
            arena.close();
            throw fault;
        }
    }

    /// A model that lies in memory. The memory stays its owner's, and must stay as it is until this is
    /// closed.
    ///
    /// @param name what messages call it
    public static GgufFile of(String name, MemorySegment bytes) {
        return new GgufFile(name, bytes, () -> {});
    }

    /// The file's name without its folder.
    public String name() {
        return name;
    }

    public Metadata metadata() {
        return metadata;
    }

    /// All tensors, in the file's order.
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
