package dev.runnel.engine;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/// How a [ModelFolder] keeps its models.
///
/// @param memoryBytes most memory that loaded models take together, each its weights and its whole cache
/// @param idle how long a model that nobody uses stays loaded; zero: until its memory is needed
/// @param patience longest that a completion waits for its model
public record FolderOptions(long memoryBytes, Duration idle, Duration patience) {

    /// Three quarters of this machine's memory, or of the container's; models stay for five minutes, and
    /// completions wait as long.
    public static FolderOptions ofThisMachine() {
        long memory =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
        return within(Math.max(1, memory / 4 * 3));
    }

    /// So much memory; models stay for five minutes, and completions wait as long.
    public static FolderOptions within(long memoryBytes) {
        return new FolderOptions(memoryBytes, Duration.ofMinutes(5), Duration.ofMinutes(5));
    }

    public FolderOptions {
        if (memoryBytes < 1) {
            throw new IllegalArgumentException("memoryBytes is " + memoryBytes + ", expected at least 1");
        }
        if (idle.isNegative()) {
            throw new IllegalArgumentException("idle is " + idle + ", expected no time or more");
        }
        if (!patience.isPositive()) {
            throw new IllegalArgumentException("patience is " + patience + ", expected some time");
        }
    }

    public FolderOptions withMemoryBytes(long memoryBytes) {
        return new FolderOptions(memoryBytes, idle, patience);
    }

    public FolderOptions withIdle(Duration idle) {
        return new FolderOptions(memoryBytes, idle, patience);
    }

    public FolderOptions withPatience(Duration patience) {
        return new FolderOptions(memoryBytes, idle, patience);
    }
}
