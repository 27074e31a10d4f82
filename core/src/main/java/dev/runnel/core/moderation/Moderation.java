package dev.runnel.core.moderation;

import dev.runnel.core.FinishReason;
import dev.runnel.core.Stage;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenLogprob;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A stage that lets nothing of a [Blocklist]'s phrases pass: a choice in which one comes ends before it, with
/// [FinishReason#CONTENT_FILTER]. Answers, reasoning, refusals and arguments are looked at alike, each stretch of one
/// of them by itself.
///
/// When all choices have ended, so does the stream, and with it the work. What it has cost until then is its usage;
/// where nobody knows that yet, the work goes on unseen until its source tells.
public final class Moderation implements Stage {

    private final Blocklist blocklist;
    private final Supplier<Optional<TokenEvent.Usage>> spent;
    private final List<Choice> choices = new ArrayList<>();
    private boolean isCut;

    /// @param spent what the stream has cost so far, as its source says
    public Moderation(Blocklist blocklist, Supplier<Optional<TokenEvent.Usage>> spent) {
        this.blocklist = blocklist;
        this.spent = spent;
    }

    @Override
    public void accept(TokenEvent event, Consumer<? super TokenEvent> next) {
        switch (event) {
            case TokenEvent.Started started -> {
                for (int i = 0; i < started.choices(); i++) {
                    choices.add(new Choice());
                }
                next.accept(started);
            }
            case TokenEvent.Text piece -> read(piece.choice(), piece, piece.text(), next);
            case TokenEvent.Thinking piece -> read(piece.choice(), piece, piece.text(), next);
            case TokenEvent.Refusal piece -> read(piece.choice(), piece, piece.text(), next);
            case TokenEvent.Arguments piece -> read(piece.choice(), piece, piece.text(), next);
            case TokenEvent.Call call -> endStretch(call.choice(), call, next);
            case TokenEvent.Finished end -> {
                choices.get(end.choice()).isWorkDone = true;
                endStretch(end.choice(), end, next);
            }
            case TokenEvent.Usage cost -> next.accept(cost);
        }
        if (isCut && choices.stream().allMatch(choice -> choice.hasEnded)) {
            isCut = false; // asked once
            boolean isWorkDone = choices.stream().allMatch(choice -> choice.isWorkDone);
            if (!isWorkDone) {
                spent.get().ifPresent(next);
            }
        }
    }

    private void read(int number, TokenEvent piece, String text, Consumer<? super TokenEvent> next) {
        Choice choice = choices.get(number);
        if (choice.kind != piece.getClass()) {
            endStretch(choice, number, next);
            choice.kind = piece.getClass();
        }
        if (!choice.hasEnded) {
            choice.held.add(new Held(piece, text, choice.seen));
            choice.seen += text.length();
            choice.watch.read(text);
            release(choice, number, next);
        }
    }

    /// Before an event that is no piece.
    private void endStretch(int number, TokenEvent event, Consumer<? super TokenEvent> next) {
        Choice choice = choices.get(number);
        endStretch(choice, number, next);
        if (!choice.hasEnded) {
            choice.hasEnded = event instanceof TokenEvent.Finished;
            next.accept(event);
        }
    }

    private void endStretch(Choice choice, int number, Consumer<? super TokenEvent> next) {
        if (choice.hasEnded) {
            return;
        }
        choice.watch.end();
        release(choice, number, next);
        choice.held.forEach(held -> next.accept(held.piece)); // began like a phrase, and was none
        choice.begin();
    }

    private void release(Choice choice, int number, Consumer<? super TokenEvent> next) {
        int cleared = choice.watch.cleared();
        boolean hasFound = choice.watch.hasFound();
        while (!choice.held.isEmpty()) {
            Held first = choice.held.remove();
            int visible = Math.min(cleared - first.at, first.text.length());
            if (visible < first.text.length()) {
                if (visible > 0 && (hasFound || first.canBeCut())) {
                    first.beginning(visible).ifPresent(next);
                    first = first.rest(visible);
                }
                choice.held.addFirst(first);
                break;
            }
            next.accept(first.piece);
        }
        if (hasFound) {
            choice.held.clear();
            choice.hasEnded = true;
            isCut = true;
            next.accept(new TokenEvent.Finished(number, FinishReason.CONTENT_FILTER));
        }
    }

    /// What is known of a choice.
    private final class Choice {
        private final Deque<Held> held = new ArrayDeque<>();
        private Watch watch = new Watch(blocklist);
        private int seen; // of the stretch
        private @Nullable Class<? extends TokenEvent> kind; // of its pieces
        private boolean hasEnded; // for the reader
        private boolean isWorkDone;

        private void begin() {
            held.clear();
            watch = new Watch(blocklist);
            seen = 0;
            kind = null;
        }
    }

    /// A piece that may be, or become, part of a phrase.
    ///
    /// @param text that it shows
    /// @param at where the text begins in its stretch
    private record Held(TokenEvent piece, String text, int at) {

        /// Pieces with logprobs are passed on whole, as these belong to their tokens.
        private boolean canBeCut() {
            return !(piece instanceof TokenEvent.Text answer)
                    || answer.logprobs().isEmpty();
        }

        /// Its first `length` characters; of a piece with logprobs, as many whole tokens as are in them.
        private Optional<TokenEvent> beginning(int length) {
            return canBeCut()
                    ? Optional.of(with(text.substring(0, length)))
                    : wholeTokens((TokenEvent.Text) piece, length);
        }

        private Held rest(int length) {
            String rest = text.substring(length);
            return new Held(canBeCut() ? with(rest) : piece, rest, at + length);
        }

        private TokenEvent with(String other) {
            return switch (piece) {
                case TokenEvent.Text whole -> new TokenEvent.Text(whole.choice(), other);
                case TokenEvent.Thinking whole -> new TokenEvent.Thinking(whole.choice(), other);
                case TokenEvent.Refusal whole -> new TokenEvent.Refusal(whole.choice(), other);
                case TokenEvent.Arguments whole -> new TokenEvent.Arguments(whole.choice(), other);
                case TokenEvent.Started _, TokenEvent.Call _, TokenEvent.Finished _, TokenEvent.Usage _ ->
                    throw new IllegalStateException("no piece of a text: " + piece);
            };
        }

        private static Optional<TokenEvent> wholeTokens(TokenEvent.Text answer, int length) {
            List<TokenLogprob> tokens = new ArrayList<>();
            int end = 0;
            for (TokenLogprob token : answer.logprobs()) {
                String shown = token.token().text();
                if (end + shown.length() > length || !answer.text().startsWith(shown, end)) {
                    break;
                }
                end += shown.length();
                tokens.add(token);
            }
            return tokens.isEmpty()
                    ? Optional.empty()
                    : Optional.of(
                            new TokenEvent.Text(answer.choice(), answer.text().substring(0, end), tokens));
        }
    }
}
