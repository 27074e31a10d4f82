package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.Model;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;

/// Reads an upstream's list of models.
public final class ModelsReader {

    private static final long LATEST_SECOND = Instant.MAX.getEpochSecond();

    private ModelsReader() {}

    /// @throws BackendException of kind `UPSTREAM` if the body is no list of models
    public static List<Model> read(byte[] body) {
        return UpstreamReply.read(
                "list of models",
                body,
                list -> list.get("data").elements().stream()
                        .map(ModelsReader::model)
                        .toList());
    }

    /// Many upstreams leave out all but the id.
    private static Model model(Node model) {
        Node id = model.get("id");
        if (id.text().isBlank()) {
            throw id.expected("a name");
        }
        return new Model(
                id.text(),
                Instant.ofEpochSecond(model.find("created")
                        .map(created -> created.integer(0, LATEST_SECOND))
                        .orElse(0L)),
                model.find("owned_by").map(Node::text).orElse(""),
                model.find("context_length")
                        .map(length -> OptionalInt.of(length.integer(1, Integer.MAX_VALUE)))
                        .orElse(OptionalInt.empty()));
    }
}
