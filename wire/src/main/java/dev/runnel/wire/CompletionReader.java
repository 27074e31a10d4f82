package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.ToolCall;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Reads an upstream's whole reply.
public final class CompletionReader {

    private CompletionReader() {}

    /// The reply of a chat or a text completion that asked for up to so many alternatives as there are.
    ///
    /// @throws BackendException of kind `UPSTREAM` if the body is no whole reply
    public static Completion read(Endpoint endpoint, byte[] body) {
        return read(endpoint, Integer.MAX_VALUE, body);
    }

    /// @param alternatives how many each token was asked to have, if there are logprobs
    /// @throws BackendException of kind `UPSTREAM` if the body is no whole reply
    static Completion read(Endpoint endpoint, int alternatives, byte[] body) {
        return UpstreamReply.read("reply", body, reply -> completion(endpoint, alternatives, reply));
    }

    private static Completion completion(Endpoint endpoint, int alternatives, Node reply) {
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
            choices.add(endpoint == Endpoint.CHAT ? message(part) : text(part, alternatives));
        }
        return new Completion(reply.get("model").text(), choices, UsageObject.read(reply.get("usage")));
    }

    private static Completion.Choice message(Node part) {
        Node message = part.get("message");
        return new Completion.Choice(
                WholeText.repaired(UpstreamReply.rawText(message, "content")),
                WholeText.repaired(UpstreamReply.thinking(message)),
                WholeText.repaired(UpstreamReply.rawText(message, "refusal")),
                UpstreamReply.toolCalls(message, true).stream()
                        .map(CompletionReader::call)
                        .toList(),
                part.find("logprobs").map(LogprobsObject::readChat).orElse(List.of()),
                FinishReasons.read(part.get("finish_reason")));
    }

    private static ToolCall call(Node call) {
        Node function = call.get("function");
        String id = UpstreamReply.rawText(call, "id");
        return new ToolCall(
                id.isBlank() ? UpstreamReply.newCallId() : id,
                function.get("name").text(),
                WholeText.repaired(UpstreamReply.rawText(function, "arguments")));
    }

    private static Completion.Choice text(Node part, int alternatives) {
        return new Completion.Choice(
                WholeText.repaired(part.get("text").rawText()),
                "",
                "",
                List.of(),
                part.find("logprobs")
                        .map(logprobs -> LogprobsObject.readText(logprobs, alternatives))
                        .orElse(List.of()),
                FinishReasons.read(part.get("finish_reason")));
    }
}
