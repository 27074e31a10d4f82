package dev.runnel.core.moderation;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.DerivedStream;
import dev.runnel.core.FinishReason;
import dev.runnel.core.TokenEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/// A stream of which nothing is shown before a [Moderator] has allowed it.
///
/// It is asked at the end of each sentence, about all that the choice says so far; meanwhile the reply goes on being
/// made, so what a reader waits for is the judgement of a sentence, not of the reply. While one judgement is on its
/// way, sentences collect for the next: a slow moderator is asked less often. What is not allowed ends its choice with
/// [FinishReason#CONTENT_FILTER], and when all have ended the work stops, as with [Moderation]. A moderator that fails
/// breaks the stream off.
///
/// Theory: events, judgements and demand come on any thread. Each changes what is known under the lock and leaves what
/// follows from it as `work`, which one thread at a time does outside of the lock, in order.
final class JudgedStream extends DerivedStream {

    /// Most characters that a moderator is shown, unless more of them are new.
    static final int MOST = 4000;

    /// A sentence as long as this is judged before it ends: a list or code may have none.
    private static final int LONGEST_SENTENCE = 240;

    private static final String ENDS = ".!?;\n\u2026\u3002\uFF01\uFF1F\uFF1B";

    private final Moderator moderator;

    // All under the lock of this.
    private final List<Choice> choices = new ArrayList<>();
    private final Queue<Runnable> work = new ArrayDeque<>();
    private boolean isWorking;
    private boolean isCut;
    private boolean isOver;
    private TokenEvent.@Nullable Usage usage;
    private @Nullable BackendException failure;

    JudgedStream(CompletionStream source, Moderator moderator) {
        super(source);
        this.moderator = moderator;
    }

    /// What is known of a choice.
    private static final class Choice {
        private final Deque<TokenEvent> held = new ArrayDeque<>();
        private final StringBuilder said = new StringBuilder();
        private int judgeable; // of the events that are held, the first so many
        private int judgeableEnd; // of what these say
        private int judgedEnd;
        private int sentence; // characters since the last end of one
        private boolean isBeingJudged;
        private boolean isWorkDone;
        private boolean hasEnded; // for the reader

        private void read(TokenEvent piece, String text) {
            held.add(piece);
            said.append(text);
            sentence += text.length();
            if (sentence >= LONGEST_SENTENCE || text.chars().anyMatch(character -> ENDS.indexOf(character) >= 0)) {
                endSentence();
            }
        }

        private void endSentence() {
            sentence = 0;
            judgeable = held.size();
            judgeableEnd = said.length();
        }

        private boolean isSettled() {
            return hasEnded || (!isBeingJudged && judgeable == 0);
        }
    }

    // From the source

    @Override
    protected void read(TokenEvent event) {
        synchronized (this) {
            accept(event);
        }
        work();
    }

    private void accept(TokenEvent event) {
        switch (event) {
            case TokenEvent.Started started -> {
                for (int i = 0; i < started.choices(); i++) {
                    choices.add(new Choice());
                }
                emit(started);
            }
            case TokenEvent.Text piece -> {
                if (!Moderation.tellsUnseenTokens(piece)) {
                    read(piece.choice(), piece, piece.text());
                }
            }
            case TokenEvent.Thinking piece -> read(piece.choice(), piece, piece.text());
            case TokenEvent.Refusal piece -> read(piece.choice(), piece, piece.text());
            case TokenEvent.Arguments piece -> read(piece.choice(), piece, piece.text());
            case TokenEvent.Call call -> read(call.choice(), call, "\n");
            case TokenEvent.Finished end -> {
                Choice choice = choices.get(end.choice());
                choice.isWorkDone = true;
                choice.held.add(end);
                choice.endSentence();
                advance(end.choice());
                endIfSettled();
            }
            case TokenEvent.Usage cost -> {
                usage = cost;
                endIfSettled();
            }
        }
    }

    private void read(int number, TokenEvent piece, String text) {
        Choice choice = choices.get(number);
        if (!choice.hasEnded) {
            choice.read(piece, text);
            advance(number);
        }
    }

