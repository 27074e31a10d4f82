package dev.runnel.server;

import dev.runnel.wire.WireOptions;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;

/// How a [CompletionServer] listens, and whom it lets in.
///
/// @param host address or name to listen on
/// @param port 0 takes any free one; [CompletionServer#port] tells which
/// @param apiKeys clients must send one of these as a bearer token; with none, what they send is ignored
/// @param allowedOrigins origins of web pages that may call, such as `https://app.example`; `*` stands for
///     every page, and pages that come from this machine always may
/// @param keepAlive a stream silent for this long gets a comment line, so that proxies and clients don't
///     give it up; one that the backend has not started by then gets its head with it, and if it fails later
///     the failure is told in the stream
/// @param eventLoops threads that do the network's work
/// @param accessLog log each request, at level `INFO` of the logger `dev.runnel.server.access`
/// @param wire what one request may ask for, and how replies are worded
public record ServerOptions(
        String host,
        int port,
        Set<String> apiKeys,
        Set<String> allowedOrigins,
        Duration keepAlive,
        int eventLoops,
        boolean accessLog,
        Limits limits,
        WireOptions wire) {

    /// What one client may take, so that none takes what is everyone's.
    ///
    /// @param connections open at once; one more is closed as it comes
    /// @param bodyBytes longest body of a request
    /// @param arrivingBytes of all bodies together that have begun to come and are not whole; one body
    ///     always may
    /// @param head longest wait for a request's head on a new connection, however it trickles in
    /// @param body longest wait for a request's body, from the end of its head
    /// @param idle longest silence between two requests of a connection
    /// @param stall a reader that takes nothing for this long, while something waits for it, is cut off
    public record Limits(
            int connections,
            int bodyBytes,
            long arrivingBytes,
            Duration head,
            Duration body,
            Duration idle,
            Duration stall) {

        /// 4096 connections, because each is a file descriptor. 16 MiB of body: three times a million
        /// tokens of text. 256 MiB of bodies that are coming: 16 of the longest, or thousands of usual ones.
        /// 10 s for a head, which fits in one packet, and 60 s for a body. 75 s between requests, longer than
        /// the 60 s after which common clients and proxies drop an idle connection themselves, so that this
        /// side rarely closes just as a request comes. 30 s without reading: a live client behind a bad
        /// network is back.
        public static final Limits DEFAULT = new Limits(
                4096,
                16 << 20,
                256 << 20,
                Duration.ofSeconds(10),
                Duration.ofSeconds(60),
                Duration.ofSeconds(75),
                Duration.ofSeconds(30));

        public Limits {
            requirePositive("connections", connections);
            requirePositive("bodyBytes", bodyBytes);
            requirePositive("arrivingBytes", arrivingBytes);
            requirePositive("head", head);
            requirePositive("body", body);
            requirePositive("idle", idle);
            requirePositive("stall", stall);
        }

        public Limits withConnections(int connections) {
            return new Limits(connections, bodyBytes, arrivingBytes, head, body, idle, stall);
        }

        public Limits withBodyBytes(int bodyBytes) {
            return new Limits(connections, bodyBytes, arrivingBytes, head, body, idle, stall);
        }

        public Limits withArrivingBytes(long arrivingBytes) {
            return new Limits(connections, bodyBytes, arrivingBytes, head, body, idle, stall);
        }

        public Limits withHead(Duration head) {
            return new Limits(connections, bodyBytes, arrivingBytes, head, body, idle, stall);
        }

        public Limits withBody(Duration body) {
            return new Limits(connections, bodyBytes, arrivingBytes, head, body, idle, stall);
        }

        public Limits withIdle(Duration idle) {
            return new Limits(connections, bodyBytes, arrivingBytes, head, body, idle, stall);
        }

        public Limits withStall(Duration stall) {
            return new Limits(connections, bodyBytes, arrivingBytes, head, body, idle, stall);
        }
    }

    public ServerOptions {
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(limits, "limits");
        Objects.requireNonNull(wire, "wire");
        apiKeys = Set.copyOf(apiKeys);
        allowedOrigins = Set.copyOf(allowedOrigins);
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port is " + port + ", expected 0 to 65535");
        }
        if (apiKeys.stream().anyMatch(String::isBlank)) {
            throw new IllegalArgumentException("an API key is blank");
        }
        requirePositive("keepAlive", keepAlive);
        requirePositive("eventLoops", eventLoops);
    }

    /// Open to every client that reaches `host`, with a comment line after 10 s of silence, well below the
    /// 50 s at which the first proxies cut. One event loop for four processors: a loop moves the events of
    /// a hundred thousand tokens a second, and the processors are for what makes the tokens. No access log.
    public static ServerOptions at(String host, int port) {
        return new ServerOptions(
                host,
                port,
                Set.of(),
                Set.of(),
                Duration.ofSeconds(10),
                Math.max(1, Runtime.getRuntime().availableProcessors() / 4),
                false,
                Limits.DEFAULT,
                WireOptions.DEFAULT);
    }

    public ServerOptions withApiKeys(Set<String> apiKeys) {
        return new ServerOptions(host, port, apiKeys, allowedOrigins, keepAlive, eventLoops, accessLog, limits, wire);
    }

    public ServerOptions withAllowedOrigins(Set<String> allowedOrigins) {
        return new ServerOptions(host, port, apiKeys, allowedOrigins, keepAlive, eventLoops, accessLog, limits, wire);
    }

    public ServerOptions withKeepAlive(Duration keepAlive) {
        return new ServerOptions(host, port, apiKeys, allowedOrigins, keepAlive, eventLoops, accessLog, limits, wire);
    }

    public ServerOptions withEventLoops(int eventLoops) {
        return new ServerOptions(host, port, apiKeys, allowedOrigins, keepAlive, eventLoops, accessLog, limits, wire);
    }

    public ServerOptions withAccessLog(boolean accessLog) {
        return new ServerOptions(host, port, apiKeys, allowedOrigins, keepAlive, eventLoops, accessLog, limits, wire);
    }

    public ServerOptions withLimits(Limits limits) {
        return new ServerOptions(host, port, apiKeys, allowedOrigins, keepAlive, eventLoops, accessLog, limits, wire);
    }

    public ServerOptions withWire(WireOptions wire) {
        return new ServerOptions(host, port, apiKeys, allowedOrigins, keepAlive, eventLoops, accessLog, limits, wire);
    }

    /// Without the keys, which are nobody's business.
    @Override
    public String toString() {
        return "ServerOptions[%s:%d, %d API keys, allowedOrigins=%s, keepAlive=%s, eventLoops=%d, accessLog=%b, %s, %s]"
                .formatted(host, port, apiKeys.size(), allowedOrigins, keepAlive, eventLoops, accessLog, limits, wire);
    }

    private static void requirePositive(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " is " + value + ", expected at least 1");
        }
    }

    private static void requirePositive(String name, Duration value) {
        if (!value.isPositive()) {
            throw new IllegalArgumentException(name + " is " + value + ", expected more than nothing");
        }
    }
}
