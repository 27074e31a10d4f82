package dev.runnel.engine.schedule;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.FinishReason;
import dev.runnel.core.TokenEvent;
import dev.runnel.engine.EngineStats;
import dev.runnel.engine.model.KvSequence;
import dev.runnel.engine.model.LanguageModel;
import dev.runnel.engine.model.Slice;
import dev.runnel.engine.sampling.Sampler;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Owns a model's batch and steps it: see the package for what a step does and what is promised.
///
/// [#complete], [#stats] and [#close] are for any thread. Everything that is private and unguarded belongs to
/// the one thread that steps: its own, once [#start]ed, or a test's.
public final class Scheduler implements AutoCloseable {

    private final LanguageModel model;
    private final Vocabulary vocabulary;
    private final Limits limits;
    private final Executor intake;
    private final LongSupplier nanoTime;
    private final LongSupplier seeds;

    private final Tally tally = new Tally();
    private final Pace pace = new Pace();
    private volatile @Nullable Thread thread;

    private final Object gate = new Object();
    /// Admitted and not yet seen by the loop. Under the gate.
    private final List<Generation> arrivals = new ArrayList<>();
    /// Changes once, under the gate.
    private volatile boolean closed;

    private final List<Generation> waiting = new ArrayList<>();
    private final List<Sequence> running = new ArrayList<>();
    private final List<Sequence> stepping = new ArrayList<>(); // those in the batch, in its order
    private final List<Slice> batch = new ArrayList<>();
    private final Sampler sampler;
    private final Deque<float[]> freeLogits = new ArrayDeque<>();

    /// @param model owned from here on: closed when the loop ends
    /// @param intake where prompts are prepared; not the loop's thread
    /// @param nanoTime a clock that never goes back, as [System#nanoTime]
    /// @param seeds of requests that bring none
    public Scheduler(
            LanguageModel model,
            Vocabulary vocabulary,
            Limits limits,
            Executor intake,
            LongSupplier nanoTime,
            LongSupplier seeds) {
        this.model = model;
        this.vocabulary = vocabulary;
        this.limits = limits;
        this.intake = intake;
        this.nanoTime = nanoTime;
        this.seeds = seeds;
        sampler = new Sampler(model.vocabularySize());
    }

    /// Starts the thread that steps.
    public void start() {
        thread = Thread.ofPlatform().name("runnel-steps").daemon().start(this::run);
    }

    /// The stream that answers `request`.
    ///
    /// @param prompt makes the request's prompt into tokens, on the intake's thread, once the first event is
    ///     asked for; throws a [BackendException] if it can't
    public CompletionStream complete(CompletionRequest request, Supplier<PreparedPrompt> prompt) {
        return new Generation(this, request, prompt).channel;
    }

    public EngineStats stats() {
        return tally.stats();
    }

    /// Fails what waits and what runs, and closes the model. Returns when that is done, unless the loop's own
    /// thread calls it, from within an event: then it is done right after that event's step.
    @Override
    public void close() {
        synchronized (gate) {
            if (closed) {
                return;
            }
            closed = true;
        }
        Thread loop = thread;
        if (loop == null) {
            end();
        } else if (loop != Thread.currentThread()) {
            LockSupport.unpark(loop);
            joinUninterruptibly(loop);
        }
    }

