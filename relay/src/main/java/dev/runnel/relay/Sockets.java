package dev.runnel.relay;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.DatagramChannel;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.spi.transport.Transport;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/// Vert.x's own transport, and a way to end a connection at once, which Vert.x doesn't offer: it first
/// sends all that is queued, so an upstream that is slow to read would get the whole request of a client
/// that has left.
final class Sockets implements io.vertx.core.transport.Transport, Transport {

    private static final Transport NIO = io.vertx.core.transport.Transport.NIO.implementation();

    private final Set<Channel> open = ConcurrentHashMap.newKeySet();
    private final Optional<EventLoop> lent;

    /// On a loop of their own.
    Sockets() {
        lent = Optional.empty();
    }

    /// @param lent somebody's loop, which is left running
    Sockets(EventLoop lent) {
        this.lent = Optional.of(lent);
    }

    /// Ends a connection by a reset; what was being sent is dropped. Only for the loop.
    void cut(HttpConnection connection) {
        for (Channel channel : open) {
            boolean isIts = channel.isActive()
                    && convert(channel.localAddress()).equals(connection.localAddress())
                    // A port of this side may serve several connections to different addresses.
                    && convert(channel.remoteAddress()).equals(connection.remoteAddress());
            if (isIts) {
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
                channel.unsafe().close(channel.voidPromise());
            }
        }
    }

    @Override
    public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
        ChannelFactory<? extends Channel> channels = NIO.channelFactory(domainSocket);
        return () -> {
            Channel channel = channels.newChannel();
            open.add(channel);
            channel.closeFuture().addListener(_ -> open.remove(channel));
            return channel;
        };
    }

    @Override
    public String name() {
        return "nio";
    }

    @Override
    public boolean available() {
        return true;
    }

    @Override
    public @Nullable Throwable unavailabilityCause() {
        return null;
    }

    @Override
    public Transport implementation() {
        return this;
    }

    @Override
    public EventLoopGroup eventLoopGroup(int type, int threads, ThreadFactory factory, int ioRatio) {
        return type == IO_EVENT_LOOP_GROUP && lent.isPresent()
                ? new LentLoop(lent.get())
                : NIO.eventLoopGroup(type, threads, factory, ioRatio);
    }

    @Override
    public IoHandlerFactory ioHandlerFactory() {
        return NIO.ioHandlerFactory();
    }

    @Override
    @SuppressWarnings("deprecation") // the interface's own parameter
    public DatagramChannel datagramChannel(io.netty.channel.socket.InternetProtocolFamily family) {
        return NIO.datagramChannel(family);
    }

    @Override
    public ChannelFactory<? extends DatagramChannel> datagramChannelFactory() {
        return NIO.datagramChannelFactory();
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
        return NIO.serverChannelFactory(domainSocket);
    }
}
