package dev.runnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.TokenEvent;
import dev.runnel.testing.Await;
import dev.runnel.testing.RawUpstream;
import dev.runnel.testing.RawUpstream.Chunks;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// On whose event loop a completion is relayed.
class UpstreamLoopTest {

    private static final CompletionRequest REQUEST = CompletionRequest.of("raw", "Hi");

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private RawUpstream raw;
    private Upstream upstream;

    @BeforeEach
    void open() throws IOException {
        raw = new RawUpstream((request, to) -> {
            to.stream().event(Chunks.ROLE);
            while (request.body().contains("endless")) {
                to.event(Chunks.text("tick "));
            }
            to.event(Chunks.text("Hello"))
                    .event(Chunks.STOP)
                    .event(Chunks.USAGE)
                    .event(Chunks.DONE)
                    .end();
        });
        upstream = Upstream.open(
                raw.baseUrl(),
                Optional.empty(),
                UpstreamOptions.DEFAULT.withModels(List.of("raw")).withConnections(1));
    }

    @AfterEach
    void close() throws Exception {
        upstream.close();
        raw.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void whoAsksOnALoopIsAnsweredThere() throws Exception {
        Thread loop = onLoop(Thread::currentThread);

        Await.until("the loop to be made use of", () -> answeredOn().equals(loop));
    }

    @Test
    void theLoopGoesOnWhenTheRelayIsClosed() throws Exception {
        Thread loop = onLoop(Thread::currentThread);
        Await.until("the loop to be made use of", () -> answeredOn().equals(loop));

        upstream.close();

        assertThat(onLoop(Thread::currentThread)).isEqualTo(loop);
    }

    @Test
    void theRelayGoesOnWhenTheLoopEnds() throws Exception {
        Thread loop = onLoop(Thread::currentThread);
        Await.until("the loop to be made use of", () -> answeredOn().equals(loop));

        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);

        assertThat(upstream.complete(REQUEST)
                        .completion()
                        .get(10, TimeUnit.SECONDS)
                        .text())
                .isEqualTo("Hello");
    }

    @Test
    void aLoopThatEndsLeavesNothingBehind() throws Exception {
        Set<Thread> before = timers();
        Thread loop = onLoop(Thread::currentThread);
        Await.until("the loop to be made use of", () -> answeredOn().equals(loop));

        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);

        Await.until("what was on the loop to end", () -> before.containsAll(timers()));
    }

    @Test
    void aLoopThatEndsJustWhenItIsAskedOnLeavesNothingBehind() throws Exception {
        Set<Thread> before = timers();

        Future<Void> end = onLoop(() -> {
            var _ = upstream.complete(REQUEST);
            return vertx.close();
        });
        end.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);

        Await.until("what was on the loop to end", () -> before.containsAll(timers()));
    }

    /// Of which each Vert.x has one.
    private static Set<Thread> timers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("vertx-blocked-thread-checker"))
                .collect(Collectors.toSet());
    }

    /// The thread on which a completion is handed over that is asked for on the loop.
    private Thread answeredOn() {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        vertx.runOnContext(_ -> upstream.complete(REQUEST).subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(Long.MAX_VALUE);
            }

            @Override
            public void onNext(TokenEvent event) {}

            @Override
            public void onError(Throwable failure) {
                thread.completeExceptionally(failure);
            }

            @Override
            public void onComplete() {
                thread.complete(Thread.currentThread());
            }
        }));
        return thread.orTimeout(10, TimeUnit.SECONDS).join();
    }

    private <T> T onLoop(Supplier<T> action) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        vertx.runOnContext(_ -> result.complete(action.get()));
        return result.get(10, TimeUnit.SECONDS);
    }
}
