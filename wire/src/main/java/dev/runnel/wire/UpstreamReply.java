package dev.runnel.wire;

import dev.runnel.core.BackendException;
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
            throw failed("the upstream's %s %s".formatted(name, malformed.getMessage()));
        }
    }

    static <T> T read(String name, String document, Function<Node, T> reading) {
        try {
            return read(name, JsonReader.read(document), reading);
        } catch (JsonReader.MalformedException malformed) {
            throw failed("the upstream's %s %s".formatted(name, malformed.getMessage()));
        }
    }

    private static <T> T read(String name, Json document, Function<Node, T> reading) {
        try {
            return reading.apply(Node.of(document));
        } catch (BackendException senseless) {
            if (senseless.kind() != BackendException.Kind.INVALID_REQUEST) {
                throw senseless;
            }
            throw failed("the upstream's %s makes no sense: %s".formatted(name, senseless.getMessage()));
        }
    }

    static BackendException failed(String message) {
        return new BackendException(BackendException.Kind.UPSTREAM, message);
    }

    /// The answer in a message or a delta, as it came. What the model says in refusing is its answer.
    static String text(Node message) {
        return rawText(message, "content") + rawText(message, "refusal");
    }

    /// The reasoning in a message or a delta, as it came; it has no name that all agree on.
    static String thinking(Node message) {
        return message.find("reasoning_content")
                .or(() -> message.find("reasoning"))
                .map(Node::rawText)
                .orElse("");
    }

    /// @throws BackendException if a message or a delta calls tools, which no request of ours offers
    static void refuseToolCalls(Node message) {
        boolean calls = message.find("tool_calls")
                .map(Node::elements)
                .filter(all -> !all.isEmpty())
                .isPresent();
        if (calls || message.find("function_call").isPresent()) {
            throw failed("the upstream called a tool, but was offered none");
        }
    }

    private static String rawText(Node object, String name) {
        return object.find(name).map(Node::rawText).orElse("");
    }
}
