package dev.runnel.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Measures targets as a [Plan] says, and tells how far it has come.
///
/// ```java
/// try (Time.Real time = new Time.Real()) {
///     List<Series> measured = Bench.begin(plan, List.of(target), time).result().join();
/// }
/// ```
///
/// Each load is measured in rounds, in each of which the targets take turns: the first begins the first round,
/// the last the second, and so on, so that none always runs in the other's wake. In a round all are asked the
/// same, but for the number that makes a prompt unique.
///
/// What a bench decides it decides on the thread of its [Time], so it neither holds a backend's event loop up
/// nor needs a lock; how late that thread is shows in [Measurement#lag].
public final class Bench {

    /// How often requests are looked through for those that take too long, and progress is noted.
    private static final Duration TICK = Duration.ofMillis(200);

    /// One target's turn.
    ///
    /// @param round 0 while it warms up
    private record Turn(int target, int load, int round, int first, int requests) {}

    private final Plan plan;
    private final List<Target> targets;
    private final Time time;
    private final CompletableFuture<List<Series>> result = new CompletableFuture<>();

    // For the lab's thread.
    private final Iterator<Turn> turns;
    private final List<List<Round>> rounds = new ArrayList<>(); // of each target under each load
    private final List<Tally> tallies = new ArrayList<>(); // likewise
    private @Nullable Turn turn;
    private @Nullable Driver driver;
    private boolean stopped;

    private volatile @Nullable Progress progress;

    private Bench(Plan plan, List<Target> targets, Time time) {
        this.plan = plan;
        this.targets = List.copyOf(targets);
        this.time = new Guarded(time);
        turns = turns().iterator();
        for (int i = 0; i < targets.size() * plan.loads().size(); i++) {
            rounds.add(new ArrayList<>());
            tallies.add(new Tally(plan.objective()));
        }
    }

    /// Begins to measure.
    ///
    /// @param targets at least one
    /// @param time the lab's, until the result is there
    public static Bench begin(Plan plan, List<Target> targets, Time time) {
        if (targets.isEmpty()) {
            throw new IllegalArgumentException("there is no target to measure");
        }
        Bench bench = new Bench(plan, targets, time);
        bench.time.soon(() -> {
            bench.next();
            bench.tick();
        });
        return bench;
    }

    /// A series for each load and in it for each target, in their order. Of a bench that was stopped, those that
    /// have anything.
    public CompletableFuture<List<Series>> result() {
        return result;
    }

    /// How far it has come; absent before it has begun. For any thread.
    public Optional<Progress> progress() {
        return Optional.ofNullable(progress);
    }

    /// Ends it with what has been measured so far. For any thread.
    public void stop() {
        if (result.isDone()) {
            return; // and the time may be closed
        }
        time.soon(() -> {
            stopped = true;
            if (driver != null) {
                driver.stop();
            }
        });
    }

    private List<Turn> turns() {
        List<Turn> turns = new ArrayList<>();
        int index = 0;
        for (int load = 0; load < plan.loads().size(); load++) {
            for (int target = 0; plan.warmUp() > 0 && target < targets.size(); target++) {
                turns.add(new Turn(target, load, 0, index, plan.warmUp()));
            }
            index += plan.warmUp();
            int all = plan.loads().get(load).requests();
            for (int round = 1; round <= plan.rounds(); round++) {
                int requests = upTo(round, all) - upTo(round - 1, all);
                for (int i = 0; i < targets.size(); i++) {
                    int target = round % 2 == 1 ? i : targets.size() - 1 - i;
                    turns.add(new Turn(target, load, round, index, requests));
                }
                index += requests;
            }
        }
        return turns;
    }

    /// Requests of the first `rounds` rounds, as even as can be.
    private int upTo(int rounds, int all) {
        return (int) ((long) all * rounds / plan.rounds());
    }

    private void next() {
        if (stopped || !turns.hasNext()) {
            driver = null;
            result.complete(series());
            return;
        }
        Turn begun = turns.next();
        int place = begun.load() * targets.size() + begun.target();
        boolean counts = begun.round() > 0;
        turn = begun;
        driver = new Driver(
                plan,
                targets.get(begun.target()),
                index -> plan.workload().request(index, begun.target(), targets.size()),
                plan.loads().get(begun.load()),
                begun.round(),
                begun.first(),
                begun.requests(),
                time,
                measurement -> {
                    if (counts) {
                        tallies.get(place).add(measurement);
                    }
                },
                round -> {
                    if (counts) {
                        rounds.get(place).add(round);
                    }
                    time.soon(this::next);
                });
        driver.begin();
    }

    private void tick() {
        if (result.isDone()) {
            return;
        }
        if (driver != null && turn != null) {
            driver.giveUpLateOnes();
            progress = progress(turn);
        }
        time.at(time.nanoTime() + TICK.toNanos(), this::tick);
    }

    private Progress progress(Turn turn) {
        Tally tally = tallies.get(turn.load() * targets.size() + turn.target());
        Load load = plan.loads().get(turn.load());
        return new Progress(
                targets.get(turn.target()),
                load,
                turn.round() == 0,
                turn.round(),
                plan.rounds(),
                tally.complete + tally.failed + tally.stopped,
                load.requests(),
                tally.failed,
                Distribution.percentile(tally.ttft, 50),
                Distribution.percentile(tally.ttft, 99),
                Distribution.percentile(tally.itl, 50),
                Distribution.percentile(tally.itl, 99));
    }

    private List<Series> series() {
        List<Series> series = new ArrayList<>();
        for (int load = 0; load < plan.loads().size(); load++) {
            for (int target = 0; target < targets.size(); target++) {
                List<Round> measured = rounds.get(load * targets.size() + target);
                if (!measured.isEmpty()) {
                    series.add(new Series(targets.get(target), plan.loads().get(load), measured));
                }
            }
        }
        return series;
    }

    /// A time whose actions end the bench if they fail.
    private final class Guarded implements Time {

        private final Time time;

        Guarded(Time time) {
            this.time = time;
        }

        @Override
        public long nanoTime() {
            return time.nanoTime();
        }

        @Override
        public void at(long nanoTime, Runnable action) {
            time.at(nanoTime, () -> {
                try {
                    action.run();
                } catch (RuntimeException | Error fault) {
                    result.completeExceptionally(fault);
                }
            });
        }
    }
}
