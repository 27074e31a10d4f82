package dev.runnel.engine;

import dev.runnel.core.Backend;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A model's place in a [ModelFolder]: the model, if it is loaded, and the completions that want it.
final class FolderSlot {

    final FoundModel found;

    /// What the model takes when it is loaded, at most.
    final long bytes;

    // The rest is under the folder's lock.

    final List<FolderStream> waiting = new ArrayList<>();

    @Nullable
    Backend backend;

    /// Completions that run.
    int running;

    /// When one last began or ended.
    long usedAt;

    /// It takes no more completions, so that it can be unloaded for another.
    boolean draining;

    FolderSlot(FoundModel found, long cacheBytes) {
        this.found = found;
        this.bytes = found.weightBytes() + cacheBytes;
    }

    String id() {
        return found.model().id();
    }

    boolean isLoaded() {
        return backend != null;
    }

    /// Loaded, and of no use any more.
    boolean hasEnded() {
        return backend != null && backend.hasEnded();
    }

    /// Loaded, and wanted by nobody.
    boolean isIdle() {
        return backend != null && running == 0 && waiting.isEmpty();
    }
}
