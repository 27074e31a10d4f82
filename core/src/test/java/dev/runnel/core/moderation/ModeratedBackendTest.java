package dev.runnel.core.moderation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Backend;
import dev.runnel.testing.ScriptedContract;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A backend stays one when it is moderated.
class ModeratedBackendTest extends ScriptedContract {

    @Override
    protected Backend open() {
        return new ModeratedBackend(scripted, new Blocklist(List.of("never said")));
    }

    @Test
    void itHasEndedWhenTheOneBehindItHas() {
        try (Backend moderated = open()) {
            assertThat(moderated.hasEnded()).isFalse();

            scripted.close();

            assertThat(moderated.hasEnded()).isTrue();
        }
    }
}
