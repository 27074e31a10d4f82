package dev.runnel.app;

import dev.runnel.core.CompletionRequest;
import dev.runnel.lab.Bench;
import dev.runnel.lab.Load;
import dev.runnel.lab.Objective;
import dev.runnel.lab.Plan;
import dev.runnel.lab.Target;
import dev.runnel.lab.Time;
import dev.runnel.lab.Workload;
import dev.runnel.relay.Upstream;
import dev.runnel.relay.UpstreamOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Benches of a server in this process before another is measured, until what a bench does is compiled. A request that
/// is sent by code which has hardly run before is on its way a millisecond or two longer; and while the compiler makes
/// it faster, it has a processor for some milliseconds at a time, and whatever thread was to wake there waits. Both
/// would be taken for the server's. The JVM compiles a method for good after 5000 calls, and a bench of so many
/// requests is rare.
public final class Rehearsal {

    /// Each is one from its beginning to its end: a class that is loaded only then has code that was compiled without
    /// it thrown away, which is to happen here.
    private static final int BENCHES = 3;

    /// As fast as can be, so that there are many, and then some one by one, as those of most benches are.
    private static final List<Load> LOADS = List.of(new Load.Closed(16, 4000), new Load.Open(400, 100, 300));

    /// So that most pieces are read by themselves, as those of a model are.
    private static final Duration PAUSE = Duration.ofNanos(100_000);

    private static final Duration LONGEST = Duration.ofSeconds(10);
    private static final String MODEL = "rehearsal";

    private Rehearsal() {}

    /// Takes some seconds.
    public static void play() {
        long end = System.nanoTime() + LONGEST.toNanos();
        for (int i = 0; i < BENCHES && !Thread.currentThread().isInterrupted(); i++) {
            once(end - System.nanoTime());
        }
        System.gc(); // what this has left behind is none of the bench's
    }

    private static void once(long nanos) {
        UpstreamOptions options = UpstreamOptions.DEFAULT.withModels(List.of(MODEL));
        try (StandIn server = new StandIn(PAUSE);
                Upstream upstream = Upstream.open(server.url(), Optional.empty(), options);
                Time.Real time = new Time.Real()) {
            Target target = new Target(MODEL, upstream, MODEL, Target.Reading.STREAMED);
            await(Bench.begin(plan(), List.of(target), time), nanos);
        }
    }

    private static Plan plan() {
        Workload workload = new Workload(List.of(CompletionRequest.of(MODEL, "Go")), true);
        return new Plan(workload, LOADS, 0, 1, LONGEST, Objective.NONE, 0);
    }

    private static void await(Bench bench, long nanos) {
        try {
            bench.result().get(nanos, TimeUnit.NANOSECONDS);
        } catch (TimeoutException slow) {
            bench.stop(); // rehearsed enough
            bench.result().join();
        } catch (ExecutionException fault) {
            throw new IllegalStateException("the lab could not rehearse", fault.getCause());
        } catch (InterruptedException interrupt) {
            bench.stop();
            Thread.currentThread().interrupt();
        }
    }
}
