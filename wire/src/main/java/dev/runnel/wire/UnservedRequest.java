package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.Model;
import java.util.List;

/// A request that OpenAI's clients know and no model here can answer. It is refused as one whose model is
/// not there or can't, rather than as a path that leads nowhere.
public enum UnservedRequest {
    /// `/v1/embeddings`.
    EMBEDDINGS("makes no embeddings"),
    /// `/v1/moderations`.
    MODERATIONS("moderates nothing");

    private static final String USUAL_MODERATOR = "omni-moderation-latest";

    private final String cannot;

    UnservedRequest(String cannot) {
        this.cannot = cannot;
    }

    /// Why it can't be answered.
    ///
    /// @param models those that are served, all of which complete
    public BackendException refusal(byte[] body, List<Model> models) {
        Node document = Node.ofBody(body);
        String model = switch (this) {
            case EMBEDDINGS -> document.get("model").text();
            case MODERATIONS -> document.find("model").map(Node::text).orElse(USUAL_MODERATOR);
        };
        boolean served = models.stream().anyMatch(known -> known.id().equals(model));
        return served
                ? BackendException.unsupported("model", "the model '%s' completes; it %s".formatted(model, cannot))
                        .withCode("unsupported_value")
                : BackendException.modelNotFound(model, models);
    }
}
