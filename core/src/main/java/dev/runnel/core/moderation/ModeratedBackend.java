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
import java.util.function.UnaryOperator;

/// A backend whose replies go through a [Moderation], or past a [Moderator]. What a vendor adds to its chunks doesn't,
/// since it can't be looked at, and is left out, and so are the alternatives to a token.
public final class ModeratedBackend implements Backend {

    private final Backend moderated;
    private final UnaryOperator<CompletionStream> moderation;
    private final Runnable closing;

    private ModeratedBackend(Backend moderated, UnaryOperator<CompletionStream> moderation, Runnable closing) {
        this.moderated = moderated;
        this.moderation = moderation;
        this.closing = closing;
    }

    /// @param moderated owned from here on: closed with this
    public ModeratedBackend(Backend moderated, Blocklist blocklist) {
        this(moderated, events -> events.through(new Moderation(blocklist, events::spent)), () -> {});
    }

    /// @param moderated owned from here on: closed with this, as is the moderator
    public ModeratedBackend(Backend moderated, Moderator moderator) {
        this(moderated, events -> new JudgedStream(events, moderator), moderator::close);
    }

    @Override
    public List<Model> models() {
        return moderated.models();
    }

    @Override
    public CompletionStream complete(CompletionRequest request) {
        CompletionRequest asked = request.logprobs().isPresent() ? request.withLogprobs(0) : request;
        return moderation.apply(moderated.complete(asked));
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
    public boolean hasEnded() {
        return moderated.hasEnded();
    }

    @Override
    public void close() {
        moderated.close();
        closing.run();
    }
}
