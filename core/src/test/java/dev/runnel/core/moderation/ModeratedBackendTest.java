package dev.runnel.core.moderation;

import dev.runnel.core.Backend;
import dev.runnel.testing.ScriptedContract;
import java.util.List;

/// A backend stays one when it is moderated.
class ModeratedBackendTest extends ScriptedContract {

    @Override
    protected Backend open() {
        return new ModeratedBackend(scripted, new Blocklist(List.of("never said")));
    }
}
