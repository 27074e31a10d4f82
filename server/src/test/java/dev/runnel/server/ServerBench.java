package dev.runnel.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.sun.management.OperatingSystemMXBean;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.TokenEvent;
import dev.runnel.testing.Await;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerResponse;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// What a stream costs: processor time for each event and heap for each open stream, beside the least that
/// Vert.x can do, which is a handler that writes the same number of constant bytes, and beside the backend
/// without a server.
///
/// All are driven alike: one thread steps at a fixed pace, and each step is an event for every stream. The
/// client is another process ([BenchClient]), so only this side's time is counted. Arguments: numbers of
/// streams.
final class ServerBench {

    /// Few enough that a loop on a busy machine keeps up.
    private static final int EVENTS_PER_SECOND = 20_000;
    private static final Duration WARM_UP = Duration.ofSeconds(4);
    private static final Duration MEASURED = Duration.ofSeconds(6);
    private static final String PIECE = " token";

    /// Longer than any measurement. Made once, so that it isn't counted as a stream's.
    private static final Script SCRIPT = script();

    private static final OperatingSystemMXBean PROCESS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /// Something with streams to measure.
    private interface Subject extends AutoCloseable {

        int port();

        /// Streams that are open.
        int open();

        /// Sends every stream an event, and returns when all have been written: else the events of a loop
        /// that lags would share writes, and cost less the more it lags.
        ///
        /// @return how many that were
        int step() throws InterruptedException;

        @Override
        void close();
    }

    private ServerBench() {}

    public static void main(String[] arguments) throws Exception {
        int[] counts = arguments.length == 0
                ? new int[] {500, 5_000}
                : List.of(arguments).stream().mapToInt(Integer::parseInt).toArray();
        IO.println("| streams | subject | µs of CPU an event | bytes of heap a stream | all gone after |");
        IO.println("|---|---|---|---|---|");
        for (int streams : counts) {
            measure("backend alone", streams, () -> new BareBackend(streams));
            measure("bare Vert.x", streams, BareVertx::new);
            measure("this server", streams, Runnel::new);
        }
    }

    private static void measure(String name, int streams, Callable<Subject> subjects) throws Exception {
        long before = heap();
        try (Subject subject = subjects.call()) {
            Process client = subject.port() == 0 ? null : BenchClient.start(subject.port(), streams);
            Await.until(streams + " streams are open", () -> subject.open() == streams);
            long heap = (heap() - before) / streams;

            long interval = Duration.ofSeconds(1).toNanos() * streams / EVENTS_PER_SECOND;
            step(subject, interval, WARM_UP);
            long cpu = PROCESS.getProcessCpuTime();
            long events = step(subject, interval, MEASURED);
            double micros = (PROCESS.getProcessCpuTime() - cpu) / 1e3 / events;

            long gone = 0;
            if (client != null) {
                client.destroyForcibly().waitFor();
                long left = System.nanoTime();
                Await.until("all streams are gone", () -> subject.open() == 0);
                gone = System.nanoTime() - left;
            }
            IO.println("| %,d | %s | %.1f | %,d | %d ms |".formatted(streams, name, micros, heap, gone / 1_000_000));
        }
    }

    /// Steps at a fixed pace.
    ///
    /// @return events sent
    private static long step(Subject subject, long interval, Duration time) throws InterruptedException {
        long start = System.nanoTime();
        long events = 0;
        while (System.nanoTime() - start < time.toNanos()) {
            long due = System.nanoTime() + interval;
            events += subject.step();
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
        }
        return events;
    }

    /// Bytes in use after collecting what isn't.
    private static long heap() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(100);
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static Script script() {
        List<Script.Step> steps = new ArrayList<>();
        steps.add(new Script.Step.Emit(new TokenEvent.Started("bench", 1)));
        for (int i = 0; i < 20_000; i++) {
            steps.add(new Script.Step.Wait(Duration.ZERO));
            steps.add(new Script.Step.Emit(new TokenEvent.Text(0, PIECE)));
        }
        steps.add(new Script.Step.Emit(new TokenEvent.Finished(0, FinishReason.LENGTH)));
        return new Script(steps);
    }

