package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenLogprob;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A response's output, as it grows: a list of items.
///
/// An item is opened by the first piece of its kind and closed by the first of another, or by the end. Only a
/// call stays open until the next one or the end, as more of its arguments may follow what is said in between.
/// So a whole response holds the items of its stream, in their order.
final class ResponseOutput {

    /// What an item is.
    enum Kind {
        REASONING("rs_"),
        TEXT("msg_"),
        REFUSAL("msg_"),
        CALL("fc_");

        private final String prefix; // of its id

        Kind(String prefix) {
            this.prefix = prefix;
        }
    }

    /// What happens to the items.
    interface Listener {
        void opened(Item item);

        void grew(Item item, String piece, List<TokenLogprob> logprobs);

        /// @param json the whole item
        void closed(Item item, ByteSink json);

        /// Nobody listens.
        Listener NONE = new Listener() {
            @Override
            public void opened(Item item) {}

            @Override
            public void grew(Item item, String piece, List<TokenLogprob> logprobs) {}

            @Override
            public void closed(Item item, ByteSink json) {}
        };
    }

    /// One of the items, for as long as it is open.
    static final class Item {
        final Kind kind;
        final String id;
        final int position;
        final String callId; // empty where it is no call
        final String callName;
        final StringBuilder text = new StringBuilder(); // or a call's arguments
        final List<TokenLogprob> logprobs = new ArrayList<>();

        private Item(Kind kind, String id, int position, String callId, String callName) {
            this.kind = kind;
            this.id = id;
            this.position = position;
            this.callId = callId;
            this.callName = callName;
        }

        /// The item while it is open, without its text.
        void writeOpened(ByteSink out) {
            switch (kind) {
                case REASONING ->
                    out.raw("{\"type\":\"reasoning\",\"id\":").string(id).raw(",\"summary\":[],\"content\":[]}");
                case TEXT, REFUSAL -> writeMessage("in_progress", "", out);
                case CALL -> writeCall("", "in_progress", out);
            }
        }

        /// The part that holds the text of an item that is no call.
        void writePart(String whole, List<TokenLogprob> tokens, ByteSink out) {
            switch (kind) {
                case REASONING ->
                    out.raw("{\"type\":\"reasoning_text\",\"text\":")
                            .string(whole)
                            .raw("}");
                case TEXT -> {
                    out.raw("{\"type\":\"output_text\",\"text\":")
                            .string(whole)
                            .raw(",\"annotations\":[],\"logprobs\":");
                    LogprobsObject.writeTokens(tokens, out);
                    out.raw("}");
                }
                case REFUSAL ->
                    out.raw("{\"type\":\"refusal\",\"refusal\":").string(whole).raw("}");
                case CALL -> throw new IllegalStateException("a call has no parts");
            }
        }

        private void write(boolean cut, List<TokenLogprob> tokens, ByteSink out) {
            String status = ResponseWriter.status(cut);
            if (kind == Kind.CALL) {
                writeCall(text.toString(), status, out);
                return;
            }
            ByteSink part = new ByteSink(256);
            writePart(text.toString(), tokens, part);
            if (kind == Kind.REASONING) {
                out.raw("{\"type\":\"reasoning\",\"id\":").string(id);
                out.raw(",\"summary\":[],\"content\":[").json(part.toString()).raw("]}");
            } else {
                writeMessage(status, part.toString(), out);
            }
        }

        private void writeMessage(String status, String parts, ByteSink out) {
            out.raw("{\"type\":\"message\",\"id\":").string(id);
            out.raw(",\"status\":").string(status);
            out.raw(",\"role\":\"assistant\",\"content\":[").json(parts).raw("]}");
        }

        private void writeCall(String arguments, String status, ByteSink out) {
            out.raw("{\"type\":\"function_call\",\"id\":").string(id);
            out.raw(",\"call_id\":").string(callId);
            out.raw(",\"name\":").string(callName);
            out.raw(",\"arguments\":").string(arguments);
            out.raw(",\"status\":").string(status).raw("}");
        }
    }

