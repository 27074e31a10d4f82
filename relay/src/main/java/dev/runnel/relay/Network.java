package dev.runnel.relay;

import io.netty.channel.EventLoop;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.Http1ClientConfig;
import io.vertx.core.http.Http2ClientConfig;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientConfig;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.ClientSSLOptions;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// One event loop, its pool of connections to the upstream, and the clock that calls are held to.
final class Network {

    /// How long a connection waits for its next request. Below the 5 s after which common upstreams drop an
    /// idle connection themselves, so that it is rarely closed just as a request comes.
    private static final Duration IDLE = Duration.ofSeconds(3);

    /// Bytes of an answer's head. Proxies add cookies and policies to it, which may be more than the usual 8 KiB.
    private static final int LONGEST_HEAD = 64 << 10;

    /// Each takes as many completions at once as the upstream grants, 100 as a rule.
    private static final int HTTP2_CONNECTIONS = 16;

    /// Bytes that an upstream may send of one stream in HTTP/2 before they are read. The window of a connection
    /// has room for those of all its streams, so that readers who take their time don't hold up the others.
    private static final int STREAM_WINDOW = 65_535;

    /// Time for the other calls of a connection that takes no new ones.
    private static final Duration LAST_CALLS = Duration.ofMinutes(10);

    /// HTTP/2's word for it.
    private static final long CANCEL = 8;

    private final Address address;
    private final UpstreamOptions options;
    private final Sockets sockets;
    private final Vertx vertx;
    private final Context loop;
    private final HttpClient client;

    /// Whether calls may be streams of one connection, in HTTP/2.
    private final boolean mayShare;

    // Only for the loop: calls under way, and the last call of each open connection.
    private final Set<Call> calls = new HashSet<>();
    private final Map<HttpConnection, Call> users = new HashMap<>();

    Network(Address address, UpstreamOptions options, VertxOptions vertxOptions, Sockets sockets) {
        this.sockets = sockets;
        this.address = address;
        this.options = options;
        vertx = Vertx.builder()
                .withTransport(sockets)
                .with(vertxOptions
                        .setEventLoopPoolSize(1)
                        // Nothing runs on these pools.
                        .setWorkerPoolSize(1)
                        .setInternalBlockingPoolSize(1)
                        .setFileSystemOptions(new FileSystemOptions()
                                .setFileCachingEnabled(false)
                                .setClassPathResolvingEnabled(false)))
                .build();
        loop = vertx.getOrCreateContext();
        mayShare = address.versions().contains(HttpVersion.HTTP_2);
        HttpClientConfig config = new HttpClientConfig()
                .setVersions(address.versions())
                .setConnectTimeout(options.connect())
                .setHttp1Config(
                        new Http1ClientConfig().setKeepAliveTimeout(IDLE).setMaxHeaderSize(LONGEST_HEAD))
                .setHttp2Config(new Http2ClientConfig()
                        .setClearTextUpgrade(false)
                        .setInitialSettings(new Http2Settings().setMaxHeaderListSize(LONGEST_HEAD))
                        .setConnectionWindowSize(Math.clamp(
                                (long) options.connections() * STREAM_WINDOW, STREAM_WINDOW, Integer.MAX_VALUE)));
        client = vertx.httpClientBuilder()
                .with(config)
                .with(new PoolOptions()
                        .setHttp1MaxSize(options.connections())
                        .setHttp2MaxSize(HTTP2_CONNECTIONS)
                        // Calls that will share a connection wait for it to be made, and are counted here.
                        .setMaxWaitQueueSize(mayShare ? -1 : 0))
                .with(new ClientSSLOptions()
                        .setUseAlpn(true)
                        .setSslHandshakeTimeout(options.connect().toMillis())
                        .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS))
                .withConnectHandler(connection -> {
                    connection.closeHandler(_ -> users.remove(connection));
                    // The call that a fault ends hears of it; with nobody here Vert.x would log it besides.
                    connection.exceptionHandler(_ -> {});
                })
                .build();
        run(() -> vertx.setPeriodic(tickMillis(options), _ -> tick()));
    }

    Address address() {
        return address;
    }

    UpstreamOptions options() {
        return options;
    }

    EventLoop eventLoop() {
        return ((ContextInternal) loop).nettyEventLoop();
    }

    /// Every wait is measured against this tick, so it is a fraction of the shortest.
    private static long tickMillis(UpstreamOptions options) {
        Duration shortest = Stream.of(options.firstToken(), options.nextToken(), options.event())
                .min(Duration::compareTo)
                .orElseThrow();
        return Math.clamp(shortest.toMillis() / 8, 1, 1000);
    }

    private void tick() {
        long now = System.nanoTime();
        List.copyOf(calls).forEach(call -> call.tick(now));
    }

    /// Has `action` run on the loop, later. Any thread may call it; after [#close] nothing happens.
    void run(Runnable action) {
        try {
            loop.runOnContext(_ -> action.run());
        } catch (RejectedExecutionException stopped) {
            // All calls have ended.
        }
    }

    /// A connection for a call, or a part in one, which is ticked until it is [#left].
    ///
    /// @return fails where as many calls are under way as may be
    Future<HttpClientRequest> open(RequestOptions request, Call call) {
        if (mayShare && calls.size() >= options.connections()) {
            return Future.failedFuture(new ConnectionPoolTooBusyException("as many calls as may be"));
        }
        calls.add(call);
        return client.request(request).onSuccess(opened -> {
            if (!isShared(opened)) {
                users.put(opened.connection(), call);
            }
        });
    }

    /// Ends a call's request at once: its stream, where others share the connection, or the connection. Where
    /// the answer has come whole and only waits to be read, another call may have the connection by now;
    /// then it stays.
    void cut(Call call, HttpClientRequest request) {
        if (isShared(request)) {
            var _ = request.reset(CANCEL);
        } else if (users.get(request.connection()) == call) {
            sockets.cut(request.connection());
        }
    }

    /// Has calls to come take other connections than that of a request, of which nothing is heard.
    void avoid(HttpClientRequest request) {
        if (isShared(request)) {
            var _ = request.connection().shutdown(LAST_CALLS);
        }
    }

    private static boolean isShared(HttpClientRequest request) {
        return request.connection().protocolVersion() == HttpVersion.HTTP_2;
    }

    /// Has `action` run on the loop after `wait`.
    void runAfter(Duration wait, Runnable action) {
        vertx.setTimer(Math.max(1, wait.toMillis()), _ -> action.run());
    }

    void left(Call call) {
        calls.remove(call);
    }

    /// Closes all connections.
    Future<Void> close() {
        return vertx.close();
    }
}
