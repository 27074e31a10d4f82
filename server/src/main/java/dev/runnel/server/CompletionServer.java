package dev.runnel.server;

import dev.runnel.core.Backend;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/// A server of completions. It listens from the start and tells that it is loading until it has a backend,
/// so whoever waits for it can tell a server that will be ready from one that isn't there.
///
/// ```java
/// try (CompletionServer server = CompletionServer.start(ServerOptions.at("127.0.0.1", 8080))) {
///     server.serve(backend);
///     server.awaitClose();
/// }
/// ```
public final class CompletionServer implements AutoCloseable {

    /// For what is still being sent when the grace of a shutdown is over.
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    private final Vertx vertx;
    private final Service service;
    private final List<Loop> loops;
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    private CompletionServer(Vertx vertx, Service service, List<Loop> loops) {
        this.vertx = vertx;
        this.service = service;
        this.loops = loops;
    }

    /// A server that listens, and has nothing to serve yet.
    ///
    /// @throws UncheckedIOException if it can't listen there, in a sentence for whoever started it
    public static CompletionServer start(ServerOptions options) {
        // Who could foretell the name of another's reply could refer to it.
        SecureRandom random = new SecureRandom();
        return start(options, InstantSource.system(), () -> random, new VertxOptions());
    }

    static CompletionServer start(
            ServerOptions options,
            InstantSource clock,
            Supplier<? extends RandomGenerator> random,
            VertxOptions vertxOptions) {
        resolve(options);
        Service service = new Service(options, clock, random);
        Vertx vertx = Vertx.builder()
                .withTransport(service.sockets())
                .with(vertxOptions
                        .setEventLoopPoolSize(options.eventLoops())
                        // Nothing runs on these pools but the look-up of a host's name.
                        .setWorkerPoolSize(1)
                        .setInternalBlockingPoolSize(1)
                        .setFileSystemOptions(new FileSystemOptions()
                                .setFileCachingEnabled(false)
                                .setClassPathResolvingEnabled(false)))
                .build();
        List<Loop> loops = new ArrayList<>();
        try {
            vertx.deployVerticle(
                            () -> {
                                Loop loop = new Loop(service);
                                loops.add(loop);
                                return loop;
                            },
                            new DeploymentOptions().setInstances(options.eventLoops()))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join();
            return new CompletionServer(vertx, service, List.copyOf(loops));
        } catch (CompletionException failure) {
            vertx.close();
            throw cannotListen(options, Objects.requireNonNull(failure.getCause()));
        }
    }

    /// Fails as [#start] would, where something else listens there already or there is no such host. For whoever has
    /// much to do before or beside the start, and would do it for nothing.
    ///
    /// @throws UncheckedIOException in a sentence for whoever started it
    public static void requireFree(ServerOptions options) {
        InetAddress address = resolve(options);
        try (ServerSocket taken = new ServerSocket()) {
            taken.bind(new InetSocketAddress(address, options.port()));
        } catch (IOException failure) {
            throw cannotListen(options, failure);
        }
    }

    private static InetAddress resolve(ServerOptions options) {
        try {
            return InetAddress.getByName(options.host());
        } catch (UnknownHostException unknown) {
            throw cannotListen(options, unknown);
        }
    }

    private static UncheckedIOException cannotListen(ServerOptions options, Throwable cause) {
        String why = cause instanceof UnknownHostException ? "no such host" : String.valueOf(cause.getMessage());
        return new UncheckedIOException(
                "cannot listen on %s:%d: %s".formatted(options.host(), options.port(), why),
                cause instanceof IOException io ? io : new IOException(cause));
    }

    /// Answers with `backend` from here on. The backend stays its owner's, to be closed after this server.
    public void serve(Backend backend) {
        service.serve(backend);
    }

    /// Where it listens, which [ServerOptions#port] doesn't tell if it is 0.
    public int port() {
        return loops.getFirst().port();
    }

    List<Loop> loops() {
        return loops;
    }

    /// Stops: from here on requests are turned away with 503, those under way may finish within `grace`,
    /// what still runs then is broken off with an error, and all connections close. Returns when that is
    /// done.
    public void shutdown(Duration grace) {
        if (!stopping.compareAndSet(false, true)) {
            closed.join();
            return;
        }
        try {
            service.drain();
            loops.forEach(loop -> loop.run(loop::drain));
            CompletableFuture<Void> quiet =
                    CompletableFuture.allOf(loops.stream().map(Loop::quiet).toArray(CompletableFuture[]::new));
            if (!isDone(quiet, grace)) {
                loops.forEach(loop -> loop.run(loop::breakOff));
                isDone(quiet, FAREWELL);
            }
            isDone(vertx.close().toCompletionStage().toCompletableFuture(), FAREWELL);
        } finally {
            service.codecThread().shutdownNow();
            closed.complete(null);
        }
    }

    private static boolean isDone(CompletableFuture<?> future, Duration within) {
        try {
            future.get(within.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException tooLong) {
            return false;
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException failure) {
            throw new IllegalStateException("the server could not be shut down", failure.getCause());
        }
    }

    /// Waits until the server has been shut down by someone.
    public void awaitClose() {
        closed.join();
    }

    /// Shuts down without grace.
    @Override
    public void close() {
        shutdown(Duration.ZERO);
    }
}
