package dev.runnel.app;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.lab.Bench;
import dev.runnel.lab.Load;
import dev.runnel.lab.Objective;
import dev.runnel.lab.Plan;
import dev.runnel.lab.Target;
import dev.runnel.lab.Time;
import dev.runnel.lab.Workload;
import dev.runnel.relay.Upstream;
import dev.runnel.relay.UpstreamOptions;
import dev.runnel.server.CompletionServer;
import dev.runnel.server.ServerOptions;
import java.net.URI;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A bench of a server in this process that answers at once, before another is measured. A request that is sent
/// by code which has hardly run before is on its way a millisecond or two longer, and that would be taken for the
/// server's time to its first token; code is compiled after some hundreds of requests, which is more than most
/// benches make.
public final class Rehearsal {

    private static final int REQUESTS = 4000;
    private static final int AT_ONCE = 4;
    private static final int PIECES = 8;
    private static final Duration LONGEST = Duration.ofSeconds(4);
    private static final String MODEL = "rehearsal";

    private Rehearsal() {}

    /// Takes a second or two.
    public static void play() {
        String[] pieces = Collections.nCopies(PIECES, "piece ").toArray(String[]::new);
        try (ScriptedBackend backend = new ScriptedBackend(MODEL, Script.saying(MODEL, pieces));
                CompletionServer server = CompletionServer.start(ServerOptions.at("127.0.0.1", 0))) {
            server.serve(backend);
            URI url = URI.create("http://127.0.0.1:%d/v1".formatted(server.port()));
            try (Upstream upstream =
                            Upstream.open(url, Optional.empty(), UpstreamOptions.DEFAULT.withModels(List.of(MODEL)));
                    Time.Real time = new Time.Real()) {
                Target target = new Target(MODEL, upstream, MODEL, Target.Reading.STREAMED);
                await(Bench.begin(plan(), List.of(target), time));
            }
        }
    }

    private static Plan plan() {
        return new Plan(
                new Workload(List.of(CompletionRequest.of(MODEL, "Go")), false),
                List.of(new Load.Closed(AT_ONCE, REQUESTS)),
                0,
                1,
                LONGEST,
                Objective.NONE,
                0);
    }

    private static void await(Bench bench) {
        try {
            bench.result().get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
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
