package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.UpstreamFault;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;

/// What whole replies and chunks of an upstream have in common.
final class UpstreamReply {

    private UpstreamReply() {}

    /// What `reading` makes of a document.
    ///
    /// @param name what the document is, for the sentence
    /// @throws BackendException of kind `UPSTREAM` if the document is broken or makes no sense to `reading`
    static <T> T read(String name, byte[] document, Function<Node, T> reading) {
        try {
            return read(name, JsonReader.read(document), reading);
        } catch (JsonReader.MalformedException malformed) {
            throw malformed("the upstream's %s %s".formatted(name, malformed.getMessage()));
        }
    }

    static <T> T read(String name, String document, Function<Node, T> reading) {
        try {
            return read(name, JsonReader.read(document), reading);
        } catch (JsonReader.MalformedException malformed) {
            throw malformed("the upstream's %s %s".formatted(name, malformed.getMessage()));
        }
    }

    private static <T> T read(String name, Json document, Function<Node, T> reading) {
        try {
            return reading.apply(Node.of(document));
        } catch (BackendException senseless) {
            if (senseless.kind() != BackendException.Kind.INVALID_REQUEST) {
                throw senseless;
            }
            throw malformed("the upstream's %s makes no sense: %s".formatted(name, senseless.getMessage()));
        }
    }

    static BackendException malformed(String message) {
        return UpstreamFault.MALFORMED_EVENT.failure(message);
    }

    static BackendException unnamedTool() {
        return malformed("the upstream called a tool without naming it");
    }

    /// The reasoning in a message or a delta, as it came; it has no name that all agree on.
    static String thinking(Node message) {
        return message.find("reasoning_content")
                .or(() -> message.find("reasoning"))
                .map(Node::rawText)
                .orElse("");
    }

    /// The tool calls in a message or a delta.
    ///
    /// @param offered whether the request offered tools
    /// @throws BackendException if there are some that were not offered, or of a kind that no request of
    ///     ours offers
    static List<Node> toolCalls(Node message, boolean offered) {
        List<Node> calls = message.find("tool_calls").map(Node::elements).orElse(List.of());
        if ((!offered && !calls.isEmpty()) || message.find("function_call").isPresent()) {
            throw malformed("the upstream called a tool, but was offered none");
        }
        return calls;
    }

    /// @return the id of a call that has none; some upstreams leave it out
    static String newCallId() {
        return "call_" + UUID.randomUUID().toString().replace("-", "");
    }

    static String rawText(Node object, String name) {
        return object.find(name).map(Node::rawText).orElse("");
    }
}
