package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Reads an upstream's whole reply.
public final class CompletionReader {

    private CompletionReader() {}

    /// @throws BackendException of kind `UPSTREAM` if the body is no whole reply
    public static Completion read(Endpoint endpoint, byte[] body) {
        return UpstreamReply.read("reply", body, reply -> completion(endpoint, reply));
    }

    private static Completion completion(Endpoint endpoint, Node reply) {
        if (reply.find("error").isPresent()) {
            throw ErrorReader.failure(reply);
        }
        List<Node> parts = new ArrayList<>(reply.get("choices").elements());
        if (parts.isEmpty()) {
            throw reply.get("choices").expected("at least one choice");
        }
        parts.sort(Comparator.comparingInt(part -> part.get("index").integer(0, Integer.MAX_VALUE)));
        List<Completion.Choice> choices = new ArrayList<>();
        for (Node part : parts) {
            int _ = part.get("index").integer(choices.size(), choices.size());
            choices.add(choice(endpoint, part));
        }
        return new Completion(reply.get("model").text(), choices, UsageObject.read(reply.get("usage")));
    }

    private static Completion.Choice choice(Endpoint endpoint, Node part) {
        var reason = FinishReasons.read(part.get("finish_reason"));
        return switch (endpoint) {
            case CHAT -> {
                Node message = part.get("message");
                UpstreamReply.refuseToolCalls(message);
                yield new Completion.Choice(
                        WholeText.repaired(UpstreamReply.text(message)),
                        WholeText.repaired(UpstreamReply.thinking(message)),
                        reason);
            }
            case TEXT ->
                new Completion.Choice(WholeText.repaired(part.get("text").rawText()), "", reason);
        };
    }
}
