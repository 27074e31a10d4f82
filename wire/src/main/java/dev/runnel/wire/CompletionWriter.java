package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;

/// Writes a whole reply as JSON.
public final class CompletionWriter {

    private CompletionWriter() {}

    /// @throws BackendException of kind `INTERNAL` if the endpoint has no words for what the completion holds
    public static byte[] write(Endpoint endpoint, Envelope envelope, Completion completion) {
        ByteSink out = new ByteSink(1024);
        envelope.open(out, endpoint.wholeObject, completion.model());
        for (int index = 0; index < completion.choices().size(); index++) {
            Completion.Choice choice = completion.choices().get(index);
            String reason = FinishReasons.write(endpoint, choice.reason());
            out.raw(index == 0 ? "{" : ",{");
            switch (endpoint) {
                case CHAT -> message(index, choice, out);
                case TEXT -> text(index, choice, out);
            }
            out.raw(",\"logprobs\":null,\"finish_reason\":").string(reason).raw("}");
        }
        out.raw("],\"usage\":");
        UsageObject.write(completion.usage(), out);
        return out.raw("}").toByteArray();
    }

    private static void message(int index, Completion.Choice choice, ByteSink out) {
        out.raw("\"index\":").index(index);
        out.raw(",\"message\":{\"role\":\"assistant\",\"content\":").string(choice.text());
        if (!choice.thinking().isEmpty()) {
            out.raw(",\"reasoning_content\":").string(choice.thinking());
        }
        out.raw(",\"refusal\":null}");
    }

    private static void text(int index, Completion.Choice choice, ByteSink out) {
        if (!choice.thinking().isEmpty()) {
            Endpoint.TEXT.requireChat("reasoning");
        }
        out.raw("\"text\":").string(choice.text()).raw(",\"index\":").index(index);
    }
}
