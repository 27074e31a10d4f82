package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.ToolCall;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Reads an upstream's whole reply.
public final class CompletionReader {

    private CompletionReader() {}

    /// The events of a whole reply, as if it had been streamed: the pieces of each kind as one.
    ///
    /// @param request what was asked
    /// @throws BackendException of kind `UPSTREAM` if the body is no whole reply to it
    public static List<TokenEvent> events(CompletionRequest request, byte[] body) {
        Completion whole =
                read(Endpoint.of(request.prompt()), request.logprobs().orElse(0), body);
        if (whole.choices().size() != request.choices()) {
            throw UpstreamReply.malformed("the upstream's reply has %d choices, expected %d"
                    .formatted(whole.choices().size(), request.choices()));
        }
        List<TokenEvent> events = new ArrayList<>();
        events.add(new TokenEvent.Started(whole.model(), whole.choices().size()));
        for (int index = 0; index < whole.choices().size(); index++) {
            events(index, whole.choices().get(index), events);
        }
        events.add(whole.usage());
        return events;
    }

    private static void events(int index, Completion.Choice choice, List<TokenEvent> events) {
        if (!choice.thinking().isEmpty()) {
            events.add(new TokenEvent.Thinking(index, choice.thinking()));
        }
        if (!choice.text().isEmpty()) {
            boolean isOfText = choice.toolCalls().isEmpty(); // as in a stream
            events.add(new TokenEvent.Text(index, choice.text(), isOfText ? choice.logprobs() : List.of()));
        }
        if (!choice.refusal().isEmpty()) {
            events.add(new TokenEvent.Refusal(index, choice.refusal()));
        }
        for (ToolCall call : choice.toolCalls()) {
            events.add(new TokenEvent.Call(index, call.id(), call.name()));
            if (!call.arguments().isEmpty()) {
                events.add(new TokenEvent.Arguments(index, call.arguments()));
            }
        }
        events.add(new TokenEvent.Finished(index, choice.reason()));
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
        String name = UpstreamReply.rawText(function, "name");
        if (name.isBlank()) {
            throw UpstreamReply.unnamedTool();
        }
        return new ToolCall(
                id.isBlank() ? UpstreamReply.newCallId() : WholeText.repaired(id),
                WholeText.repaired(name),
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
