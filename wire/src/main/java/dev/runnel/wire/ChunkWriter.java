package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.runnel.core.BackendException;
import dev.runnel.core.Extension;
import dev.runnel.core.TokenEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes one completion's events as server-sent events of chunks.
///
/// `data: [DONE]` is written for no stream that is not complete. What is the same in every chunk is made
/// once, so that a piece of text costs its own bytes and a few copies, and no garbage.
public final class ChunkWriter implements EventWriter {

    private static final byte[] ROLE = ascii(",\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}");
    private static final byte[] CONTENT = ascii(",\"delta\":{\"content\":\"");
    private static final byte[] REFUSAL = ascii(",\"delta\":{\"refusal\":\"");
    private static final byte[] REASONING = ascii(",\"delta\":{\"reasoning_content\":\"");
    private static final byte[] REASONING_ALIAS = ascii("\",\"reasoning\":\"");
    private static final byte[] NO_DELTA = ascii(",\"delta\":{}");
    private static final byte[] END_OF_DELTA = ascii("\"}");
    private static final byte[] INDEX = ascii("{\"index\":");

    private static final byte[] CALL = ascii(",\"delta\":{\"tool_calls\":[{\"index\":");
    private static final byte[] CALL_ID = ascii(",\"id\":");
    private static final byte[] CALL_NAME = ascii(",\"type\":\"function\",\"function\":{\"name\":");
    private static final byte[] CALL_BEGINS = ascii(",\"arguments\":\"\"}}]}");
    private static final byte[] ARGUMENTS = ascii(",\"function\":{\"arguments\":\"");
    private static final byte[] END_OF_ARGUMENTS = ascii("\"}}]}");

    private static final byte[] TEXT = ascii("{\"text\":\"");
    private static final byte[] TEXT_INDEX = ascii("\",\"index\":");

    private static final byte[] UNFINISHED = ascii(",\"logprobs\":null,\"finish_reason\":null}");
    private static final byte[] LOGPROBS = ascii(",\"logprobs\":");
    private static final byte[] NO_REASON = ascii(",\"finish_reason\":null}");
    private static final byte[] FINISHED = ascii(",\"logprobs\":null,\"finish_reason\":");

    private static final byte[] END_OF_CHUNK = ascii("}\n\n");
    // One line feed: some clients take the blank line of a keep-alive block for the end of an event.
    private static final byte[] KEEP_ALIVE = ascii(": ping\n");

    private static final byte[] DONE = ascii("data: [DONE]\n\n");

    private final Endpoint endpoint;
    private final Envelope envelope;
    private final ReplyForm form;

    private final Padding padding;

    /// From `data: ` to `"choices":[`.
    private byte[] head = {};

    /// From `]` to the chunk's end, or to what pads it. For every chunk but the last.
    private final byte[] tail;

    // By the index of the choice, once the completion has started.
    private boolean[] finished = {};
    private int[] calls = {};
    private boolean[] withoutArguments = {}; // the latest call has had none yet
    private int[] offsets = {}; // code points of text so far, where someone asks for logprobs

    private int unfinished;
    private boolean ended;

    /// The end of the last choice, until what follows it is there.
    private TokenEvent.@Nullable Finished lastFinish;

    private @Nullable Timings timings;

    /// What came beside events of which nothing has been written yet, and beside the next.
    private @Nullable ChunkExtensions beside;

    /// @param endpoint of chats or of texts
    ChunkWriter(Endpoint endpoint, Envelope envelope, ReplyForm form) {
        this.endpoint = endpoint;
        this.envelope = envelope;
        this.form = form;
        padding = new Padding(envelope.id());
        String usage = form.includeUsage() ? "],\"usage\":null" : "]";
        tail = ascii(form.obfuscated() ? usage : usage + "}\n\n");
    }

    @Override
    public void extend(Extension extension) {
        if (beside == null) {
            beside = new ChunkExtensions(form.tier(), envelope.fingerprint().isPresent());
        }
        beside.add(extension);
    }

