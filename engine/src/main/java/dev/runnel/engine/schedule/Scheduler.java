package dev.runnel.engine.schedule;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.FinishReason;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenLogprob;
import dev.runnel.core.TokenText;
import dev.runnel.engine.EngineStats;
import dev.runnel.engine.kernel.Workers;
import dev.runnel.engine.model.KvSequence;
import dev.runnel.engine.model.LanguageModel;
import dev.runnel.engine.model.PromptPace;
import dev.runnel.engine.model.Slice;
import dev.runnel.engine.reply.ReplyFormat;
import dev.runnel.engine.reply.ReplyReader;
import dev.runnel.engine.sampling.Logprobs;
import dev.runnel.engine.sampling.Sampler;
import dev.runnel.engine.speculation.Guesses;
import dev.runnel.engine.speculation.Speculation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Owns a model's batch and steps it: see the package for what a step does and what is promised.
///
/// [#complete], [#stats] and [#close] are for any thread. Everything that is private and unguarded belongs to
/// the one thread that steps: its own, once [#start]ed, or a test's.
public final class Scheduler implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Scheduler.class.getName());

    /// Tokens of a reply for which there has to be room before it begins, so that it does not stop at once.
    private static final int HEADROOM = 64;

    private static final int[] NOTHING = {};

    private static final Comparator<Sequence> FEWEST_UNREAD = Comparator.comparingInt(Sequence::unread);

    private final LanguageModel model;
    private final Vocabulary vocabulary;
    private final Limits limits;
    private final Executor intake;
    private final LongSupplier nanoTime;
    private final LongSupplier seeds;
    private final Speculation speculation;

    private final Tally tally;
    private final Pace pace = new Pace();
    private final PromptPace promptPace = new PromptPace();
    private volatile @Nullable Thread thread;

    private final Object gate = new Object();
    /// Admitted and not yet seen by the loop. Under the gate.
    private final List<Generation> arrivals = new ArrayList<>();
    /// Changes once, under the gate.
    private volatile boolean closed;
    /// What has ended the loop, where nobody asked it to end. Set before `closed`.
    private volatile @Nullable Throwable fault;

    private final List<Generation> waiting = new ArrayList<>();
    private final List<Sequence> running = new ArrayList<>();
    private final List<Sequence> stepping = new ArrayList<>(); // those in the batch, in its order
    private final List<Slice> batch = new ArrayList<>();
    private final List<Sequence> readers = new ArrayList<>(); // of prompts, who could be in the batch
    private int promptTokens; // of the batch
    private boolean answers; // the batch, to someone
    private double unusedStall; // the part of what those who answer can bear that its prompts leave
    private int turn; // 0 or 1
    private final List<Sampler> samplers = new ArrayList<>(); // as many as have drawn side by side
    private final List<Sequence> drawing = new ArrayList<>(); // of those that answer, who draw side by side
    private final Workers.Task drawingTask = (_, part) -> drawPart(part);
    private final Logprobs logprobs = new Logprobs(CompletionRequest.MOST_ALTERNATIVES);
    private final List<Sequence> answering = new ArrayList<>(); // in the batch with the token generated last
    private final List<Guesses> guesses = new ArrayList<>(); // of these
    private final List<float[]> rows = new ArrayList<>(); // of logits, lent to those in the batch for a step
    private int lentRows; // the first of them

    /// A scheduler that guesses nothing; see the other.
    public Scheduler(
            LanguageModel model,
            Vocabulary vocabulary,
            Limits limits,
            Executor intake,
            LongSupplier nanoTime,
            LongSupplier seeds) {
        this(model, vocabulary, limits, intake, nanoTime, seeds, Speculation.none());
    }

    /// @param model owned from here on: closed when the loop ends
    /// @param intake where prompts are prepared; not the loop's thread
    /// @param nanoTime a clock that never goes back, as [System#nanoTime]
    /// @param seeds of requests that bring none
    /// @param speculation owned from here on, as the model; never shared
    public Scheduler(
            LanguageModel model,
            Vocabulary vocabulary,
            Limits limits,
            Executor intake,
            LongSupplier nanoTime,
            LongSupplier seeds,
            Speculation speculation) {
        this.model = model;
        this.vocabulary = vocabulary;
        this.limits = limits;
        this.intake = intake;
        this.nanoTime = nanoTime;
        this.seeds = seeds;
        this.speculation = speculation;
        tally = new Tally(model.cacheUse());
        samplers.add(new Sampler(model.vocabularySize()));
    }

    /// Starts the thread that steps, and lets it run the model for nobody first: what the JVM has compiled by the time
    /// that somebody asks is not waited for.
    ///
    /// @param release frees what the model stands on; runs on that thread once the model is closed
    public void start(Runnable release) {
        thread = Thread.ofPlatform().name("runnel-steps").daemon().start(() -> run(release));
    }

    private boolean isWanted() {
        synchronized (gate) {
            return closed || !arrivals.isEmpty();
        }
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

    /// Whether it is closed or has stopped by itself, after a fault.
    public boolean hasEnded() {
        return closed;
    }

    /// Fails what waits and what runs, and closes the model. Returns when that is done, unless the loop's own
    /// thread calls it, from within an event: then it is done right after that event's step.
    @Override
    public void close() {
        boolean isFirst;
        synchronized (gate) {
            isFirst = !closed;
            closed = true;
        }
        Thread loop = thread;
        if (loop == null) {
            if (isFirst) {
                end();
            }
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
        newcomer.enteredNanos = nanoTime.getAsLong();
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
            refuse(newcomer, ended());
        }
    }

    /// On the intake's thread: makes the prompt into tokens, and hands the completion to the loop or refuses
    /// it.
    private void prepare(Generation newcomer) {
        if (closed) {
            refuse(newcomer, ended());
            return;
        }
        if (!newcomer.isCancelled()) {
            try {
                newcomer.prepare(model.contextLength(), model.vocabularySize(), seeds.getAsLong());
            } catch (RuntimeException | Error failure) {
                refuse(newcomer, closed ? ended() : BackendException.of(failure));
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
            refuse(newcomer, ended());
        } else {
            wake();
        }
    }

    private void refuse(Generation newcomer, BackendException refusal) {
        tally.inProgress.decrementAndGet();
        tally.refused.increment();
        newcomer.channel.fail(refusal);
    }

    private void run(Runnable release) {
        try {
            new WarmUp(model, nanoTime).run(this::isWanted);
            while (!closed) {
                if (!step()) {
                    LockSupport.park(this);
                }
            }
        } catch (RuntimeException | Error broken) {
            LOG.log(System.Logger.Level.ERROR, "the engine has stopped after a fault of its own", broken);
            fault = broken;
        } finally {
            synchronized (gate) {
                closed = true;
            }
            try {
                end();
            } finally {
                release.run();
            }
        }
    }

    private void end() {
        takeIn();
        letGo();
        waiting.forEach(this::shutDown);
        running.forEach(sequence -> shutDown(sequence.generation));
        speculation.close();
        model.close();
    }

    /// One step, where there is anything to do.
    ///
    /// @return whether the model ran; if not, nothing can be done until [#wake]
    boolean step() {
        takeIn();
        letGo();
        int places = limits.sequences();
        for (Sequence sequence : running) {
            sequence.isWanted = places > 0 && sequence.generation.channel.demand() > 0;
            places -= sequence.isWanted ? 1 : 0;
        }
        giveRoom(places);
        try {
            compose();
        } catch (RuntimeException | Error fault) { // of any of them
            failStep(running.stream().filter(each -> each.isWanted && each.hasRoom()), fault);
            return true;
        }
        tally.cacheUse = model.cacheUse();
        if (batch.isEmpty()) {
            return false;
        }
        long begin = nanoTime.getAsLong();
        long forward;
        long end;
        try {
            guess();
            forward = nanoTime.getAsLong();
            model.forward(batch);
            end = nanoTime.getAsLong();
            drawTogether();
        } catch (RuntimeException | Error fault) {
            failStep(stepping.stream(), fault);
            return true;
        }
        pace.stepped(end - begin);
        promptPace.stepped(end - forward, promptTokens, answers);
        if (promptTokens == 0) {
            speculation.stepped(tokensOfBatch(), end - forward);
        }
        tally.steps.increment();
        for (int i = 0; i < batch.size(); i++) {
            Sequence sequence = stepping.get(i);
            try {
                Slice slice = batch.get(i);
                advance(sequence, slice.length() - slice.guesses());
                if (slice.guesses() > 0) {
                    takeGuesses(sequence);
                }
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

    // Room

    /// Lets those go on that had to give up their room, and then those begin that wait, in their order, as
    /// long as there is room. One whose reader asks for nothing is passed over; one for which the cache has
    /// no room at the moment is not, lest small ones starve it.
    ///
    /// @param places in the batch that are left
    private void giveRoom(int places) {
        for (Sequence sequence : running) {
            boolean lacksRoom = sequence.isWanted && !sequence.hasRoom() && !sequence.awaitsPrompt;
            try {
                if (lacksRoom && !sequence.hasEnded && !enter(sequence)) {
                    return;
                }
            } catch (RuntimeException | Error fault) {
                fail(sequence.generation, BackendException.of(fault));
            }
        }
        Iterator<Generation> queue = waiting.iterator();
        int free = places;
        while (queue.hasNext() && free > 0) {
            Generation generation = queue.next();
            if (generation.channel.demand() == 0) {
                continue;
            }
            try {
                while (!generation.hasBegun() && free > 0) {
                    if (!begin(generation)) {
                        return;
                    }
                    free--;
                }
            } catch (RuntimeException | Error fault) {
                fail(generation, BackendException.of(fault));
            }
            if (generation.hasBegun() || generation.hasEnded) {
                queue.remove();
            }
        }
    }

    /// Makes a sequence of the next choice, if the cache has room for it. The first reads the prompt for all
    /// that have a place in the batch by then.
    private boolean begin(Generation generation) {
        Sequence sequence = generation.next;
        if (sequence == null) {
            sequence = new Sequence(generation, generation.begun, _ -> callId(), speculation);
            generation.next = sequence;
        }
        sequence.isWanted = true;
        sequence.awaitsPrompt = sequence.choice > 0 && !generation.isPromptRead;
        if (!sequence.awaitsPrompt && !enter(sequence)) {
            return false;
        }
        generation.next = null;
        running.add(sequence);
        if (generation.begun == 0) {
            tally.running.incrementAndGet();
            tally.queuedNanos.add(nanoTime.getAsLong() - generation.enteredNanos);
        }
        generation.begun++;
        return true;
    }

    /// Not made of the request's seed: two replies in one conversation may have the same.
    private String callId() {
        return "call_" + HexFormat.of().toHexDigits(seeds.getAsLong());
    }

    /// Gives a sequence room for its tokens and some more, if need be that of others whose readers ask for
    /// nothing.
    private boolean enter(Sequence sequence) {
        Optional<KvSequence> room = reserve(sequence);
        while (room.isEmpty()) {
            Sequence idle = lastWithRoom(0, false);
            if (idle == null) {
                return false;
            }
            idle.leaveRoom();
            room = reserve(sequence);
        }
        sequence.enter(room.get());
        countCached(sequence);
        return true;
    }

    /// Prompt tokens are counted once, for the choice that reads them for all.
    private void countCached(Sequence sequence) {
        Generation generation = sequence.generation;
        int cached = sequence.noteRead();
        if (sequence.choice == 0 && !generation.isPromptRead) {
            generation.cachedTokens.addAndGet(cached);
            tally.cachedTokens.add(cached);
        }
    }

    private Optional<KvSequence> reserve(Sequence sequence) {
        Generation generation = sequence.generation;
        int tokens = roomWanted(sequence);
        if (!generation.request.cachePrompt()) {
            return model.reserve(tokens);
        }
        return model.reserve(tokens, generation.wantsPromptLogprobs() ? NOTHING : sequence.history.all());
    }

    private int roomWanted(Sequence sequence) {
        return Math.min(sequence.history.length() + HEADROOM, sequence.generation.longest());
    }

    /// The youngest sequence from an index on that has room and whose reader asks for more, or for nothing.
    private @Nullable Sequence lastWithRoom(int from, boolean isWanted) {
        for (int i = running.size() - 1; i >= from; i--) {
            Sequence sequence = running.get(i);
            if (sequence.hasRoom() && sequence.isWanted == isWanted) {
                return sequence;
            }
        }
        return null;
    }

    /// Makes room for one more token of the sequence at an index of those running. Where there is none, first
    /// those whose readers ask for nothing give theirs up, then the youngest, and it may be this one.
    ///
    /// @return whether the sequence has kept its room
    private boolean growsAt(int index) {
        Sequence sequence = running.get(index);
        while (!sequence.reserveForAll()) {
            Sequence idle = lastWithRoom(0, false);
            Sequence last = idle != null ? idle : lastWithRoom(index, true);
            if (last == null || last == sequence) {
                sequence.leaveRoom();
                return false;
            }
            last.leaveRoom();
        }
        return true;
    }

    // Steps

    /// Fills the batch: from each sequence whose reader asks for more either one token or a slice of what it
    /// has to read.
    private void compose() {
        batch.clear();
        stepping.clear();
        answering.clear();
        readers.clear();
        lentRows = 0;
        promptTokens = 0;
        answers = false;
        for (Sequence sequence : running) {
            answers |= sequence.isWanted && sequence.hasRoom() && sequence.isAnswering();
        }
        for (int i = 0; i < running.size(); i++) {
            Sequence sequence = running.get(i);
            if (!sequence.isWanted || !sequence.hasRoom()) {
                continue;
            }
            if (sequence.isAnswering()) {
                if (!growsAt(i)) {
                    continue;
                }
                sequence.logits = row();
                batch.add(sequence.nextTokens());
                stepping.add(sequence);
                answering.add(sequence);
            } else {
                readers.add(sequence);
            }
        }
        int fitting = promptPace.tokensIn(limits.stall().toNanos(), Integer.MAX_VALUE);
        readPrompts(answers ? Math.min(fitting, limits.promptTokensPerStep()) : limits.promptTokensPerStep());
        unusedStall = 1 - (double) promptTokens / fitting;
    }

    /// Adds slices of what there is to read. Those with fewer tokens than the oldest go before it, so that a
    /// short prompt doesn't wait for a long one; half is kept for the oldest, so that they don't starve it.
    /// One that needs a page which another is about to read waits for that.
    ///
    /// @param most tokens in all
    private void readPrompts(int most) {
        if (readers.isEmpty()) {
            return;
        }
        readers.forEach(this::catchUp);
        Sequence oldest = readers.removeFirst();
        readers.sort(FEWEST_UNREAD);
        turn ^= 1; // so that a single token, of which there is no half, is the oldest's every other time
        int kept = Math.min(oldest.unread(), (most + turn) / 2);
        for (Sequence each : readers) {
            if (promptTokens < most - kept && each.unread() < oldest.unread() && !waits(each, oldest)) {
                readSlice(each, most - kept);
            }
        }
        readSlice(oldest, most);
        for (Sequence each : readers) {
            if (!stepping.contains(each) && !waits(each, oldest)) {
                readSlice(each, most);
            }
        }
    }

    /// Whether the oldest, or one that is in the batch by now, reads a sequence's next page too.
    private boolean waits(Sequence sequence, Sequence oldest) {
        return sequence.waitsFor(oldest) || stepping.stream().anyMatch(sequence::waitsFor);
    }

    /// Adds a slice of a sequence, unless as many tokens are read as may be.
    private void readSlice(Sequence sequence, int most) {
        if (promptTokens < most) {
            sequence.logits = row();
            Slice slice = sequence.nextSlice(most - promptTokens, promptListener(sequence));
            promptTokens += slice.length();
            batch.add(slice);
            stepping.add(sequence);
        }
    }

    /// Adds guesses to what the sequences read that answer: no more than are asked for, or than fit.
    private void guess() {
        guesses.clear();
        for (int i = 0; i < answering.size(); i++) {
            Sequence sequence = answering.get(i);
            Generation generation = sequence.generation;
            long asked = generation.channel.demand() / generation.request.choices();
            long left = Math.min(asked, generation.maxTokens() - sequence.history.count());
            sequence.guesses.allow(Math.clamp(left - 1, 0, Guesses.MOST));
            guesses.add(sequence.guesses);
        }
        speculation.guess(guesses, (long) (unusedStall * limits.stall().toNanos()));
        for (int i = 0; i < batch.size(); i++) {
            Sequence sequence = stepping.get(i);
            sequence.reserveForGuesses();
            int count = sequence.guesses.count();
            if (count == 0) {
                continue;
            }
            for (int guess = 0; guess < count; guess++) {
                sequence.guessLogits[guess] = row();
            }
            batch.set(i, sequence.nextTokens());
        }
    }

    /// A row for logits, until the next step is composed.
    private float[] row() {
        if (lentRows == rows.size()) {
            rows.add(new float[model.vocabularySize()]);
        }
        return rows.get(lentRows++);
    }

    private int tokensOfBatch() {
        int tokens = 0;
        for (int i = 0; i < batch.size(); i++) {
            tokens += batch.get(i).length();
        }
        return tokens;
    }

    /// Spares a sequence reading what another has read since it entered.
    private void catchUp(Sequence sequence) {
        if (!sequence.generation.wantsPromptLogprobs() && sequence.catchUp() > 0) {
            countCached(sequence);
        }
    }

    /// Counts what a sequence has read in this step, and generates its next token if there is nothing left to
    /// read.
    private void advance(Sequence sequence, int tokensRead) {
        Generation generation = sequence.generation;
        if (generation.hasEnded) {
            return; // a choice before it has failed
        }
        RuntimeException fault = generation.fault;
        if (fault != null) {
            throw fault;
        }
        int fresh = sequence.noteRead();
        if (sequence.history.count() == 0) {
            generation.promptTokensRead.addAndGet(fresh);
            tally.promptTokens.add(fresh);
        }
        tally.repeatedTokens.add(tokensRead - fresh);
        if (sequence.unread() > 0) {
            return;
        }
        if (sequence.choice > 0 || generation.isPromptRead) {
            answer(sequence, sequence.logits);
            return;
        }
        generation.isPromptRead = true;
        List<Sequence> others = running.stream()
                .filter(each -> each.generation == generation && each.awaitsPrompt)
                .toList();
        others.forEach(other -> share(sequence, other));
        answer(sequence, sequence.logits);
        for (Sequence other : others) {
            if (!generation.hasEnded && (other.hasRoom() || generation.maxTokens() == 0)) {
                answer(other, sequence.logits);
            }
        }
    }

    /// Spares a choice reading the prompt that another has just read. Without room it reads it later.
    private void share(Sequence reader, Sequence other) {
        other.awaitsPrompt = false;
        if (other.generation.maxTokens() > 0) {
            reader.forkRoom(roomWanted(other)).ifPresent(room -> {
                other.enter(room);
                countCached(other);
            });
        }
    }

    /// Draws the next tokens of those that answer on all threads, where there are several: that takes a millisecond
    /// for each in a large vocabulary.
    private void drawTogether() {
        drawing.clear();
        for (int i = 0; i < answering.size(); i++) {
            if (answering.get(i).drawsAlone()) {
                drawing.add(answering.get(i));
            }
        }
        int parts = Math.min(drawing.size(), model.threads());
        if (parts < 2) {
            return;
        }
        while (samplers.size() < parts) {
            samplers.add(new Sampler(model.vocabularySize()));
        }
        model.inParallel(parts, drawingTask);
    }

    private void drawPart(int part) {
        int parts = Math.min(drawing.size(), model.threads());
        for (int i = part; i < drawing.size(); i += parts) {
            drawing.get(i).drawAhead(samplers.get(part));
        }
    }

    /// Generates the next token of a sequence of which all has been read.
    ///
    /// @param logits after all of it
    private void answer(Sequence sequence, float[] logits) {
        Generation generation = sequence.generation;
        if (sequence.history.count() == 0) {
            echo(sequence);
            if (generation.maxTokens() == 0) {
                finish(sequence, FinishReason.LENGTH);
                return;
            }
        }
        int token = sequence.draw(samplers.getFirst(), logits);
        sequence.append(token);
        generation.completionTokens.incrementAndGet();
        tally.generatedTokens.increment();

        boolean isStopped = generation.isStopToken(token)
                || (vocabulary.isEndOfGeneration(token)
                        && !generation.request.stopping().ignoresEndTokens());
        if (!isStopped) {
            int reasoning = sequence.reply.reasoningTokens();
            sequence.reply.token(
                    token, vocabulary.bytes(token), logprobOf(generation, logits, token), generation.events);
            generation.reasoningTokens.addAndGet(sequence.reply.reasoningTokens() - reasoning);
            isStopped = sequence.reply.isStopped();
        }
        if (sequence.sampling.mask().isPresent()) {
            sequence.sampling.mask().get().accept(token);
            isStopped |= sequence.sampling.mask().get().hasEnded();
        }
        if (isStopped) {
            finish(sequence, FinishReason.STOP);
        } else if (sequence.history.count() == generation.maxTokens()) {
            finish(sequence, FinishReason.LENGTH);
        }
    }

    /// Goes on generating as long as what was generated is what had been guessed: then the logits after it
    /// are known. Those after the other guesses are of a text that there isn't.
    private void takeGuesses(Sequence sequence) {
        Guesses guessed = sequence.guesses;
        int count = guessed.count();
        int right = 0;
        boolean wrong = false;
        while (right < count && !wrong && !sequence.hasEnded && !sequence.generation.isCancelled()) {
            wrong = sequence.history.newest() != guessed.tokens()[right];
            if (!wrong) {
                sequence.keepGuess();
                answer(sequence, sequence.guessLogits[right++]);
            }
        }
        tally.guessedTokens.add(count);
        tally.rightGuesses.add(right);
        guessed.settle(right, wrong);
    }

    // Logprobs and echo

    private @Nullable TokenLogprob logprobOf(Generation generation, float[] logits, int token) {
        return generation.request.logprobs().isPresent() ? logprob(generation, logits, token) : null;
    }

    /// How probable a token was.
    private TokenLogprob logprob(Generation generation, float[] logits, int token) {
        logprobs.read(logits, generation.request.logprobs().orElseThrow());
        List<TokenLogprob.Alternative> alternatives = new ArrayList<>(logprobs.alternatives());
        for (int rank = 0; rank < logprobs.alternatives(); rank++) {
            int alternative = logprobs.alternative(rank);
            alternatives.add(new TokenLogprob.Alternative(
                    TokenText.of(vocabulary.bytesWithSpecial(alternative)), logprobs.of(alternative)));
        }
        return new TokenLogprob(
                TokenText.of(vocabulary.bytes(token)), OptionalDouble.of(logprobs.of(token)), alternatives);
    }

    /// Hears the logits after each of a prompt's tokens, where its logprobs are wanted.
    private @Nullable IntConsumer promptListener(Sequence sequence) {
        return sequence.generation.wantsPromptLogprobs() ? index -> readPromptLogprob(sequence, index) : null;
    }

    private void readPromptLogprob(Sequence sequence, int index) {
        Generation generation = sequence.generation;
        List<TokenLogprob> known = generation.promptLogprobs;
        int[] prompt = sequence.history.prompt();
        try {
            if (known.isEmpty()) {
                known.add(
                        new TokenLogprob(TokenText.of(vocabulary.bytes(prompt[0])), OptionalDouble.empty(), List.of()));
            }
            if (known.size() == index + 1 && index + 1 < prompt.length) {
                known.add(logprob(generation, sequence.logits, prompt[index + 1]));
            }
        } catch (RuntimeException fault) {
            generation.fault = fault; // and not the whole batch's
        }
    }

    /// Gives a choice the prompt it follows, where the request asks for that.
    private void echo(Sequence sequence) {
        Generation generation = sequence.generation;
        if (!generation.request.echo()) {
            return;
        }
        ReplyFormat format = ReplyFormat.text(List.of(), generation.prompt().beginsWithSpace());
        ReplyReader decoder = new ReplyReader(format, sequence.choice, _ -> "");
        StringBuilder text = new StringBuilder();
        Consumer<TokenEvent> pieces = event -> text.append(((TokenEvent.Text) event).text());
        for (int token : sequence.history.prompt()) {
            decoder.token(token, vocabulary.bytes(token), null, pieces);
        }
        decoder.finish(pieces);
        if (!text.isEmpty() || !generation.promptLogprobs.isEmpty()) {
            generation.channel.emit(new TokenEvent.Text(sequence.choice, text.toString(), generation.promptLogprobs));
        }
    }

    // Ends

    /// A choice is complete. Room is free before its reader hears of it.
    private void finish(Sequence sequence, FinishReason reason) {
        Generation generation = sequence.generation;
        sequence.reply.finish(generation.events);
        free(sequence);
        generation.finished++;
        boolean isWhole = generation.finished == generation.request.choices();
        if (isWhole) {
            retire(generation);
            tally.completed.increment();
        }
        generation.channel.emit(new TokenEvent.Finished(sequence.choice, reasonOf(sequence.reply, reason)));
        if (isWhole) {
            generation.channel.emit(new TokenEvent.Usage(
                    generation.prompt().tokens().length,
                    generation.cachedTokens.get(),
                    generation.completionTokens.get(),
                    generation.reasoningTokens.get()));
        }
    }

    /// Why a reply that is over has ended: what it held back to the last may have had a stop string in it.
    private static FinishReason reasonOf(ReplyReader reply, FinishReason reason) {
        if (reason == FinishReason.LENGTH && !reply.isStopped()) {
            return FinishReason.LENGTH;
        }
        return reply.hasCalled() ? FinishReason.TOOL_CALLS : FinishReason.STOP;
    }

    private void failStep(Stream<Sequence> concerned, Throwable fault) {
        BackendException failure = new BackendException(
                BackendException.Kind.INTERNAL, "the model failed while it computed a step", fault);
        concerned.toList().forEach(sequence -> fail(sequence.generation, failure));
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
            generation.channel.abort(ended());
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
        tally.cacheUse = model.cacheUse();
    }

    /// Why nothing more is done.
    private BackendException ended() {
        Throwable broken = fault;
        return broken == null
                ? new BackendException(BackendException.Kind.SHUTTING_DOWN, "the engine is being closed")
                : new BackendException(
                        BackendException.Kind.INTERNAL, "the engine has stopped after a fault of its own", broken);
    }
}
