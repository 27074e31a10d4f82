package dev.runnel.server;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.BackendLoad;
import dev.runnel.wire.Errors;
import dev.runnel.wire.ResponseItems;
import io.vertx.core.net.HostAndPort;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// What all loops share: who may come in, and whether there is something to serve.
final class Service {

    /// A server's life, in this order.
    sealed interface Phase {
        record Loading() implements Phase {}

        record Serving(Backend backend) implements Phase {}

        record Draining() implements Phase {}
    }

    private final ServerOptions options;
    private final ApiKeys keys;
    private final Origins origins;
    private final Sockets sockets;
    private final ResponseItems items;
    private final BodySpace bodySpace;
    private final ExecutorService codecThread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("runnel-codec").daemon().factory());
    private final Page page = new Page();
    private final Metrics metrics = new Metrics();
    private final InstantSource clock;
    private final Supplier<? extends RandomGenerator> random;
    private volatile Phase phase = new Phase.Loading();

    /// @param clock dates replies
    /// @param random names them; asked by each loop on its own thread
    Service(ServerOptions options, InstantSource clock, Supplier<? extends RandomGenerator> random) {
        this.options = options;
        this.clock = clock;
        this.random = random;
        keys = new ApiKeys(options.apiKeys());
        origins = new Origins(options.allowedOrigins());
        sockets = new Sockets(options.limits().connections(), options.limits().head());
        items = new ResponseItems(options.wire().rememberedBytes());
        bodySpace = new BodySpace(
                Math.max(options.limits().arrivingBytes(), options.limits().bodyBytes()));
    }

    synchronized void serve(Backend backend) {
        phase = switch (phase) {
            case Phase.Loading _ -> new Phase.Serving(backend);
            case Phase.Serving _ -> throw new IllegalStateException("the server serves a backend already");
            case Phase.Draining _ -> throw new IllegalStateException("the server has been shut down");
        };
    }

    synchronized void drain() {
        phase = new Phase.Draining();
    }

    Phase phase() {
        return phase;
    }

    /// Refuses what a page does that may not.
    ///
    /// @param origin the header of that name, which only browsers send
    /// @param authority this server, as the client calls it
    void requireKnown(@Nullable String origin, @Nullable HostAndPort authority) {
        if (origin != null && !origins.allow(origin) && !Origins.isOwn(origin, authority)) {
            throw Refusal.of(
                    403, "pages of %s may not call this server; its operator can allow them".formatted(origin));
        }
    }

    /// Refuses a client without a key where one is asked for.
    ///
    /// @param authorization the header of that name
    void requireKey(@Nullable String authorization) {
        if (!keys.areNone()) {
            if (authorization == null) {
                throw Refusal.of(
                        Errors.Transport.INVALID_API_KEY,
                        "this server asks for an API key; send it as 'Authorization: Bearer <key>'");
            }
            if (!keys.open(authorization)) {
                throw Refusal.of(Errors.Transport.INVALID_API_KEY, "the API key is none of this server's");
            }
        }
    }

    /// The backend, if the client may use it and there is one.
    ///
    /// @param authorization the header of that name
    Backend admit(@Nullable String authorization) {
        requireKey(authorization);
        return switch (phase) {
            case Phase.Serving(var backend) -> backend;
            case Phase.Loading _ ->
                throw Refusal.of(
                        new BackendException(BackendException.Kind.LOADING, "the model is still being loaded"));
            case Phase.Draining _ -> throw Refusal.of(shuttingDown());
        };
    }

    static BackendException shuttingDown() {
        return new BackendException(
                BackendException.Kind.SHUTTING_DOWN, "this server is shutting down and takes no more requests");
    }

    ServerOptions options() {
        return options;
    }

    /// The items of the latest responses.
    ResponseItems items() {
        return items;
    }

    /// What bodies on their way in share.
    BodySpace bodySpace() {
        return bodySpace;
    }

    /// Where questions about tokens are answered, one after another. A long text takes seconds, and virtual threads
    /// are not interrupted in their arithmetic: a few of them would keep the processors from all completions.
    ExecutorService codecThread() {
        return codecThread;
    }

    Page page() {
        return page;
    }

    /// What the backend does at the moment, if there is one.
    Map<String, BackendLoad> load() {
        return switch (phase) {
            case Phase.Serving(var backend) -> backend.load();
            case Phase.Loading _, Phase.Draining _ -> Map.of();
        };
    }

    Metrics metrics() {
        return metrics;
    }

    Sockets sockets() {
        return sockets;
    }

    InstantSource clock() {
        return clock;
    }

    RandomGenerator random() {
        return random.get();
    }
}
