package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenLogprob;
import dev.runnel.wire.ResponseOutput.Item;
import dev.runnel.wire.ResponseOutput.Kind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes one completion's events as the events of a response.
///
/// Each item is sent again as a whole when it closes, and all of them when the response does.
final class ResponseEventWriter implements EventWriter, ResponseOutput.Listener {

    private final Envelope envelope;
    private final ReplyForm form;
    private final Padding padding;
    private final ResponseOutput output;
    private ByteSink out = new ByteSink(0); // of the call that is going on

    private @Nullable String model;
    private long sequence;
    private boolean ended;
    private TokenEvent.@Nullable Finished finished;

    /// @param kept where the reply's items are
    ResponseEventWriter(Envelope envelope, ReplyForm form, ResponseItems kept) {
        this.envelope = envelope;
        this.form = form;
        padding = new Padding(envelope.id());
        output = new ResponseOutput(envelope, kept, this);
    }

    @Override
    public void write(TokenEvent event, ByteSink out) {
        if (ended) {
            throw ChunkWriter.outOfOrder(event, "came after the stream had ended");
        }
        this.out = out;
        switch (event) {
            case TokenEvent.Started started -> start(started);
            case TokenEvent.Thinking thinking -> pass(thinking.choice(), event);
            case TokenEvent.Text text -> pass(text.choice(), event);
            case TokenEvent.Refusal refusal -> pass(refusal.choice(), event);
            case TokenEvent.Call call -> pass(call.choice(), event);
            case TokenEvent.Arguments arguments -> pass(arguments.choice(), event);
            case TokenEvent.Finished end -> {
                requireRunning(end.choice(), event);
                finished = end; // told together with the usage
            }
            case TokenEvent.Usage usage -> complete(usage);
        }
    }

    private void pass(int choice, TokenEvent event) {
        requireRunning(choice, event);
        output.accept(event);
    }

    /// The error event, and the response as one that has failed, since clients look for either.
    @Override
    public void fail(BackendException failure, ByteSink out) {
        if (ended) {
            return;
        }
        ended = true;
        this.out = out;
        begin("error");
        Errors.writeOfResponse(failure, out);
        end();
        if (model != null) {
            response("response.failed", new ResponseWriter.Outcome.Failed(failure), null);
        }
    }

    /// A response has no place for them.
    @Override
    public void time(Timings timings) {}

    private void start(TokenEvent.Started started) {
        if (model != null) {
            throw ChunkWriter.outOfOrder(started, "came twice");
        }
        if (started.choices() != 1) {
            throw ChunkWriter.outOfOrder(started, "has more choices than the one of a response");
        }
        model = started.model();
        response("response.created", new ResponseWriter.Outcome.InProgress(), null);
        response("response.in_progress", new ResponseWriter.Outcome.InProgress(), null);
    }

    private void complete(TokenEvent.Usage usage) {
        TokenEvent.Finished end = finished;
        if (end == null) {
            throw ChunkWriter.outOfOrder(usage, "came before the response had finished");
        }
        ended = true;
        output.accept(end);
        ResponseWriter.Outcome outcome = new ResponseWriter.Outcome.Ended(end.reason());
        response("response." + ResponseWriter.word(outcome), outcome, usage);
    }

    @Override
    public void opened(Item item) {
        begin("response.output_item.added");
        outputIndex(item).raw(",\"item\":");
        item.writeOpened(out);
        end();
        if (item.kind != Kind.CALL) {
            begin("response.content_part.added");
            place(item).raw(",\"part\":");
            item.writePart("", List.of(), out);
            end();
        }
    }

    @Override
    public void grew(Item item, String piece, List<TokenLogprob> logprobs) {
        begin(word(item) + ".delta");
        place(item).raw(",\"delta\":").string(piece);
        if (item.kind == Kind.TEXT) {
            LogprobsObject.writeTokens(logprobs, out.raw(",\"logprobs\":"));
        }
        if (form.obfuscated()) {
            padding.write(out);
        }
        end();
    }

    @Override
    public void closed(Item item, ByteSink json) {
        String whole = item.text.toString();
        begin(word(item) + ".done");
        place(item);
        switch (item.kind) {
            case REASONING -> out.raw(",\"text\":");
            case TEXT -> {
                LogprobsObject.writeTokens(item.logprobs, out.raw(",\"logprobs\":"));
                out.raw(",\"text\":");
            }
            case REFUSAL -> out.raw(",\"refusal\":");
            case CALL -> out.raw(",\"name\":").string(item.callName).raw(",\"arguments\":");
        }
        out.string(whole);
        end();
        if (item.kind != Kind.CALL) {
            begin("response.content_part.done");
            item.writePart(whole, item.logprobs, place(item).raw(",\"part\":"));
            end();
        }
        begin("response.output_item.done");
        outputIndex(item).raw(",\"item\":").raw(json.array(), 0, json.length());
        end();
    }

    /// What events that concern an item's text begin with.
    private static String word(Item item) {
        return switch (item.kind) {
            case REASONING -> "response.reasoning_text";
            case TEXT -> "response.output_text";
            case REFUSAL -> "response.refusal";
            case CALL -> "response.function_call_arguments";
        };
    }

    private void response(String type, ResponseWriter.Outcome outcome, TokenEvent.@Nullable Usage usage) {
        begin(type);
        out.raw(",\"response\":");
        String answering = model == null ? "" : model;
        ResponseWriter.object(envelope, form, answering, outcome, output.json(), usage, out);
        end();
    }

    private void begin(String type) {
        out.raw("event: ").raw(type).raw("\ndata: {\"type\":").string(type);
        out.raw(",\"sequence_number\":").number(sequence++);
    }

    private void end() {
        out.raw("}\n\n");
    }

    private ByteSink outputIndex(Item item) {
        return out.raw(",\"output_index\":").index(item.position);
    }

    /// Where in the response a piece belongs.
    private ByteSink place(Item item) {
        out.raw(",\"item_id\":").string(item.id);
        outputIndex(item);
        return item.kind == Kind.CALL ? out : out.raw(",\"content_index\":0");
    }

    private void requireRunning(int choice, TokenEvent event) {
        if (model == null || choice > 0) {
            throw ChunkWriter.outOfOrder(
                    event, "is of a choice that was not announced; there are " + (model == null ? 0 : 1));
        }
        if (finished != null) {
            throw ChunkWriter.outOfOrder(event, "came after its choice had finished");
        }
    }
}
