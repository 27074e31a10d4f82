package dev.runnel.engine.kernel;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/// The class of those memory segments that are mapped files.
///
/// Packed weights lie in segments of one class, weights that are read from their file in those of another. A JVM that
/// has
/// met both makes two copies of every access, and a kernel of many accesses is over C2's budget then: its vectors
/// go to the heap, and it is ten times slower. A kernel that begins with `if (w.getClass() == MappedSegments.CLASS)`
/// tells C2
/// which class it is in the branch, where so the accesses stand once.
final class MappedSegments {

    static final Class<?> CLASS = find();

    private MappedSegments() {}

    /// Of some file that every JDK has; a class of no segments, if it has not.
    private static Class<?> find() {
        Path file = Path.of(System.getProperty("java.home"), "release");
        try (FileChannel channel = FileChannel.open(file);
                Arena arena = Arena.ofConfined()) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, 1, arena).getClass();
        } catch (IOException _) {
            return Void.class;
        }
    }
}
