package dev.runnel.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// One client's connection: the exchange under way, and a deadline for whatever is waited for while there
/// is none or its request is still coming. A request that comes early waits inside Vert.x until the one
/// before it is answered; with several waiting Vert.x stops reading, and then a client that leaves is
/// noticed only when something is written to it.
final class Connection {

    private static final long NEVER = Long.MAX_VALUE;

    /// How long a connection that will be closed goes on reading. Closing with bytes unread would reset the
    /// connection, and a reset can overtake the reply on its way.
    private static final Duration LINGER = Duration.ofSeconds(2);

    private final Loop loop;
    private final HttpConnection http;
    private final Channel channel;
    private final ServerOptions.Limits limits;

    private @Nullable Exchange exchange;
    private long deadline; // in the loop's nanoseconds
    private boolean last;
    private boolean closing;

    Connection(Loop loop, HttpConnection http, Channel channel, ServerOptions.Limits limits) {
        this.loop = loop;
        this.http = http;
        this.channel = channel;
        this.limits = limits;
        await(limits.head());
    }

    Exchange begin(HttpServerRequest request) {
        deadline = NEVER;
        exchange = new Exchange(loop, this, request);
        return exchange;
    }

    /// The exchange's request has a body, which has to come in time.
    void awaitBody() {
        await(limits.body());
    }

    void bodyCame() {
        deadline = NEVER;
    }

    /// The exchange under way is the last one: its reply says so, and then the connection closes.
    void makeLast() {
        last = true;
    }

    boolean isLast() {
        return last;
    }

    /// Closes once there is nothing under way.
    void drain() {
        last = true;
        if (exchange == null) {
            close();
        }
    }

    /// All of the exchange's reply has been sent, or never will be.
    void finished(Exchange done) {
        loop.exchangeFinished();
        if (exchange != done) {
            return; // the next one came with it, and has begun
        }
        exchange = null;
        if (!last) {
            await(limits.idle());
        } else if (done.isRead()) {
            close();
        } else {
            await(LINGER);
            done.whenRead(this::close);
        }
    }

    /// Closes when all that was written has been sent, and in any case after the time a stalled reader has.
    void close() {
        closing = true;
        await(limits.stall());
        http.close();
    }

    /// Ends the connection at once, by a reset: whatever was being sent can't be taken for complete.
    void cut() {
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        channel.unsafe().close(channel.voidPromise());
    }

    /// The client has left, or the connection was closed on this side.
    void closed() {
        if (exchange != null) {
            exchange.clientLeft();
        }
    }

    void breakOff() {
        if (exchange != null) {
            exchange.breakOff();
        }
    }

    void tick(long now) {
        if (exchange != null) {
            exchange.tick(now);
        }
        if (now >= deadline) {
            expire();
        }
    }

    private void expire() {
        if (closing) {
            cut();
        } else if (exchange != null) {
            deadline = NEVER;
            exchange.timeOut();
        } else {
            close();
        }
    }

    private void await(Duration time) {
        deadline = loop.nanos() + time.toNanos();
    }
}
