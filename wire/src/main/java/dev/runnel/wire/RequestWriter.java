package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import java.util.List;
import java.util.OptionalInt;

/// Writes a request to an upstream as JSON; it goes to [Endpoint#of] its prompt.
public final class RequestWriter {

    /// What an upstream calls the token limit of a chat completion. None takes both names in one request.
    public enum LimitField {
        /// The older name, which almost all know. OpenAI's reasoning models refuse it with
        /// [BackendException.Kind#UNSUPPORTED].
        MAX_TOKENS("max_tokens"),
        /// The newer name. Upstreams that don't know it drop the limit in silence.
        MAX_COMPLETION_TOKENS("max_completion_tokens");

        private final String json;

        LimitField(String json) {
            this.json = json;
        }
    }

    private RequestWriter() {}

    /// Sampling is always spelled out: upstreams differ in what they take for granted.
    ///
    /// @throws BackendException of kind `UNSUPPORTED` if the endpoint has no words for what is asked
    public static byte[] write(CompletionRequest request, LimitField limit, boolean stream, boolean includeUsage) {
        ByteSink out = new ByteSink(1024);
        out.raw("{\"model\":").string(request.model());
        switch (request.prompt()) {
            case Prompt.Chat chat -> {
                messages(chat.messages(), out.raw(",\"messages\":"));
                request.stopping()
                        .maxTokens()
                        .ifPresent(
                                most -> out.raw(",").string(limit.json).raw(":").number(most));
            }
            case Prompt.Text(var text) -> {
                out.raw(",\"prompt\":").string(text);
                out.raw(",\"max_tokens\":")
                        .number(requireLimit(request.stopping().maxTokens()));
            }
            case Prompt.Tokens _, Prompt.Gap _ ->
                throw BackendException.unsupported("prompt", "an upstream reads a conversation or a text");
        }
        out.raw(",\"n\":").number(request.choices());
        sampling(request.sampling(), out);
        if (!request.stopping().strings().isEmpty()) {
            strings(request.stopping().strings(), out.raw(",\"stop\":"));
        }
        if (stream) {
            out.raw(",\"stream\":true");
            if (includeUsage) {
                out.raw(",\"stream_options\":{\"include_usage\":true}");
            }
        }
        return out.raw("}").toByteArray();
    }

    /// Without a limit this endpoint stops after 16 tokens, and there is no word for "as many as fit".
    private static int requireLimit(OptionalInt maxTokens) {
        return maxTokens.orElseThrow(() -> BackendException.unsupported(
                "max_tokens", "max_tokens is missing; a text completion of an upstream needs it"));
    }

    private static void messages(List<Message> messages, ByteSink out) {
        for (int i = 0; i < messages.size(); i++) {
            Message message = messages.get(i);
            String role = switch (message) {
                case Message.System _ -> "system";
                case Message.Developer _ -> "developer";
                case Message.User _ -> "user";
                case Message.Assistant _ -> "assistant";
                case Message.ToolResult _ -> "tool";
            };
            out.raw(i == 0 ? "[" : ",").raw("{\"role\":").string(role);
            out.raw(",\"content\":").string(message.text()).raw("}");
        }
        out.raw("]");
    }

    private static void sampling(Sampling sampling, ByteSink out) {
        out.raw(",\"temperature\":").raw(Double.toString(sampling.temperature()));
        out.raw(",\"top_p\":").raw(Double.toString(sampling.topP()));
        sampling.seed().ifPresent(seed -> out.raw(",\"seed\":").number(seed));
    }

    private static void strings(List<String> strings, ByteSink out) {
        for (int i = 0; i < strings.size(); i++) {
            out.raw(i == 0 ? "[" : ",").string(strings.get(i));
        }
        out.raw("]");
    }
}
