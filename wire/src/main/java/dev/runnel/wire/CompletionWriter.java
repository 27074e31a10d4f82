package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.ToolCall;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Writes the whole reply of a chat or a text completion as JSON.
final class CompletionWriter {

    /// Members of a choice that no chunk has.
    private static final Set<String> OF_CHOICE = Set.of("message");

    private CompletionWriter() {}

    /// @param beside what came beside the completion
    /// @throws BackendException of kind `INTERNAL` if the endpoint has no words for what the completion
    ///     holds
    static byte[] write(
            Endpoint endpoint,
            Envelope envelope,
            ReplyForm form,
            Completion completion,
            WholeExtensions beside,
            Optional<Timings> timings) {
        ByteSink out = new ByteSink(1024);
        envelope.open(out, endpoint.wholeObject, completion.model(), form);
        for (int index = 0; index < completion.choices().size(); index++) {
            Completion.Choice choice = completion.choices().get(index);
            String reason = FinishReasons.write(
                    endpoint, choice.reason(), !choice.toolCalls().isEmpty(), form);
            out.raw(index == 0 ? "{" : ",{");
            if (endpoint == Endpoint.CHAT) {
                message(index, choice, form, beside, out);
            } else {
                text(index, choice, out);
            }
            logprobs(endpoint, choice, form, out.raw(",\"logprobs\":"));
            out.raw(",\"finish_reason\":").string(reason);
            beside.ofChoice(index, OF_CHOICE, out);
            out.raw("}");
        }
        out.raw("],\"usage\":");
        UsageObject.write(completion.usage(), out);
        timings.ifPresent(known -> known.write(completion.usage(), out));
        beside.ofReply(ofReply(envelope, form), out);
        return out.raw("}").toByteArray();
    }

    /// Members of the envelope that an upstream may have, too.
    private static Set<String> ofReply(Envelope envelope, ReplyForm form) {
        Set<String> ours = new HashSet<>();
        if (form.tier()) {
            ours.add("service_tier");
        }
        if (envelope.fingerprint().isPresent()) {
            ours.add("system_fingerprint");
        }
        return ours;
    }

    private static void message(
            int index, Completion.Choice choice, ReplyForm form, WholeExtensions beside, ByteSink out) {
        boolean answered = !choice.text().isEmpty()
                || (choice.toolCalls().isEmpty() && choice.refusal().isEmpty());
        out.raw("\"index\":").index(index).raw(",\"message\":{\"role\":\"assistant\",\"content\":");
        if (answered) {
            out.string(choice.text());
        } else {
            out.raw("null");
        }
        if (!choice.thinking().isEmpty()) {
            out.raw(",\"reasoning_content\":").string(choice.thinking());
            if (form.reasoningAlias()) {
                out.raw(",\"reasoning\":").string(choice.thinking());
            }
        }
        out.raw(",\"refusal\":");
        if (choice.refusal().isEmpty()) {
            out.raw("null");
        } else {
            out.string(choice.refusal());
        }
        if (!choice.toolCalls().isEmpty()) {
            calls(choice, out.raw(",\"tool_calls\":"));
        }
        beside.ofMessage(index, out);
        out.raw("}");
    }

    private static void calls(Completion.Choice choice, ByteSink out) {
        List<ToolCall> calls = choice.toolCalls();
        for (int i = 0; i < calls.size(); i++) {
            out.raw(i == 0 ? "[" : ",");
            call(calls.get(i), arguments(choice, i), out);
        }
        out.raw("]");
    }

    static void call(ToolCall call, String arguments, ByteSink out) {
        out.raw("{\"id\":").string(call.id());
        out.raw(",\"type\":\"function\",\"function\":{\"name\":").string(call.name());
        out.raw(",\"arguments\":").string(arguments).raw("}}");
    }

    /// The arguments of a call, of which there is an empty object where the model wrote none; but of a
    /// call that was cut short nobody knows.
    private static String arguments(Completion.Choice choice, int call) {
        String arguments = choice.toolCalls().get(call).arguments();
        boolean cut = call == choice.toolCalls().size() - 1 && FinishReasons.isCut(choice.reason());
        return arguments.isEmpty() && !cut ? "{}" : arguments;
    }

    private static void text(int index, Completion.Choice choice, ByteSink out) {
        if (!choice.thinking().isEmpty()) {
            Endpoint.TEXT.requireChat("reasoning");
        }
        if (!choice.refusal().isEmpty()) {
            Endpoint.TEXT.requireChat("a refusal");
        }
        if (!choice.toolCalls().isEmpty()) {
            Endpoint.TEXT.requireChat("a tool call");
        }
        out.raw("\"text\":").string(choice.text()).raw(",\"index\":").index(index);
    }

    private static void logprobs(Endpoint endpoint, Completion.Choice choice, ReplyForm form, ByteSink out) {
        if (form.logprobs().isEmpty()) {
            out.raw("null");
        } else if (endpoint == Endpoint.CHAT) {
            LogprobsObject.writeChat(choice.logprobs(), out);
        } else {
            LogprobsObject.writeText(
                    choice.logprobs(), choice.text(), form.logprobs().getAsInt(), 0, out);
        }
    }
}
