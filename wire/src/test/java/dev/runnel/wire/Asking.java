package dev.runnel.wire;

import dev.runnel.core.CompletionRequest;
import java.util.List;
import java.util.Optional;

/// Requests as they are read from the wire, for tests to compare with.
final class Asking {

    private Asking() {}

    static WireRequest of(CompletionRequest completion, boolean stream, boolean includeUsage) {
        return new WireRequest(
                Endpoint.of(completion.prompt()),
                List.of(completion),
                completion.choices(),
                stream,
                ReplyForm.of(completion, WireOptions.DEFAULT).withUsage(includeUsage),
                Optional.empty(),
                ResponseItems.NONE);
    }
}
