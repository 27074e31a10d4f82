package dev.runnel.wire;

import dev.runnel.core.BackendException;
import java.util.Optional;

/// What `POST /v1/moderations` is asked, and its answer.
public final class Moderations {

    private Moderations() {}

    /// @param model empty for the endpoint's own
    public static byte[] request(String text, Optional<String> model) {
        ByteSink out = new ByteSink(text.length() + 64);
        out.raw("{\"input\":").string(text);
        model.ifPresent(name -> out.raw(",\"model\":").string(name));
        return out.raw("}").toByteArray();
    }

    /// @return whether anything that was asked about is flagged
    /// @throws BackendException of kind `UPSTREAM` if the body is no judgement
    public static boolean isFlagged(byte[] body) {
        return UpstreamReply.read(
                "judgement",
                body,
                answer -> answer.get("results").nonEmpty().stream()
                        .anyMatch(result -> result.get("flagged").flag()));
    }
}
