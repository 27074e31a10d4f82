package dev.runnel.engine.gguf;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// A named block of numbers in a file.
///
/// @param shape one to four sizes, none zero, the innermost (fastest varying) first: a matrix of `rows` rows
///     is `(columns, rows)`
/// @param data exactly its bytes, read-only; valid until its [GgufFile] is closed; aligned only as the file
///     is; of the class that memory outside the heap has, mapped or not, see [Mapped#plain]
/// @param pages the same bytes as they came, perhaps mapped
public record Tensor(String name, TensorType type, List<Long> shape, MemorySegment data, MemorySegment pages) {

    public Tensor {
        shape = List.copyOf(shape);
    }

    /// @param pages exactly its bytes, perhaps mapped
    Tensor(String name, TensorType type, List<Long> shape, MemorySegment pages) {
        this(name, type, shape, Mapped.plain(pages), pages);
    }

    /// Reads its pages from the disk, if it lies in any.
    public void load() {
        if (pages.isMapped()) {
            pages.load();
        }
    }

    /// Gives its pages back for now: who reads it again waits for the disk.
    public void unload() {
        if (pages.isMapped()) {
            pages.unload();
        }
    }

    /// How many numbers it holds.
    public long elements() {
        return data.byteSize() / type.blockBytes() * type.blockElements();
    }
}