    @Override
    public void onError(Throwable broken) {
        BackendException why = BackendException.of(broken);
        if (why.kind() == BackendException.Kind.SHUTTING_DOWN) {
            channel.abort(why); // its reader may never ask for what was allowed
            return;
        }
        synchronized (this) {
            failure = why;
            choices.forEach(Choice::endSentence); // what came before is shown, if it may be
            for (int number = 0; number < choices.size(); number++) {
                advance(number);
            }
            endIfSettled();
        }
        work();
    }

    @Override
    public void onComplete() {
        // The usage came before, and ends the stream.
    }

    // Under the lock

    private void advance(int number) {
        Choice choice = choices.get(number);
        if (isOver || choice.hasEnded || choice.isBeingJudged || choice.judgeable == 0) {
            return;
        }
        int events = choice.judgeable;
        choice.judgeable = 0;
        if (choice.said.substring(choice.judgedEnd, choice.judgeableEnd).isBlank()) {
            release(choice, events);
            return;
        }
        int from = Math.clamp(choice.judgeableEnd - MOST, 0, choice.judgedEnd); // all that is new, however much
        choice.judgedEnd = choice.judgeableEnd;
        choice.isBeingJudged = true;
        String text = choice.said.substring(from, choice.judgedEnd);
        work.add(() -> ask(number, events, text));
    }

    private void release(Choice choice, int events) {
        for (int i = 0; i < events; i++) {
            TokenEvent event = choice.held.remove();
            choice.hasEnded |= event instanceof TokenEvent.Finished;
            emit(event);
        }
        choice.judgeable = Math.max(0, choice.judgeable - events);
    }

    private void emit(TokenEvent event) {
        work.add(() -> channel.emit(event));
    }

    private void endIfSettled() {
        if (isOver || !choices.stream().allMatch(Choice::isSettled)) {
            return;
        }
        if (failure != null) {
            breakOff(failure);
        } else if (choices.stream().allMatch(choice -> choice.hasEnded)) {
            boolean isWorkDone = choices.stream().allMatch(choice -> choice.isWorkDone);
            if (usage != null) {
                isOver = true;
                emit(usage);
            } else if (isCut && !isWorkDone) {
                isCut = false; // asked once
                work.add(this::endWithWhatIsSpent);
            }
        }
    }

    private void breakOff(BackendException why) {
        isOver = true;
        work.add(() -> channel.fail(why));
    }

    // Outside of it

    private void work() {
        synchronized (this) {
            if (isWorking) {
                return;
            }
            isWorking = true;
        }
        while (true) {
            Runnable next;
            synchronized (this) {
                next = work.poll();
                if (next == null) {
                    isWorking = false;
                    return;
                }
            }
            try {
                next.run();
            } catch (RuntimeException | Error broken) {
                channel.fail(BackendException.of(broken));
                stop();
            }
        }
    }

    private void ask(int number, int events, String text) {
        if (channel.isOpen()) {
            moderator.allows(text).whenComplete((isAllowed, broken) -> judged(number, events, isAllowed, broken));
        }
    }

    private void endWithWhatIsSpent() {
        source.spent().ifPresent(cost -> {
            synchronized (this) {
                emit(cost);
            }
            stop();
        });
    }

    private void judged(int number, int events, @Nullable Boolean isAllowed, @Nullable Throwable broken) {
        synchronized (this) {
            if (isOver || !channel.isOpen()) {
                return;
            }
            Choice choice = choices.get(number);
            choice.isBeingJudged = false;
            if (broken != null) {
                breakOff(BackendException.of(broken));
                work.add(this::stop);
            } else if (Boolean.TRUE.equals(isAllowed)) {
                release(choice, events);
                advance(number);
                endIfSettled();
            } else {
                choice.held.clear();
                choice.hasEnded = true;
                isCut = true;
                emit(new TokenEvent.Finished(number, FinishReason.CONTENT_FILTER));
                endIfSettled();
            }
        }
        work();
    }

    private void stop() {
        synchronized (this) {
            isOver = true;
        }
        cancelled();
    }
}
