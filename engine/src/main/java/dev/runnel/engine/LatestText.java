package dev.runnel.engine;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The text of the file that was asked for last, until another is asked for or the file has changed: a large
/// vocabulary takes a quarter of a second to read, and tens of megabytes to keep. For any number of threads, one of
/// which reads at a time.
final class LatestText {

    /// A file as it was at a time.
    private record Version(Path file, long modifiedMillis, long bytes) {
        private static Version of(Path file) {
            return new Version(file, file.toFile().lastModified(), file.toFile().length());
        }
    }

    // Both under the lock of this.
    private @Nullable Version version;
    private @Nullable ModelText text;

    /// @throws ModelFileException as [ModelText#open] does
    synchronized ModelText of(Path file) {
        Version found = Version.of(file);
        ModelText latest = text;
        if (latest == null || !found.equals(version)) {
            latest = ModelText.open(file);
            version = found;
            text = latest;
        }
        return latest;
    }
}
