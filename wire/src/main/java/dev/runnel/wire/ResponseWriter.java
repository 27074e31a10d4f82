package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.FinishReason;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenLogprob;
import dev.runnel.core.ToolCall;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Writes responses as JSON. A reply becomes a list of items: its reasoning, its text, its refusal and
/// each of its calls, as far as there are any.
final class ResponseWriter {

    /// What a response has come to.
    sealed interface Outcome {
        record InProgress() implements Outcome {}

        record Ended(FinishReason reason) implements Outcome {}

        record Failed(BackendException cause) implements Outcome {}
    }

    private ResponseWriter() {}

    /// @param kept where the reply's items are
    static byte[] write(Envelope envelope, ReplyForm form, Completion completion, ResponseItems kept) {
        Completion.Choice choice = completion.choices().getFirst();
        List<ToolCall> calls = choice.toolCalls();
        boolean cut = FinishReasons.isCut(choice.reason()); // which is the last item's matter
        Items items = new Items(envelope, kept);
        if (!choice.thinking().isEmpty()) {
            items.add("rs_", (id, out) -> reasoning(id, choice.thinking(), out));
        }
        if (!choice.text().isEmpty()) {
            ByteSink part = new ByteSink(1024);
            textPart(choice.text(), choice.logprobs(), part);
            String status = status(cut && choice.refusal().isEmpty() && calls.isEmpty());
            items.add("msg_", (id, out) -> message(id, status, part.toString(), out));
        }
        if (!choice.refusal().isEmpty()) {
            ByteSink part = new ByteSink(256);
            refusalPart(choice.refusal(), part);
            String status = status(cut && calls.isEmpty());
            items.add("msg_", (id, out) -> message(id, status, part.toString(), out));
        }
        for (int i = 0; i < calls.size(); i++) {
            ToolCall call = calls.get(i);
            String arguments = CompletionWriter.arguments(choice, i);
            String status = status(cut && i == calls.size() - 1);
            items.add("fc_", (id, out) -> call(id, call.id(), call.name(), arguments, status, out));
        }
        ByteSink out = new ByteSink(1024);
        object(
                envelope,
                form,
                completion.model(),
                new Outcome.Ended(choice.reason()),
                items.json.toString(),
                completion.usage(),
                out);
        return out.toByteArray();
    }

    /// A reply's items, as they are added.
    private static final class Items {

        final ByteSink json = new ByteSink(1024);
        private final Envelope envelope;
        private final ResponseItems kept;
        private int count;

        Items(Envelope envelope, ResponseItems kept) {
            this.envelope = envelope;
            this.kept = kept;
        }

        void add(String prefix, BiConsumer<String, ByteSink> writing) {
            String id = itemId(prefix, envelope, count);
            ByteSink item = new ByteSink(256);
            writing.accept(id, item);
            kept.keep(id, item.toString());
            json.raw(count++ == 0 ? "" : ",").raw(item.array(), 0, item.length());
        }
    }

    static String itemId(String prefix, Envelope envelope, int position) {
        String unique = envelope.id().substring(envelope.id().indexOf('_') + 1);
        return prefix + unique + "_" + position;
    }

    static String status(boolean cut) {
        return cut ? "incomplete" : "completed";
    }

    /// The response itself.
    ///
    /// @param items JSON of its output so far, with commas between them
    static void object(
            Envelope envelope,
            ReplyForm form,
            String model,
            Outcome outcome,
            String items,
            TokenEvent.@Nullable Usage usage,
            ByteSink out) {
        out.raw("{\"id\":").string(envelope.id());
        out.raw(",\"object\":\"response\",\"created_at\":")
                .number(envelope.created().getEpochSecond());
        out.raw(",\"status\":").string(word(outcome));
        out.raw(",\"background\":false,\"error\":");
        if (outcome instanceof Outcome.Failed(var cause)) {
            out.raw("{\"code\":").string(Errors.code(cause));
            out.raw(",\"message\":").string(cause.getMessage()).raw("}");
        } else {
            out.raw("null");
        }
        out.raw(",\"incomplete_details\":").raw(incompleteDetails(outcome));
        out.raw(",\"model\":").string(model);
        out.raw(",\"output\":[").json(items).raw("]");
        out.raw(",\"previous_response_id\":null,\"store\":false,\"service_tier\":\"default\"");
        out.json(form.echoed()).raw(",\"usage\":");
        if (usage == null) {
            out.raw("null");
        } else {
            UsageObject.writeOfResponse(usage, out);
        }
        out.raw("}");
    }

    static String word(Outcome outcome) {
        return switch (outcome) {
            case Outcome.InProgress _ -> "in_progress";
            case Outcome.Ended(var reason) -> status(FinishReasons.isCut(reason));
            case Outcome.Failed _ -> "failed";
        };
    }

    private static String incompleteDetails(Outcome outcome) {
        if (!(outcome instanceof Outcome.Ended(var reason))) {
            return "null";
        }
        return switch (reason) {
            case STOP, TOOL_CALLS -> "null";
            case LENGTH -> "{\"reason\":\"max_output_tokens\"}";
            case CONTENT_FILTER -> "{\"reason\":\"content_filter\"}";
        };
    }

    static void reasoning(String id, String text, ByteSink out) {
        out.raw("{\"type\":\"reasoning\",\"id\":").string(id);
        out.raw(",\"summary\":[],\"content\":[{\"type\":\"reasoning_text\",\"text\":")
                .string(text);
        out.raw("}]}");
    }

    /// @param parts JSON of its content
    static void message(String id, String status, String parts, ByteSink out) {
        out.raw("{\"type\":\"message\",\"id\":").string(id);
        out.raw(",\"status\":").string(status);
        out.raw(",\"role\":\"assistant\",\"content\":[").json(parts).raw("]}");
    }

    static void textPart(String text, List<TokenLogprob> logprobs, ByteSink out) {
        out.raw("{\"type\":\"output_text\",\"text\":").string(text).raw(",\"annotations\":[],\"logprobs\":");
        LogprobsObject.writeTokens(logprobs, out);
        out.raw("}");
    }

    static void refusalPart(String refusal, ByteSink out) {
        out.raw("{\"type\":\"refusal\",\"refusal\":").string(refusal).raw("}");
    }

    static void call(String id, String callId, String name, String arguments, String status, ByteSink out) {
        out.raw("{\"type\":\"function_call\",\"id\":").string(id);
        out.raw(",\"call_id\":").string(callId);
        out.raw(",\"name\":").string(name);
        out.raw(",\"arguments\":").string(arguments);
        out.raw(",\"status\":").string(status).raw("}");
    }
}
