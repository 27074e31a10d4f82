package dev.runnel.core.moderation;

import dev.runnel.core.FinishReason;
import dev.runnel.core.Stage;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenLogprob;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A stage that lets nothing of a [Blocklist]'s phrases pass: a choice in which one comes ends before it, with
/// [FinishReason#CONTENT_FILTER]. Answers, reasoning, refusals and the arguments of each call are looked at
/// alike, as texts of their own. Where another kind comes in between, what was held back leaves, so that all
/// stays in its order; a phrase that goes on after it is found all the same, and its rest doesn't leave.
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
            case TokenEvent.Text piece -> {
                if (!tellsUnseenTokens(piece)) {
                    read(piece.choice(), piece, piece.text(), next);
                }
            }
            case TokenEvent.Thinking piece -> read(piece.choice(), piece, piece.text(), next);
            case TokenEvent.Refusal piece -> read(piece.choice(), piece, piece.text(), next);
            case TokenEvent.Arguments piece -> read(piece.choice(), piece, piece.text(), next);
            case TokenEvent.Call call -> {
                endStretch(call.choice(), call, next);
                choices.get(call.choice()).watches.remove(TokenEvent.Arguments.class);
            }
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

    /// Log probabilities without a text may be of tokens that nobody has looked at, unless those are but parts of
    /// a character.
    static boolean tellsUnseenTokens(TokenEvent.Text piece) {
        return piece.text().isEmpty()
                && piece.logprobs().stream()
                        .map(logprob -> logprob.token().text().replace("\uFFFD", ""))
                        .anyMatch(whole -> !whole.isBlank());
    }

    private void read(int number, TokenEvent piece, String text, Consumer<? super TokenEvent> next) {
        Choice choice = choices.get(number);
        boolean isOther = choice.kind != piece.getClass();
        if (isOther && (choice.kind == null || !text.isEmpty())) {
            endStretch(choice, number, next);
            choice.begin(piece.getClass());
        }
        if (!choice.hasEnded) {
            choice.held.add(new Held(piece, text, choice.watch.seen()));
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
        choice.held.forEach(held -> next.accept(held.piece)); // began like a phrase, and was none so far
        choice.held.clear();
        choice.kind = null;
    }

    private void release(Choice choice, int number, Consumer<? super TokenEvent> next) {
        int cleared = choice.watch.cleared();
        boolean hasFound = choice.watch.hasFound();
        while (!choice.held.isEmpty()) {
            Held first = choice.held.remove();
            if (cleared < first.end()) {
                int visible = cleared - first.at;
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
        private final Map<Class<? extends TokenEvent>, Watch> watches = new HashMap<>(); // by kind
        private @Nullable Class<? extends TokenEvent> kind; // of the pieces that come
        private Watch watch = new Watch(blocklist); // over them
        private boolean hasEnded; // for the reader
        private boolean isWorkDone;

        private void begin(Class<? extends TokenEvent> kind) {
            this.kind = kind;
            watch = watches.computeIfAbsent(kind, _ -> new Watch(blocklist));
        }
    }

    /// A piece that may be, or become, part of a phrase.
    ///
    /// @param text that it shows
    /// @param at where it begins in all text of its kind
    private record Held(TokenEvent piece, String text, int at) {

        /// Half a character, which has no text, waits for the other half.
        private int end() {
            return at + Math.max(1, text.length());
        }

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
