package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.FinishReason;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenLogprob;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes one completion's events as the events of a response.
///
/// An item is opened by the first piece of its kind and closed by the first of another, or by the end.
/// Each is sent again as a whole when it closes, and all of them when the response does.
final class ResponseEventWriter implements EventWriter {

    /// What the open item is.
    private enum Kind {
        NONE,
        REASONING,
        TEXT,
        REFUSAL,
        CALL
    }

    private final Envelope envelope;
    private final ReplyForm form;
    private final Padding padding;
    private final ResponseItems kept;

    private @Nullable String model;
    private long sequence;
    private boolean ended;
    private @Nullable FinishReason reason;

    /// JSON of the items that have closed.
    private final ByteSink items = new ByteSink(1024);

    private int opened; // items

    // The open item.
    private Kind kind = Kind.NONE;
    private String itemId = "";
    private final StringBuilder text = new StringBuilder();
    private final List<TokenLogprob> logprobs = new ArrayList<>();
    private String callId = "";
    private String callName = "";

    /// @param kept where the reply's items are
    ResponseEventWriter(Envelope envelope, ReplyForm form, ResponseItems kept) {
        this.kept = kept;
        this.envelope = envelope;
        this.form = form;
        padding = new Padding(envelope.id());
    }

    @Override
    public void write(TokenEvent event, ByteSink out) {
        if (ended) {
            throw ChunkWriter.outOfOrder(event, "came after the stream had ended");
        }
        switch (event) {
            case TokenEvent.Started started -> start(started, out);
            case TokenEvent.Thinking(var choice, var piece) -> {
                requireRunning(choice, event);
                open(Kind.REASONING, "rs_", out);
                delta("response.reasoning_text.delta", piece, List.of(), out);
            }
            case TokenEvent.Text(var choice, var piece, var tokens) -> {
                requireRunning(choice, event);
                open(Kind.TEXT, "msg_", out);
                delta("response.output_text.delta", piece, tokens, out);
            }
            case TokenEvent.Refusal(var choice, var piece) -> {
                requireRunning(choice, event);
                open(Kind.REFUSAL, "msg_", out);
                delta("response.refusal.delta", piece, List.of(), out);
            }
            case TokenEvent.Call(var choice, var id, var name) -> {
                requireRunning(choice, event);
                close(false, out);
                callId = id;
                callName = name;
                open(Kind.CALL, "fc_", out);
            }
            case TokenEvent.Arguments(var choice, var piece) -> {
                requireRunning(choice, event);
                if (kind != Kind.CALL) {
                    throw ChunkWriter.outOfOrder(event, "came without a call before it");
                }
                delta("response.function_call_arguments.delta", piece, List.of(), out);
            }
            case TokenEvent.Finished(var choice, var why) -> {
                requireRunning(choice, event);
                reason = why; // told together with the usage
            }
            case TokenEvent.Usage usage -> complete(usage, out);
        }
    }

    /// The error event, and the response as one that has failed, since clients look for either.
    @Override
    public void fail(BackendException failure, ByteSink out) {
        if (ended) {
            return;
        }
        ended = true;
        begin("error", out);
        Errors.writeOfResponse(failure, out);
        end(out);
        if (model != null) {
            response("response.failed", new ResponseWriter.Outcome.Failed(failure), null, out);
        }
    }

    /// A response has no place for them.
    @Override
    public void time(Timings timings) {}

    private void start(TokenEvent.Started started, ByteSink out) {
        if (model != null) {
            throw ChunkWriter.outOfOrder(started, "came twice");
        }
        if (started.choices() != 1) {
            throw ChunkWriter.outOfOrder(started, "has more choices than the one of a response");
        }
        model = started.model();
        response("response.created", new ResponseWriter.Outcome.InProgress(), null, out);
        response("response.in_progress", new ResponseWriter.Outcome.InProgress(), null, out);
    }

    private void complete(TokenEvent.Usage usage, ByteSink out) {
        FinishReason why = reason;
        if (why == null) {
            throw ChunkWriter.outOfOrder(usage, "came before the response had finished");
        }
        ended = true;
        close(FinishReasons.isCut(why), out);
        ResponseWriter.Outcome outcome = new ResponseWriter.Outcome.Ended(why);
        response("response." + ResponseWriter.word(outcome), outcome, usage, out);
    }

    private void open(Kind wanted, String prefix, ByteSink out) {
        if (kind == wanted) {
            return;
        }
        close(false, out);
        kind = wanted;
        itemId = ResponseWriter.itemId(prefix, envelope, opened++);
        begin("response.output_item.added", out);
        outputIndex(out).raw(",\"item\":");
        switch (kind) {
            case REASONING ->
                out.raw("{\"type\":\"reasoning\",\"id\":").string(itemId).raw(",\"summary\":[],\"content\":[]}");
            case TEXT, REFUSAL -> ResponseWriter.message(itemId, "in_progress", "", out);
            case CALL -> ResponseWriter.call(itemId, callId, callName, "", "in_progress", out);
            case NONE -> throw new IllegalStateException("an item of no kind");
        }
        end(out);
        if (kind != Kind.CALL) {
            begin("response.content_part.added", out);
            place(out).raw(",\"part\":");
            part("", List.of(), out);
            end(out);
        }
    }

