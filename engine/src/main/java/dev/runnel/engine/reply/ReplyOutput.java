package dev.runnel.engine.reply;

import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenLogprob;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/// Events in the making: pieces of one kind are joined until another kind comes or a token has been read, and
/// each piece of the answer gets the logprobs of the tokens that it is the text of.
final class ReplyOutput implements ObjectCall.Listener {

    private enum Kind {
        TEXT,
        REASONING,
        ARGUMENTS
    }

    /// A token's logprob, waiting for its text to leave.
    ///
    /// @param from code points of the reply before the token's text
    /// @param end code points of the reply up to the end of its last character
    private record Waiting(TokenLogprob logprob, long from, long end) {}

    private final int choice;
    private final IntFunction<String> callIds;
    private final StringBuilder piece = new StringBuilder();
    private Kind kind = Kind.TEXT;
    private int calls;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private long released;
    private Consumer<? super TokenEvent> events = _ -> {};

    /// @param callIds the id of the call of that number
    ReplyOutput(int choice, IntFunction<String> callIds) {
        this.choice = choice;
        this.callIds = callIds;
    }

    /// Where events go from here on.
    void to(Consumer<? super TokenEvent> events) {
        this.events = events;
    }

    int calls() {
        return calls;
    }

    void text(CharSequence text) {
        add(Kind.TEXT, text, text.length());
    }

    /// The first `length` characters of `text`.
    void prose(boolean isReasoning, CharSequence text, int length) {
        add(isReasoning ? Kind.REASONING : Kind.TEXT, text, length);
    }

    @Override
    public void call(String name) {
        flush();
        waiting.clear(); // of text that was a call
        events.accept(new TokenEvent.Call(choice, callIds.apply(calls++), name));
    }

    @Override
    public void arguments(String text) {
        add(Kind.ARGUMENTS, text, text.length());
    }

    private void add(Kind next, CharSequence text, int length) {
        if (next != kind) {
            flush();
            kind = next;
        }
        piece.append(text, 0, length);
    }

    /// A token of the answer has a logprob to tell, once its text leaves.
    ///
    /// @param from code points of the reply before its text
    /// @param end code points of the reply up to the end of its last character
    void expect(TokenLogprob logprob, long from, long end) {
        waiting.add(new Waiting(logprob, from, end));
    }

    /// The first `count` code points of the reply have been decided on.
    void release(long count) {
        released = count;
    }

    /// Forgets the logprobs of what is no part of the answer after all: tokens of which the first `count` code
    /// points hold nothing. One that was cut there has its logprob.
    void forget(long count) {
        while (!waiting.isEmpty() && waiting.getLast().from >= count) {
            waiting.removeLast();
        }
        if (!waiting.isEmpty() && waiting.getLast().end > count) {
            Waiting cut = waiting.removeLast();
            waiting.add(new Waiting(cut.logprob, cut.from, count));
        }
    }

    /// Hands over what has come together.
    void flush() {
        List<TokenLogprob> logprobs = kind == Kind.TEXT ? leaving() : List.of();
        if (piece.isEmpty() && logprobs.isEmpty()) {
            return;
        }
        String text = piece.toString();
        piece.setLength(0);
        events.accept(
                switch (kind) {
                    case TEXT -> new TokenEvent.Text(choice, text, logprobs);
                    case REASONING -> new TokenEvent.Thinking(choice, text);
                    case ARGUMENTS -> new TokenEvent.Arguments(choice, text);
                });
    }

    private List<TokenLogprob> leaving() {
        if (waiting.isEmpty()) {
            return List.of();
        }
        List<TokenLogprob> leaving = new ArrayList<>();
        for (Waiting next = waiting.peek(); next != null && next.end <= released; next = waiting.peek()) {
            leaving.add(next.logprob);
            waiting.remove();
        }
        return leaving;
    }
}