    /// A backend whose streams all wait for the next step.
    private static final class Stepping {

        private final ScriptedBackend backend;
        private List<Runnable> waiting = new ArrayList<>();

        Stepping() {
            backend = new ScriptedBackend("bench", _ -> SCRIPT, (_, action) -> {
                synchronized (this) {
                    waiting.add(action);
                }
            });
        }

        int step() {
            List<Runnable> due;
            synchronized (this) {
                due = waiting;
                waiting = new ArrayList<>(due.size());
            }
            due.forEach(Runnable::run);
            return due.size();
        }
    }

    private static final class BareBackend implements Subject {

        private final Stepping stepping = new Stepping();
        private final AtomicLong read = new AtomicLong();

        BareBackend(int streams) {
            for (int i = 0; i < streams; i++) {
                CompletionStream stream = stepping.backend.complete(CompletionRequest.of("bench", "Hi"));
                stream.subscribe(new Flow.Subscriber<>() {
                    @Override
                    public void onSubscribe(Flow.Subscription subscription) {
                        subscription.request(Long.MAX_VALUE);
                    }

                    @Override
                    public void onNext(TokenEvent event) {
                        read.incrementAndGet();
                    }

                    @Override
                    public void onError(Throwable failure) {}

                    @Override
                    public void onComplete() {}
                });
            }
        }

        @Override
        public int port() {
            return 0;
        }

        @Override
        public int open() {
            return stepping.backend.inProgress();
        }

        @Override
        public int step() {
            return stepping.step();
        }

        @Override
        public void close() {
            stepping.backend.close();
        }
    }

    private static final class Runnel implements Subject {

        private final Stepping stepping = new Stepping();
        private final CompletionServer server = CompletionServer.start(
                ServerOptions.at("127.0.0.1", 0).withLimits(ServerOptions.Limits.DEFAULT.withConnections(10_000)));

        Runnel() {
            server.serve(stepping.backend);
        }

        @Override
        public int port() {
            return server.port();
        }

        @Override
        public int open() {
            return stepping.backend.inProgress();
        }

        @Override
        public int step() throws InterruptedException {
            int count = stepping.step();
            CountDownLatch written = new CountDownLatch(1);
            server.loops().getFirst().run(written::countDown);
            written.await();
            return count;
        }

        @Override
        public void close() {
            server.close();
            stepping.backend.close();
        }
    }

    /// The same number of event loops, one hop for a step, and the bytes of a chunk without having to make
    /// them.
    private static final class BareVertx implements Subject {

        private final Vertx vertx = Vertx.vertx();
        private final Context loop = vertx.getOrCreateContext();
        private final List<HttpServerResponse> responses = new ArrayList<>();
        private final Buffer chunk = Buffer.buffer(("data: {\"id\":\"chatcmpl-e43c084f4bbb2bf1839dee466d852cb5\","
                        + "\"object\":\"chat.completion.chunk\",\"created\":1795342530,\"model\":\"bench\","
                        + "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + PIECE
                        + "\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n")
                .getBytes(US_ASCII));
        private volatile int open;
        private final int port;

        BareVertx() throws InterruptedException {
            HttpServer server = vertx.createHttpServer()
                    .requestHandler(request -> request.endHandler(_ -> {
                        HttpServerResponse response = request.response().setChunked(true);
                        response.write(chunk.copy());
                        responses.add(response);
                        open = responses.size();
                        response.closeHandler(_ -> {
                            responses.remove(response);
                            open = responses.size();
                        });
                    }));
            CountDownLatch listening = new CountDownLatch(1);
            loop.runOnContext(_ -> server.listen(0, "127.0.0.1").onComplete(_ -> listening.countDown()));
            listening.await();
            port = server.actualPort();
        }

        @Override
        public int port() {
            return port;
        }

        @Override
        public int open() {
            return open;
        }

        @Override
        public int step() throws InterruptedException {
            int count = open;
            CountDownLatch written = new CountDownLatch(1);
            loop.runOnContext(_ -> {
                responses.forEach(response -> response.write(chunk.copy()));
                written.countDown();
            });
            written.await();
            return count;
        }

        @Override
        public void close() {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }
}
