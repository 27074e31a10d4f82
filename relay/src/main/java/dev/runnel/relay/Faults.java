package dev.runnel.relay;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.UpstreamFault;
import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.StreamResetException;
import java.io.IOException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Objects;
import javax.net.ssl.SSLException;

/// The network's faults in words.
final class Faults {

    /// When it is worth trying again while all connections are taken: one of them may be free by then.
    private static final Duration SOON = Duration.ofSeconds(1);

    private Faults() {}

    /// What kept a connection from being made.
    static BackendException unreachable(Throwable fault) {
        return switch (fault) {
            case ConnectionPoolTooBusyException _ ->
                BackendException.overloaded("all connections to the upstream are taken", SOON);
            case ConnectTimeoutException _ ->
                new BackendException(Kind.TIMED_OUT, "the upstream can't be reached: it does not answer", fault)
                        .withCode(UpstreamFault.UNREACHABLE.code());
            case UnknownHostException _ -> unreachable("the upstream can't be reached: there is no such host", fault);
            case SSLException _ -> unreachable("the upstream can't be reached over TLS: " + rootMessage(fault), fault);
            default -> unreachable("the upstream can't be reached: " + rootMessage(fault), fault);
        };
    }

    /// Whether a connection may be made all the same if it is tried once more. Not where that took a while and
    /// nobody answered.
    static boolean mayPass(Throwable unreachable) {
        return unreachable instanceof SocketException && !(unreachable instanceof ConnectTimeoutException);
    }

    /// What ended a connection too early.
    ///
    /// @param progress how far the upstream had come, such as `, after 3 events`
    static BackendException broken(Throwable fault, String progress) {
        return switch (fault) {
            case HttpClosedException _ ->
                UpstreamFault.CLOSED_EARLY.failure("the upstream closed the connection" + progress, fault);
            case StreamResetException reset ->
                UpstreamFault.CLOSED_EARLY.failure(
                        "the upstream reset the stream%s, with code %d".formatted(progress, reset.getCode()), fault);
            case IOException _ ->
                UpstreamFault.CLOSED_EARLY.failure(
                        "the upstream broke the connection%s: %s".formatted(progress, rootMessage(fault)), fault);
            default ->
                UpstreamFault.NOT_HTTP.failure(
                        "the upstream made no sense%s: %s".formatted(progress, rootMessage(fault)), fault);
        };
    }

    private static BackendException unreachable(String message, Throwable cause) {
        return UpstreamFault.UNREACHABLE.failure(message, cause);
    }

    /// What the innermost fault says of those that say anything.
    private static String rootMessage(Throwable fault) {
        String message = fault.toString();
        for (Throwable inner = fault; inner != null; inner = inner.getCause()) {
            message = inner instanceof ClosedChannelException
                    ? "it closed the connection"
                    : Objects.requireNonNullElse(inner.getMessage(), message);
        }
        return message;
    }

    /// Such as `30 s` or `200 ms`.
    static String inWords(Duration time) {
        return time.toMillisPart() == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }
}
