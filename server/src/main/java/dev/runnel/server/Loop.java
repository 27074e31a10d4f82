package dev.runnel.server;

import dev.runnel.wire.ByteSink;
import io.netty.channel.Channel;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.Http1ServerConfig;
import io.vertx.core.http.Http2ServerConfig;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerConfig;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.WebSocketServerConfig;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// One event loop: its connections, the clock they are held to, and the mailbox through which backends
/// reach it. Everything here but [#ready] and [#run] is called on the loop's own thread.
final class Loop extends VerticleBase {

    private static final DateTimeFormatter HTTP_DATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH);

    /// Longest first line of a request, which holds a model's name at most.
    static final int LINE_BYTES = 8 << 10;

    /// Longest headers of a request together: a few of them are tokens and cookies.
    static final int HEADERS_BYTES = 32 << 10;

    /// Requests under way on one connection of HTTP/2.
    private static final int STREAMS = 100;

    private final Service service;
    private final Map<HttpConnection, Connection> connections = new HashMap<>();
    private final ByteSink sink = new ByteSink(16 << 10);
    private final CompletableFuture<Void> quiet = new CompletableFuture<>();
    private final long origin = System.nanoTime();

    private int port;
    private int underWay;
    private boolean draining;
    private Instant dated = Instant.MIN;
    private String date = "";

    // The mailbox. Under `mailbox`: replies that have something to send. While there are any, the loop knows.
    private final Object mailbox = new Object();
    private List<StreamedReply> ready = new ArrayList<>();
    private List<StreamedReply> spare = new ArrayList<>();

    Loop(Service service) {
        this.service = service;
    }

    /// Listens. Several loops of a server share its port; the connections are dealt out in turn.
    @Override
    public Future<?> start() {
        ServerOptions options = service.options();
        HttpServer server = vertx.createHttpServer(httpConfig())
                .connectionHandler(this::connected)
                .requestHandler(request -> begin(request, Exchange::answer))
                .invalidRequestHandler(request -> begin(
                        request,
                        exchange ->
                                exchange.answerMalformed(request.decoderResult().cause())));
        vertx.setPeriodic(tickMillis(options), _ -> tick());
        // A negative port is any free one that the loops agree on.
        return server.listen(options.port() == 0 ? -1 : options.port(), options.host())
                .onSuccess(listening -> port = listening.actualPort());
    }

    /// HTTP without the rest: nothing for web sockets in every connection's pipeline, and no locks for
    /// writers on other threads, because there are none.
    static HttpServerConfig httpConfig() {
        return new HttpServerConfig()
                .setVersions(HttpVersion.HTTP_1_0, HttpVersion.HTTP_1_1, HttpVersion.HTTP_2)
                .setHttp1Config(new Http1ServerConfig()
                        .setMaxInitialLineLength(LINE_BYTES)
                        .setMaxHeaderSize(HEADERS_BYTES))
                .setHttp2Config(new Http2ServerConfig()
                        .setInitialSettings(new Http2Settings()
                                .setMaxConcurrentStreams(STREAMS)
                                .setMaxHeaderListSize(HEADERS_BYTES)))
                .setWebSocketConfig(new WebSocketServerConfig()
                        .setUsePerFrameCompression(false)
                        .setUsePerMessageCompression(false))
                .setStrictThreadMode(true);
    }

    private void connected(HttpConnection http) {
        Channel channel = service.sockets().channelOf(http);
        if (channel == null) {
            http.close();
            return;
        }
        Connection connection =
                new Connection(this, http, channel, service.options().limits());
        if (draining) {
            connection.makeLast();
        }
        connections.put(http, connection);
        http.closeHandler(_ -> {
            connections.remove(http);
            connection.closed();
        });
    }

    private void begin(HttpServerRequest request, Consumer<Exchange> answer) {
        Connection connection = connections.get(request.connection());
        if (connection != null) {
            underWay++;
            answer.accept(connection.begin(request));
        }
    }

    void exchangeFinished() {
        underWay--;
        if (draining && underWay == 0) {
            quiet.complete(null);
        }
    }

    /// Every wait is measured against this tick, so it is a fraction of the shortest.
    private static long tickMillis(ServerOptions options) {
        ServerOptions.Limits limits = options.limits();
        Duration shortest = Stream.of(limits.head(), limits.body(), limits.idle(), limits.stall(), options.keepAlive())
                .min(Duration::compareTo)
                .orElseThrow();
        return Math.clamp(shortest.toMillis() / 8, 1, 1000);
    }

    private void tick() {
        long now = nanos();
        List.copyOf(connections.values()).forEach(connection -> connection.tick(now));
    }

    /// Nanoseconds since this loop was made.
    long nanos() {
        return System.nanoTime() - origin;
    }

    /// The time of day as HTTP writes it.
    String date() {
        Instant now = service.clock().instant();
        if (now.getEpochSecond() != dated.getEpochSecond()) {
            dated = now;
            date = HTTP_DATE.format(now.atOffset(ZoneOffset.UTC));
        }
        return date;
    }

    Service service() {
        return service;
    }

    int port() {
        return port;
    }

    /// The loop's one buffer, empty: for who writes now and has done so when it returns.
    ByteSink emptySink() {
        sink.clear();
        return sink;
    }

    /// Has `action` run on the loop's thread. Any thread may call it.
    void run(Runnable action) {
        try {
            context.runOnContext(_ -> action.run());
        } catch (RejectedExecutionException stopped) {
            // The server has been closed, and every exchange with it.
        }
    }

    /// Has `reply` drained on the loop's thread, together with all that call before it gets there: one hop
    /// for a backend's whole step. Any thread may call it.
    void ready(StreamedReply reply) {
        boolean first;
        synchronized (mailbox) {
            first = ready.isEmpty();
            ready.add(reply);
        }
        if (first) {
            run(this::empty);
        }
    }

    /// Draining may bring forth more, which waits for the next turn: sockets are looked after in between.
    private void empty() {
        List<StreamedReply> batch;
        synchronized (mailbox) {
            batch = ready;
            ready = spare;
            spare = batch;
        }
        try {
            batch.forEach(StreamedReply::drain);
        } finally {
            batch.clear(); // or whoever rings next would take it for one that the loop knows of
        }
    }

    /// Ends what only waits, and lets the rest finish; [#quiet] tells when it has.
    void drain() {
        draining = true;
        List.copyOf(connections.values()).forEach(Connection::drain);
        if (underWay == 0) {
            quiet.complete(null);
        }
    }

    /// Ends what still runs.
    void breakOff() {
        List.copyOf(connections.values()).forEach(Connection::breakOff);
    }

    /// Done when the loop drains and nothing is under way.
    CompletableFuture<Void> quiet() {
        return quiet;
    }
}