    private static void joinUninterruptibly(Thread loop) {
        boolean interrupted = false;
        while (true) {
            try {
                loop.join();
                break;
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// The loop has something to look at.
    void wake() {
        LockSupport.unpark(thread);
    }

    /// A completion's first event was asked for: prepares it, unless there is too much to do already.
    void enter(Generation newcomer) {
        int most = limits.sequences() + limits.waiting();
        if (tally.inProgress.incrementAndGet() > most) {
            Duration retryAfter = pace.untilDeparted(Math.max(1, limits.waiting()));
            refuse(
                    newcomer,
                    BackendException.overloaded(
                            "%d completions run or wait, as many as this engine takes; try again in %d s"
                                    .formatted(most, retryAfter.toSeconds()),
                            retryAfter));
            return;
        }
        try {
            intake.execute(() -> prepare(newcomer));
        } catch (RejectedExecutionException _) {
            refuse(newcomer, shuttingDown());
        }
    }

    /// On the intake's thread: makes the prompt into tokens, and hands the completion to the loop or refuses
    /// it.
    private void prepare(Generation newcomer) {
        if (closed) {
            refuse(newcomer, shuttingDown());
            return;
        }
        if (!newcomer.isCancelled()) {
            try {
                newcomer.prepare(model.contextLength(), seeds.getAsLong());
            } catch (RuntimeException | Error failure) {
                refuse(newcomer, closed ? shuttingDown() : BackendException.of(failure));
                return;
            }
            newcomer.channel.emit(new TokenEvent.Started(newcomer.request.model(), newcomer.request.choices()));
        }
        boolean tooLate;
        synchronized (gate) {
            tooLate = closed;
            if (!tooLate) {
                arrivals.add(newcomer);
            }
        }
        if (tooLate) {
            refuse(newcomer, shuttingDown());
        } else {
            wake();
        }
    }

    private void refuse(Generation newcomer, BackendException refusal) {
        tally.inProgress.decrementAndGet();
        tally.refused.increment();
        newcomer.channel.fail(refusal);
    }

    private void run() {
        try {
            while (!closed) {
                if (!step()) {
                    LockSupport.park(this);
                }
            }
        } finally {
            synchronized (gate) {
                closed = true;
            }
            end();
        }
    }

    private void end() {
        takeIn();
        letGo();
        waiting.forEach(this::shutDown);
        running.forEach(sequence -> shutDown(sequence.generation));
        model.close();
    }

    /// One step, where there is anything to do.
    ///
    /// @return whether the model ran; if not, nothing can be done until [#wake]
    boolean step() {
        takeIn();
        letGo();
        giveRoom();
        compose();
        if (batch.isEmpty()) {
            return false;
        }
        long begin = nanoTime.getAsLong();
        try {
            model.forward(batch);
        } catch (RuntimeException | Error fault) {
            BackendException failure = new BackendException(
                    BackendException.Kind.INTERNAL, "the model failed while it computed a step: " + fault, fault);
            stepping.forEach(sequence -> fail(sequence.generation, failure));
            return true;
        }
        pace.stepped(nanoTime.getAsLong() - begin);
        tally.steps.increment();
        for (int i = 0; i < batch.size(); i++) {
            Sequence sequence = stepping.get(i);
            try {
                advance(sequence, batch.get(i).length());
            } catch (RuntimeException | Error fault) {
                fail(sequence.generation, BackendException.of(fault));
            }
        }
        return true;
    }

    private void takeIn() {
        synchronized (gate) {
            waiting.addAll(arrivals);
            arrivals.clear();
        }
    }

    /// Stops what nobody reads any more and forgets what has ended.
    private void letGo() {
        waiting.forEach(this::stopIfCancelled);
        running.forEach(sequence -> stopIfCancelled(sequence.generation));
        waiting.removeIf(generation -> generation.hasEnded);
        running.removeIf(sequence -> sequence.hasEnded);
    }

    private void stopIfCancelled(Generation generation) {
        if (generation.isCancelled() && !generation.hasEnded) {
            retire(generation);
            tally.cancelled.increment();
            tally.lostTokens.add(generation.spentTokens());
        }
    }

    /// Lets those that wait begin, in their order, as long as there is room. One whose reader asks for
    /// nothing is passed over; one for which the cache has no room at the moment is not, lest small ones
    /// starve it.
    private void giveRoom() {
        Iterator<Generation> queue = waiting.iterator();
        while (queue.hasNext() && running.size() < limits.sequences()) {
            Generation generation = queue.next();
            if (generation.channel.demand() == 0) {
                continue;
            }
            try {
                while (!generation.hasBegun() && running.size() < limits.sequences()) {
                    if (!begin(generation)) {
                        return;
                    }
                }
            } catch (RuntimeException | Error fault) {
                fail(generation, BackendException.of(fault));
            }
            if (generation.hasBegun() || generation.hasEnded) {
                queue.remove();
            }
        }
    }

    /// Makes a sequence of the next choice, if the cache has room for it.
    private boolean begin(Generation generation) {
        Optional<KvSequence> room = model.reserve(generation.prompt().tokens().length + generation.maxTokens());
        if (room.isEmpty()) {
            return false;
        }
        float[] free = freeLogits.poll();
        float[] logits = free == null ? new float[model.vocabularySize()] : free;
        running.add(new Sequence(generation, generation.begun, room.get(), logits, _ -> callId()));
        if (generation.begun == 0) {
            tally.running.incrementAndGet();
        }
        generation.begun++;
        return true;
    }

    /// Fills the batch: from each sequence whose reader asks for more either one token or a slice of its
    /// prompt.
    private void compose() {
        batch.clear();
        stepping.clear();
        int promptTokens = limits.promptTokensPerStep();
        for (Sequence sequence : running) {
            if (sequence.generation.channel.demand() == 0) {
                continue;
            }
            if (!sequence.isReadingPrompt()) {
                batch.add(sequence.nextToken());
            } else if (promptTokens > 0) {
                Slice slice = sequence.promptSlice(promptTokens);
                promptTokens -= slice.length();
                batch.add(slice);
            } else {
                continue;
            }
            stepping.add(sequence);
        }
    }

    /// Counts what a sequence has read in this step, and generates its next token if its prompt is read.
    private void advance(Sequence sequence, int tokensRead) {
        Generation generation = sequence.generation;
        if (generation.hasEnded) {
            return; // a choice before it has failed
        }
        if (sequence.generated == 0) {
            generation.promptTokensRead += tokensRead;
            tally.promptTokens.add(tokensRead);
        }
        if (sequence.isReadingPrompt()) {
            return;
        }
        int token = sampler.sample(sequence.logits, generation.request.sampling(), sequence.draws);
        sequence.append(token);
        generation.completionTokens++;
        tally.generatedTokens.increment();

        boolean isEnd = vocabulary.isEndOfGeneration(token);
        boolean isLast = isEnd || sequence.generated == generation.maxTokens();
        if (!isEnd) {
            sequence.reply.token(token, vocabulary.bytes(token), null, generation.events);
        }
        if (isLast) {
            sequence.reply.finish(generation.events);
        }
        if (isEnd || sequence.reply.isStopped()) {
            finish(sequence, sequence.reply.hasCalled() ? FinishReason.TOOL_CALLS : FinishReason.STOP);
        } else if (isLast) {
            finish(sequence, FinishReason.LENGTH);
        }
    }

    /// Not made of the request's seed: two replies in one conversation may have the same.
    private String callId() {
        return "call_" + HexFormat.of().toHexDigits(seeds.getAsLong());
    }

    /// A choice is complete. Room is free before its reader hears of it.
    private void finish(Sequence sequence, FinishReason reason) {
        Generation generation = sequence.generation;
        free(sequence);
        generation.finished++;
        generation.reasoningTokens += sequence.reply.reasoningTokens();
        boolean isWhole = generation.finished == generation.request.choices();
        if (isWhole) {
            retire(generation);
            tally.completed.increment();
        }
        generation.channel.emit(new TokenEvent.Finished(sequence.choice, reason));
        if (isWhole) {
            generation.channel.emit(new TokenEvent.Usage(
                    generation.prompt().tokens().length, 0, generation.completionTokens, generation.reasoningTokens));
        }
    }

    private void fail(Generation generation, BackendException failure) {
        if (!generation.hasEnded) {
            retire(generation);
            countFailed(generation);
            generation.channel.fail(failure);
        }
    }

    /// As [#fail], but without waiting for the reader to ask for what is before the failure.
    private void shutDown(Generation generation) {
        if (!generation.hasEnded) {
            retire(generation);
            countFailed(generation);
            generation.channel.abort(shuttingDown());
        }
    }

    private void countFailed(Generation generation) {
        tally.failed.increment();
        tally.lostTokens.add(generation.spentTokens());
    }

    /// Nothing more is done for a completion, however it ended.
    private void retire(Generation generation) {
        generation.hasEnded = true;
        for (Sequence sequence : running) {
            if (sequence.generation == generation && !sequence.hasEnded) {
                free(sequence);
            }
        }
        if (generation.begun > 0) {
            tally.running.decrementAndGet();
        }
        tally.inProgress.decrementAndGet();
        pace.departed();
    }

    private void free(Sequence sequence) {
        sequence.end();
        freeLogits.add(sequence.logits);
    }

    private static BackendException shuttingDown() {
        return new BackendException(BackendException.Kind.SHUTTING_DOWN, "the engine is being closed");
    }
}