    private void delta(String type, String piece, List<TokenLogprob> tokens, ByteSink out) {
        text.append(piece);
        logprobs.addAll(tokens);
        begin(type, out);
        place(out).raw(",\"delta\":").string(piece);
        if (kind == Kind.TEXT) {
            LogprobsObject.writeTokens(tokens, out.raw(",\"logprobs\":"));
        }
        if (form.obfuscated()) {
            padding.write(out);
        }
        end(out);
    }

    /// @param cut whether the reply was
    private void close(boolean cut, ByteSink out) {
        if (kind == Kind.NONE) {
            return;
        }
        if (kind == Kind.CALL && text.isEmpty() && !cut) {
            delta("response.function_call_arguments.delta", "{}", List.of(), out);
        }
        String whole = text.toString();
        switch (kind) {
            case REASONING -> done("response.reasoning_text.done", "text", whole, out);
            case TEXT -> done("response.output_text.done", "text", whole, out);
            case REFUSAL -> done("response.refusal.done", "refusal", whole, out);
            case CALL -> done("response.function_call_arguments.done", "arguments", whole, out);
            case NONE -> {}
        }
        if (kind != Kind.CALL) {
            begin("response.content_part.done", out);
            part(whole, logprobs, place(out).raw(",\"part\":"));
            end(out);
        }
        ByteSink item = new ByteSink(256);
        item(whole, cut, item);
        begin("response.output_item.done", out);
        outputIndex(out).raw(",\"item\":").raw(item.array(), 0, item.length());
        end(out);
        kept.keep(itemId, item.toString());
        items.raw(items.isEmpty() ? "" : ",").raw(item.array(), 0, item.length());
        text.setLength(0);
        logprobs.clear();
        kind = Kind.NONE;
    }

    private void done(String type, String name, String whole, ByteSink out) {
        begin(type, out);
        place(out);
        if (kind == Kind.TEXT) {
            LogprobsObject.writeTokens(logprobs, out.raw(",\"logprobs\":"));
        }
        if (kind == Kind.CALL) {
            out.raw(",\"name\":").string(callName);
        }
        out.raw(",").string(name).raw(":").string(whole);
        end(out);
    }

    private void item(String whole, boolean cut, ByteSink out) {
        switch (kind) {
            case REASONING -> ResponseWriter.reasoning(itemId, whole, out);
            case TEXT, REFUSAL -> {
                ByteSink part = new ByteSink(256);
                part(whole, logprobs, part);
                ResponseWriter.message(itemId, ResponseWriter.status(cut), part.toString(), out);
            }
            case CALL -> ResponseWriter.call(itemId, callId, callName, whole, ResponseWriter.status(cut), out);
            case NONE -> throw new IllegalStateException("an item of no kind");
        }
    }

    private void part(String whole, List<TokenLogprob> tokens, ByteSink out) {
        switch (kind) {
            case REASONING ->
                out.raw("{\"type\":\"reasoning_text\",\"text\":").string(whole).raw("}");
            case TEXT -> ResponseWriter.textPart(whole, tokens, out);
            case REFUSAL -> ResponseWriter.refusalPart(whole, out);
            case CALL, NONE -> throw new IllegalStateException("a part of " + kind);
        }
    }

    private void response(String type, ResponseWriter.Outcome outcome, TokenEvent.@Nullable Usage usage, ByteSink out) {
        begin(type, out);
        out.raw(",\"response\":");
        String answering = model == null ? "" : model;
        ResponseWriter.object(envelope, form, answering, outcome, items.toString(), usage, out);
        end(out);
    }

    private void begin(String type, ByteSink out) {
        out.raw("event: ").raw(type).raw("\ndata: {\"type\":").string(type);
        out.raw(",\"sequence_number\":").number(sequence++);
    }

    private static void end(ByteSink out) {
        out.raw("}\n\n");
    }

    private ByteSink outputIndex(ByteSink out) {
        return out.raw(",\"output_index\":").index(opened - 1);
    }

    /// Where in the response a piece belongs.
    private ByteSink place(ByteSink out) {
        out.raw(",\"item_id\":").string(itemId);
        outputIndex(out);
        return kind == Kind.CALL ? out : out.raw(",\"content_index\":0");
    }

    private void requireRunning(int choice, TokenEvent event) {
        if (model == null || choice > 0) {
            throw ChunkWriter.outOfOrder(
                    event, "is of a choice that was not announced; there are " + (model == null ? 0 : 1));
        }
        if (reason != null) {
            throw ChunkWriter.outOfOrder(event, "came after its choice had finished");
        }
    }
}
