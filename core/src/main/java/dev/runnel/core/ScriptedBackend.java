package dev.runnel.core;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/// A backend that plays scripts: what every test, benchmark and demonstration without a model stands on. It has no
/// threads: events are emitted by whoever asks for them, or by the timer after a wait.
public final class ScriptedBackend implements Backend {

    /// Runs something later.
    @FunctionalInterface
    public interface Timer {

        void after(Duration time, Runnable action);

        /// Real time, on the JVM's common pool.
        Timer REAL = (time, action) -> CompletableFuture.delayedExecutor(time.toNanos(), TimeUnit.NANOSECONDS)
                .execute(action);
    }

    private final Model model;
    private final Function<CompletionRequest, Script> scripts;
    private final Timer timer;
    private final Set<Player> playing = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /// @param model the id of the one model it pretends to be
    /// @param scripts what to play for a request
    public ScriptedBackend(String model, Function<CompletionRequest, Script> scripts, Timer timer) {
        this.model = new Model(model, Instant.EPOCH, "script", OptionalInt.empty());
        this.scripts = scripts;
        this.timer = timer;
    }

    /// Plays `script` for every request, in real time.
    public ScriptedBackend(String model, Script script) {
        this(model, _ -> script, Timer.REAL);
    }

    @Override
    public List<Model> models() {
        return List.of(model);
    }

    @Override
    public CompletionStream complete(CompletionRequest request) {
        if (!request.model().equals(model.id())) {
            return CompletionStream.failed(BackendException.modelNotFound(request.model(), models()));
        }
        return new Player(scripts.apply(request).steps()).channel;
    }

    /// Streams that were asked for events and have neither ended nor been cancelled.
    public int inProgress() {
        return playing.size();
    }

    @Override
    public boolean hasEnded() {
        return closed;
    }

    @Override
    public void close() {
        closed = true;
        playing.forEach(Player::shutDown);
    }

    /// Plays one script into one channel. Many threads may ask it to play (the reader, the timer); the one that raises
    /// `calls` from zero does, and goes round again for each that came in the meantime.
    private final class Player implements EventChannel.Producer {

        private final EventChannel channel = new EventChannel(this);
        private final List<Script.Step> steps;
        private final AtomicBoolean started = new AtomicBoolean();
        private final AtomicInteger calls = new AtomicInteger();
        private volatile boolean waiting;

        /// Pieces of text so far, which count as a token each; the prompt counts as one.
        private final AtomicInteger pieces = new AtomicInteger();

        /// Index of the next step; only for the one who plays.
        private int next;

        Player(List<Script.Step> steps) {
            this.steps = steps;
        }

        @Override
        public void demanded() {
            if (started.compareAndSet(false, true)) {
                playing.add(this);
            }
            if (closed) {
                shutDown();
            } else {
                play();
            }
        }

        @Override
        public void cancelled() {
            playing.remove(this);
        }

        @Override
        public Optional<TokenEvent.Usage> spent() {
            return Optional.of(new TokenEvent.Usage(started.get() ? 1 : 0, pieces.get()));
        }

        private void shutDown() {
            playing.remove(this);
            channel.fail(new BackendException(BackendException.Kind.SHUTTING_DOWN, "the backend is being closed"));
        }

        private void play() {
            int seen = 1;
            if (calls.getAndIncrement() != 0) {
                return;
            }
            do {
                playWhileAsked();
                seen = calls.addAndGet(-seen);
            } while (seen != 0);
        }

        private void playWhileAsked() {
            while (!waiting && next < steps.size() && channel.demand() > 0) {
                switch (steps.get(next++)) {
                    case Script.Step.Emit(TokenEvent.Usage cost) -> {
                        playing.remove(this);
                        channel.emit(cost);
                    }
                    case Script.Step.Emit(var event) -> {
                        if (event instanceof TokenEvent.Text) {
                            pieces.incrementAndGet();
                        }
                        channel.emit(event);
                    }
                    case Script.Step.Wait(var time) -> {
                        waiting = true;
                        timer.after(time, () -> {
                            waiting = false;
                            play();
                        });
                    }
                    case Script.Step.Fail(var cause) -> {
                        playing.remove(this);
                        channel.fail(cause);
                    }
                }
            }
        }
    }
}
