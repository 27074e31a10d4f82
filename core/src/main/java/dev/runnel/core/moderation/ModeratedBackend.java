package dev.runnel.core.moderation;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendLoad;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.Model;
import dev.runnel.core.TokenCodec;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A backend whose replies go through a [Moderation]. What a vendor adds to its chunks doesn't, since it can't be
/// looked at, and is left out.
public final class ModeratedBackend implements Backend {

    private final Backend moderated;
    private final Blocklist blocklist;

    /// @param moderated owned from here on: closed with this
    public ModeratedBackend(Backend moderated, Blocklist blocklist) {
        this.moderated = moderated;
        this.blocklist = blocklist;
    }

    @Override
    public List<Model> models() {
        return moderated.models();
    }

    @Override
    public CompletionStream complete(CompletionRequest request) {
        CompletionStream events = moderated.complete(request);
        return events.through(new Moderation(blocklist, events::spent));
    }

    @Override
    public Optional<TokenCodec> codec(String model) {
        return moderated.codec(model);
    }

    @Override
    public Map<String, BackendLoad> load() {
        return moderated.load();
    }

    @Override
    public void close() {
        moderated.close();
    }
}
