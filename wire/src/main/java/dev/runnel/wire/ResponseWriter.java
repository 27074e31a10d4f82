package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.FinishReason;
import dev.runnel.core.TokenEvent;
import org.jspecify.annotations.Nullable;

/// Writes responses as JSON.
final class ResponseWriter {

    /// What a response has come to.
    sealed interface Outcome {
        record InProgress() implements Outcome {}

        record Ended(FinishReason reason) implements Outcome {}

        record Failed(BackendException cause) implements Outcome {}
    }

    private ResponseWriter() {}

    /// @param output that all events have gone into
    static byte[] write(Envelope envelope, ReplyForm form, Completion completion, ResponseOutput output) {
        ByteSink out = new ByteSink(1024);
        Outcome ended = new Outcome.Ended(completion.choices().getFirst().reason());
        object(envelope, form, completion.model(), ended, output.json(), completion.usage(), out);
        return out.toByteArray();
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
}