    private final String unique; // part of the ids
    private final ResponseItems kept;
    private final Listener listener;
    private final List<String> items = new ArrayList<>(); // JSON of each; empty while it is open
    private final List<TokenLogprob> ahead = new ArrayList<>(); // of a text that has not begun
    private @Nullable Item call; // the latest, while it is open
    private @Nullable Item open; // what is no call

    /// @param kept where the reply's items are
    ResponseOutput(Envelope envelope, ResponseItems kept, Listener listener) {
        unique = envelope.id().substring(envelope.id().indexOf('_') + 1);
        this.kept = kept;
        this.listener = listener;
    }

    /// @param event of a choice that has not finished
    /// @throws BackendException if there are arguments of no call
    void accept(TokenEvent event) {
        switch (event) {
            case TokenEvent.Thinking thinking -> grow(Kind.REASONING, thinking.text(), List.of());
            case TokenEvent.Text text -> {
                ahead.addAll(text.logprobs());
                if (!text.text().isEmpty() || (open != null && open.kind == Kind.TEXT)) {
                    grow(Kind.TEXT, text.text(), List.copyOf(ahead));
                    ahead.clear();
                }
            }
            case TokenEvent.Refusal refusal -> grow(Kind.REFUSAL, refusal.text(), List.of());
            case TokenEvent.Call begun -> {
                closeAll(false);
                call = open(Kind.CALL, begun.id(), begun.name());
            }
            case TokenEvent.Arguments arguments -> {
                if (call == null) {
                    throw ChunkWriter.outOfOrder(event, "came without a call before it");
                }
                closeOpen(false);
                grow(call, arguments.text(), List.of());
            }
            case TokenEvent.Finished finished -> closeAll(FinishReasons.isCut(finished.reason()));
            case TokenEvent.Started _, TokenEvent.Usage _ -> {}
        }
    }

    /// JSON of the items that have closed, with commas between them.
    String json() {
        return items.stream().filter(item -> !item.isEmpty()).collect(Collectors.joining(","));
    }

    private void grow(Kind kind, String piece, List<TokenLogprob> tokens) {
        Item item = open;
        if (item == null || item.kind != kind) {
            closeOpen(false);
            item = open(kind, "", "");
            open = item;
        }
        grow(item, piece, tokens);
    }

    private void grow(Item item, String piece, List<TokenLogprob> tokens) {
        item.text.append(piece);
        item.logprobs.addAll(tokens);
        listener.grew(item, piece, tokens);
    }

    private Item open(Kind kind, String callId, String callName) {
        int position = items.size();
        Item item = new Item(kind, kind.prefix + unique + "_" + position, position, callId, callName);
        items.add("");
        listener.opened(item);
        return item;
    }

    /// @param cut whether the reply was, and so what came last
    private void closeAll(boolean cut) {
        if (call != null) {
            close(call, cut && open == null);
            call = null;
        }
        closeOpen(cut);
    }

    private void closeOpen(boolean cut) {
        if (open != null) {
            close(open, cut);
            open = null;
        }
    }

    private void close(Item item, boolean cut) {
        if (item.kind == Kind.CALL && item.text.isEmpty() && !cut) {
            grow(item, "{}", List.of());
        }
        ByteSink json = new ByteSink(256);
        item.write(cut, item.logprobs, json);
        listener.closed(item, json);
        String whole = json.toString();
        items.set(item.position, whole);
        kept.keep(item.id, item.logprobs.isEmpty() ? whole : withoutLogprobs(item, cut));
    }

    /// What a conversation needs of an item: its logprobs may be more values than a reader takes.
    private static String withoutLogprobs(Item item, boolean cut) {
        ByteSink json = new ByteSink(256);
        item.write(cut, List.of(), json);
        return json.toString();
    }
}
