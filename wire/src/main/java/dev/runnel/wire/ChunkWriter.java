package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.runnel.core.BackendException;
import dev.runnel.core.TokenEvent;

/// Writes one completion's events as server-sent events of chunks. One for each stream; for one thread at a
/// time.
///
/// It holds the stream to the order that [dev.runnel.core] promises: `data: [DONE]` is written for no
/// stream that is not complete. What is the same in every chunk is made once, so that a piece of text costs
/// its own bytes and a few copies, and no garbage.
public final class ChunkWriter {

    private static final byte[] ROLE = ascii(",\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}");
    private static final byte[] CONTENT = ascii(",\"delta\":{\"content\":\"");
    private static final byte[] REASONING = ascii(",\"delta\":{\"reasoning_content\":\"");
    private static final byte[] NO_DELTA = ascii(",\"delta\":{}");
    private static final byte[] END_OF_DELTA = ascii("\"}");
    private static final byte[] INDEX = ascii("{\"index\":");

    private static final byte[] TEXT = ascii("{\"text\":\"");
    private static final byte[] TEXT_INDEX = ascii("\",\"index\":");

    private static final byte[] UNFINISHED = ascii(",\"logprobs\":null,\"finish_reason\":null}");
    private static final byte[] FINISHED = ascii(",\"logprobs\":null,\"finish_reason\":");

    private static final byte[] DONE = ascii("data: [DONE]\n\n");

    // One line feed: some clients take the blank line of a keep-alive block for the end of an event.
    private static final byte[] KEEP_ALIVE = ascii(": ping\n");

    private final Endpoint endpoint;
    private final Envelope envelope;
    private final boolean includeUsage;

    /// From `data: ` to `"choices":[`.
    private byte[] head = {};

    /// From `]` to the blank line, for every chunk but the one of usage.
    private final byte[] tail;

    /// Whether the choice of that index has finished. Empty until the completion has started.
    private boolean[] finished = {};

    private int unfinished;
    private boolean ended;

    /// @param includeUsage end the stream with a chunk of usage
    public ChunkWriter(Endpoint endpoint, Envelope envelope, boolean includeUsage) {
        this.endpoint = endpoint;
        this.envelope = envelope;
        this.includeUsage = includeUsage;
        tail = ascii(includeUsage ? "],\"usage\":null}\n\n" : "]}\n\n");
    }

    /// Appends what the event is on the wire: none, one or several chunks. [TokenEvent.Usage] ends the
    /// stream with `data: [DONE]`.
    ///
    /// @throws BackendException of kind `INTERNAL`, with nothing written, if the event can't follow those
    ///     before it or the endpoint has no place for it
    public void write(TokenEvent event, ByteSink out) {
        if (ended) {
            throw outOfOrder(event, "came after the stream had ended");
        }
        switch (event) {
            case TokenEvent.Started started -> start(started, out);
            case TokenEvent.Text text -> {
                requireRunning(text.choice(), event);
                piece(text.choice(), CONTENT, text.text(), out);
            }
            case TokenEvent.Thinking thinking -> {
                requireRunning(thinking.choice(), event);
                endpoint.requireChat("reasoning");
                piece(thinking.choice(), REASONING, thinking.text(), out);
            }
            case TokenEvent.Refusal _, TokenEvent.Call _, TokenEvent.Arguments _ ->
                throw outOfOrder(event, "has no form on the wire yet");
            case TokenEvent.Finished end -> {
                requireRunning(end.choice(), event);
                finish(end, out);
            }
            case TokenEvent.Usage usage -> complete(usage, out);
        }
    }

    /// Appends the error frame, after which the body ends without `data: [DONE]`; nothing if the stream has
    /// ended.
    public void fail(BackendException failure, ByteSink out) {
        if (ended) {
            return;
        }
        ended = true;
        out.raw("event: error\ndata: ");
        Errors.write(endpoint, failure, out);
        out.raw("\n\n");
    }

    /// Appends a comment line that keeps a silent connection open. It may stand between any two writes.
    public static void keepAlive(ByteSink out) {
        out.raw(KEEP_ALIVE);
    }

    private void start(TokenEvent.Started started, ByteSink out) {
        if (finished.length > 0) {
            throw outOfOrder(started, "came twice");
        }
        finished = new boolean[started.choices()];
        unfinished = started.choices();
        ByteSink common = new ByteSink(256);
        envelope.open(common.raw("data: "), endpoint.chunkObject, started.model());
        head = common.toByteArray();
        switch (endpoint) {
            case CHAT -> {
                for (int choice = 0; choice < started.choices(); choice++) {
                    out.raw(head)
                            .raw(INDEX)
                            .index(choice)
                            .raw(ROLE)
                            .raw(UNFINISHED)
                            .raw(tail);
                }
            }
            case TEXT -> {}
        }
    }

    /// @param delta what opens the piece in a conversation
    private void piece(int choice, byte[] delta, String piece, ByteSink out) {
        out.raw(head);
        switch (endpoint) {
            case CHAT -> out.raw(INDEX).index(choice).raw(delta).escaped(piece).raw(END_OF_DELTA);
            case TEXT -> out.raw(TEXT).escaped(piece).raw(TEXT_INDEX).index(choice);
        }
        out.raw(UNFINISHED).raw(tail);
    }

    private void finish(TokenEvent.Finished end, ByteSink out) {
        String reason = FinishReasons.write(endpoint, end.reason());
        finished[end.choice()] = true;
        unfinished--;
        out.raw(head);
        switch (endpoint) {
            case CHAT -> out.raw(INDEX).index(end.choice()).raw(NO_DELTA);
            case TEXT -> out.raw(TEXT).raw(TEXT_INDEX).index(end.choice());
        }
        out.raw(FINISHED).string(reason).raw("}").raw(tail);
    }

    private void complete(TokenEvent.Usage usage, ByteSink out) {
        if (finished.length == 0) {
            throw outOfOrder(usage, "came before the completion had started");
        }
        if (unfinished > 0) {
            throw outOfOrder(
                    usage, "came while %d of %d choices had not finished".formatted(unfinished, finished.length));
        }
        ended = true;
        if (includeUsage) {
            out.raw(head).raw("],\"usage\":");
            UsageObject.write(usage, out);
            out.raw("}\n\n");
        }
        out.raw(DONE);
    }

    private void requireRunning(int choice, TokenEvent event) {
        if (choice >= finished.length) {
            throw outOfOrder(event, "is of a choice that was not announced; there are " + finished.length);
        }
        if (finished[choice]) {
            throw outOfOrder(event, "came after its choice had finished");
        }
    }

    private static BackendException outOfOrder(TokenEvent event, String fault) {
        return new BackendException(
                BackendException.Kind.INTERNAL, "a backend broke the order of events: " + event + " " + fault);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }
}