    @Override
    public void write(TokenEvent event, ByteSink out) {
        if (ended) {
            throw outOfOrder(event, "came after the stream had ended");
        }
        if (beside == null || beside.isEmpty()) {
            writeEvent(event, out);
            return;
        }
        for (Extension alone : beside.takeAlone()) {
            int choice = alone.choice().orElseThrow();
            if (choice < finished.length && !finished[choice]) {
                int from = out.length();
                bare(choice, out);
                beside.splice(List.of(alone), from, out);
            }
        }
        int from = out.length();
        writeEvent(event, out);
        beside.splice(event instanceof TokenEvent.Usage && form.includeUsage(), from, out);
    }

    private void writeEvent(TokenEvent event, ByteSink out) {
        switch (event) {
            case TokenEvent.Started started -> start(started, out);
            case TokenEvent.Text text -> {
                requireRunning(text.choice(), event);
                text(text, out);
            }
            case TokenEvent.Thinking(var choice, var piece) -> {
                requireRunning(choice, event);
                endpoint.requireChat("reasoning");
                think(choice, piece, out);
            }
            case TokenEvent.Refusal(var choice, var piece) -> {
                requireRunning(choice, event);
                endpoint.requireChat("a refusal");
                delta(choice, REFUSAL, piece, out);
            }
            case TokenEvent.Call call -> {
                requireRunning(call.choice(), event);
                endpoint.requireChat("a tool call");
                call(call, out);
            }
            case TokenEvent.Arguments(var choice, var piece) -> {
                requireRunning(choice, event);
                if (calls[choice] == 0) {
                    throw outOfOrder(event, "came before its choice had called a tool");
                }
                arguments(choice, piece, out);
            }
            case TokenEvent.Finished end -> {
                requireRunning(end.choice(), event);
                finish(end, out);
            }
            case TokenEvent.Usage usage -> complete(usage, out);
        }
    }

    /// The error frame, after which there is no `data: [DONE]`.
    @Override
    public void fail(BackendException failure, ByteSink out) {
        if (ended) {
            return;
        }
        ended = true;
        out.raw("event: error\ndata: ");
        Errors.write(endpoint, failure, out);
        out.raw("\n\n");
    }

    /// Appends a comment line that keeps a silent connection open. It may stand between any two writes of
    /// any stream.
    public static void keepAlive(ByteSink out) {
        out.raw(KEEP_ALIVE);
    }

    @Override
    public void time(Timings timings) {
        this.timings = timings;
    }

    private void start(TokenEvent.Started started, ByteSink out) {
        if (finished.length > 0) {
            throw outOfOrder(started, "came twice");
        }
        int choices = started.choices();
        finished = new boolean[choices];
        calls = new int[choices];
        withoutArguments = new boolean[choices];
        offsets = new int[choices];
        unfinished = choices;
        ByteSink common = new ByteSink(256);
        envelope.open(common.raw("data: "), endpoint.chunkObject, started.model(), form);
        head = common.toByteArray();
        if (endpoint == Endpoint.CHAT) {
            for (int choice = 0; choice < choices; choice++) {
                end(out.raw(head).raw(INDEX).index(choice).raw(ROLE).raw(UNFINISHED));
            }
        }
    }

    private void text(TokenEvent.Text event, ByteSink out) {
        int choice = event.choice();
        out.raw(head);
        if (endpoint == Endpoint.CHAT) {
            out.raw(INDEX).index(choice).raw(CONTENT).escaped(event.text()).raw(END_OF_DELTA);
        } else {
            out.raw(TEXT).escaped(event.text()).raw(TEXT_INDEX).index(choice);
        }
        if (event.logprobs().isEmpty()) {
            end(out.raw(UNFINISHED));
        } else {
            logprobs(event, out.raw(LOGPROBS));
            end(out.raw(NO_REASON));
        }
        if (form.logprobs().isPresent()) {
            offsets[choice] += event.text().codePointCount(0, event.text().length());
        }
    }

    private void logprobs(TokenEvent.Text event, ByteSink out) {
        if (endpoint == Endpoint.CHAT) {
            LogprobsObject.writeChat(event.logprobs(), out);
        } else {
            int alternatives = form.logprobs().orElse(0);
            LogprobsObject.writeText(event.logprobs(), event.text(), alternatives, offsets[event.choice()], out);
        }
    }

    private void think(int choice, String piece, ByteSink out) {
        if (form.reasoningAlias()) {
            out.raw(head).raw(INDEX).index(choice).raw(REASONING).escaped(piece);
            end(out.raw(REASONING_ALIAS).escaped(piece).raw(END_OF_DELTA).raw(UNFINISHED));
        } else {
            delta(choice, REASONING, piece, out);
        }
    }

