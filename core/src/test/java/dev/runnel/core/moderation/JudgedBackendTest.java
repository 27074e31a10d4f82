package dev.runnel.core.moderation;

import dev.runnel.core.Backend;
import dev.runnel.testing.ScriptedContract;
import java.util.concurrent.CompletableFuture;

/// A backend stays one when each sentence is judged on another thread.
class JudgedBackendTest extends ScriptedContract {

    @Override
    protected Backend open() {
        return new ModeratedBackend(scripted, (Moderator) _ -> CompletableFuture.supplyAsync(() -> true));
    }
}
