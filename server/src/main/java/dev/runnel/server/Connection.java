package dev.runnel.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// One client's connection: the exchanges under way, and a deadline for whatever is waited for while there
/// are none. In HTTP/1 there is one at a time. A request that comes early waits inside Vert.x until the one
/// before it is answered; with several waiting Vert.x stops reading, and then a client that leaves is
/// noticed only when something is written to it.
///
/// A client that sends no more may still be reading, or may have gone: TCP tells the one from the other only
/// in answer to something sent. So from then on something that means nothing is sent now and then; a
/// client that has gone answers it with a reset.
final class Connection {

    private static final long NEVER = Long.MAX_VALUE;

    /// How long a connection that will be closed goes on reading. Closing with bytes unread would reset the
    /// connection, and a reset can overtake the reply on its way.
    private static final Duration LINGER = Duration.ofSeconds(2);

    /// From a client's last byte to the second probe, and from there twice as long each time: the first that
    /// follows the reset of a client that has gone ends its work.
    private static final Duration FIRST_PROBE = Duration.ofMillis(20);

    /// For what is under way when the server shuts down. How long it really has is the server's to decide.
    private static final Duration AT_LEISURE = Duration.ofDays(1);

    private final Loop loop;
    private final HttpConnection http;
    private final Channel channel;
    private final ServerOptions.Limits limits;
    private final Set<Exchange> underWay = new LinkedHashSet<>();

    private long deadline; // in the loop's nanoseconds
    private boolean last;
    private boolean closing;
    private boolean heardOut;

    Connection(Loop loop, HttpConnection http, Channel channel, ServerOptions.Limits limits) {
        this.loop = loop;
        this.http = http;
        this.channel = channel;
        this.limits = limits;
        channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
            @Override
            public void userEventTriggered(ChannelHandlerContext context, Object event) {
                if (event instanceof ChannelInputShutdownEvent) {
                    sentAll();
                }
                context.fireUserEventTriggered(event);
            }
        });
        await(limits.head());
    }

    Exchange begin(HttpServerRequest request) {
        deadline = NEVER;
        Exchange exchange = new Exchange(loop, this, request);
        underWay.add(exchange);
        return exchange;
    }

    /// Whether requests and replies are streams of one connection, each with an end of its own.
    boolean isHttp2() {
        return http.protocolVersion() == HttpVersion.HTTP_2;
    }

    /// The exchange under way is the last one: its reply says so, and then the connection closes. In HTTP/2
    /// nothing that happens to one request is a reason for it.
    void makeLast() {
        last |= !isHttp2();
    }

    boolean isLast() {
        return last;
    }

    /// Closes once there is nothing under way.
    void drain() {
        last = true;
        if (underWay.isEmpty()) {
            close();
        } else if (isHttp2()) {
            http.shutdown(AT_LEISURE); // tells the client to begin nothing more
        }
    }

    /// All of the exchange's reply has been sent, or never will be.
    void finished(Exchange done) {
        loop.exchangeFinished();
        underWay.remove(done);
        if (!underWay.isEmpty()) {
            return; // in HTTP/1 one that came with it, and has begun
        }
        if (heardOut) {
            channel.eventLoop().execute(this::closeIfQuiet); // there may be one more that came with it
        } else if (!last) {
            await(limits.idle());
        } else if (isHttp2() || done.isRead()) {
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

    private void closeIfQuiet() {
        if (underWay.isEmpty()) {
            close();
        }
    }

    /// Ends the connection at once, by a reset: whatever was being sent can't be taken for complete.
    void cut() {
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        channel.unsafe().close(channel.voidPromise());
    }

    /// The client sends no more. In HTTP/2 it has to, so there it has left.
    private void sentAll() {
        if (underWay.isEmpty()) {
            close();
        } else if (isHttp2() || !underWay.stream().allMatch(Exchange::isRead)) {
            var _ = channel.close();
        } else if (!heardOut) {
            heardOut = true;
            probe(FIRST_PROBE);
        }
    }

    private void probe(Duration pause) {
        if (underWay.isEmpty() || !channel.isActive()) {
            return;
        }
        if (underWay.stream().allMatch(Exchange::probe)) {
            Duration next = pause.multipliedBy(2);
            Duration longest = loop.service().options().keepAlive();
            var _ = channel.eventLoop()
                    .schedule(
                            () -> probe(next.compareTo(longest) < 0 ? next : longest),
                            pause.toNanos(),
                            TimeUnit.NANOSECONDS);
        } else {
            var _ = channel.close();
        }
    }

    /// The client has left, or the connection was closed on this side.
    void closed() {
        List.copyOf(underWay).forEach(Exchange::clientLeft);
    }

    void breakOff() {
        List.copyOf(underWay).forEach(Exchange::breakOff);
    }

    void tick(long now) {
        List.copyOf(underWay).forEach(exchange -> exchange.tick(now));
        if (now >= deadline) {
            expire();
        }
    }

    private void expire() {
        if (closing) {
            cut();
        } else {
            close();
        }
    }

    private void await(Duration time) {
        deadline = loop.nanos() + time.toNanos();
    }
}