    /// @param opening up to the piece
    private void delta(int choice, byte[] opening, String piece, ByteSink out) {
        out.raw(head).raw(INDEX).index(choice);
        end(out.raw(opening).escaped(piece).raw(END_OF_DELTA).raw(UNFINISHED));
    }

    /// A chunk that says nothing.
    private void bare(int choice, ByteSink out) {
        out.raw(head);
        if (endpoint == Endpoint.CHAT) {
            out.raw(INDEX).index(choice).raw(NO_DELTA);
        } else {
            out.raw(TEXT).raw(TEXT_INDEX).index(choice);
        }
        end(out.raw(UNFINISHED));
    }

    private void call(TokenEvent.Call call, ByteSink out) {
        int choice = call.choice();
        completeArguments(choice, out);
        out.raw(head).raw(INDEX).index(choice).raw(CALL).index(calls[choice]);
        out.raw(CALL_ID).string(call.id()).raw(CALL_NAME).string(call.name()).raw(CALL_BEGINS);
        end(out.raw(UNFINISHED));
        calls[choice]++;
        withoutArguments[choice] = true;
    }

    private void arguments(int choice, String piece, ByteSink out) {
        out.raw(head).raw(INDEX).index(choice).raw(CALL).index(calls[choice] - 1);
        end(out.raw(ARGUMENTS).escaped(piece).raw(END_OF_ARGUMENTS).raw(UNFINISHED));
        withoutArguments[choice] = false;
    }

    /// A call without arguments has an empty object of them, which is what a client parses.
    private void completeArguments(int choice, ByteSink out) {
        if (withoutArguments[choice]) {
            arguments(choice, "{}", out);
        }
    }

    private void finish(TokenEvent.Finished end, ByteSink out) {
        var _ = word(end); // if there is none, nothing has happened yet
        if (!FinishReasons.isCut(end.reason())) {
            completeArguments(end.choice(), out);
        }
        finished[end.choice()] = true;
        unfinished--;
        if (unfinished == 0) {
            lastFinish = end;
        } else {
            finishChunk(end, out);
            end(out);
        }
    }

    private String word(TokenEvent.Finished end) {
        return FinishReasons.write(endpoint, end.reason(), calls[end.choice()] > 0, form);
    }

    /// The chunk up to the end of its choice.
    private void finishChunk(TokenEvent.Finished end, ByteSink out) {
        out.raw(head);
        if (endpoint == Endpoint.CHAT) {
            out.raw(INDEX).index(end.choice()).raw(NO_DELTA);
        } else {
            out.raw(TEXT).raw(TEXT_INDEX).index(end.choice());
        }
        out.raw(FINISHED).string(word(end)).raw("}");
    }

    private void complete(TokenEvent.Usage usage, ByteSink out) {
        if (finished.length == 0) {
            throw outOfOrder(usage, "came before the completion had started");
        }
        TokenEvent.Finished last = lastFinish;
        if (last == null) {
            throw outOfOrder(
                    usage, "came while %d of %d choices had not finished".formatted(unfinished, finished.length));
        }
        ended = true;
        finishChunk(last, out);
        if (form.includeUsage()) {
            end(out);
            out.raw(head).raw("],\"usage\":");
            UsageObject.write(usage, out);
        } else {
            out.raw("]");
        }
        if (timings != null) {
            timings.write(usage, out);
        }
        if (form.obfuscated()) {
            padding.write(out);
        }
        out.raw(END_OF_CHUNK).raw(DONE);
    }

    /// Ends the chunk after its choice.
    private void end(ByteSink out) {
        out.raw(tail);
        if (form.obfuscated()) {
            padding.write(out);
            out.raw(END_OF_CHUNK);
        }
    }

    private void requireRunning(int choice, TokenEvent event) {
        if (choice >= finished.length) {
            throw outOfOrder(event, "is of a choice that was not announced; there are " + finished.length);
        }
        if (finished[choice]) {
            throw outOfOrder(event, "came after its choice had finished");
        }
    }

    static BackendException outOfOrder(TokenEvent event, String fault) {
        return new BackendException(
                BackendException.Kind.INTERNAL, "a backend broke the order of events: " + event + " " + fault);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }
}
