package dev.runnel.server;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.TcpConfig;
import io.vertx.core.spi.transport.Transport;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/// Vert.x's own transport, with the things a public server needs of its sockets and Vert.x doesn't offer: a
/// bound on how many are open, and the channel behind a connection, to end it at once ([Connection#cut]).
/// Vert.x closes a connection only after all that is queued for it has been sent, which for a peer that has
/// stopped reading is never.
final class Sockets implements io.vertx.core.transport.Transport, Transport {

    private static final Transport NIO = io.vertx.core.transport.Transport.NIO.implementation();

    // A machine that is switched off or unplugged closes nothing. The system asks after it in silence, which a whole
    // reply may have for minutes, and ends the connection when three questions have had no answer: within a minute.
    private static final int PROBE_AFTER_SECONDS = 30;
    private static final int PROBE_EVERY_SECONDS = 10;
    private static final int PROBES = 3;

    /// The two ends of a connection, which together are its own as long as it is open.
    private record Ends(SocketAddress local, SocketAddress remote) {}

    private final int most;
    private final Duration head;
    private final Map<Ends, Channel> open = new ConcurrentHashMap<>();

    /// @param most connections open at once
    /// @param head longest wait for the first request's head
    Sockets(int most, Duration head) {
        this.most = most;
        this.head = head;
    }

    /// The channel of a connection, or null if its peer has gone already.
    @Nullable
    Channel channelOf(HttpConnection connection) {
        io.vertx.core.net.SocketAddress local = connection.localAddress();
        io.vertx.core.net.SocketAddress remote = connection.remoteAddress();
        return local == null || remote == null ? null : open.get(new Ends(convert(local), convert(remote)));
    }

    @Override
    public void configure(TcpConfig config, boolean domainSocket, ServerBootstrap bootstrap) {
        NIO.configure(config, domainSocket, bootstrap);
        bootstrap
                .handler(new Doorkeeper())
                .childOption(ChannelOption.TCP_NODELAY, true)
                // A client that sends no more is not a client that has left; Connection tells them apart.
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), PROBE_AFTER_SECONDS)
                .childOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), PROBE_EVERY_SECONDS)
                .childOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), PROBES);
    }

    /// Sees each accepted channel before anyone else does.
    @Sharable
    private final class Doorkeeper extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext listener, Object accepted) {
            Channel channel = (Channel) accepted;
            SocketAddress local = channel.localAddress();
            SocketAddress remote = channel.remoteAddress();
            if (open.size() >= most || local == null || remote == null) {
                channel.unsafe().closeForcibly();
                return;
            }
            Ends ends = new Ends(local, remote);
            open.put(ends, channel);
            channel.pipeline().addLast(new FirstBytes(head));
            channel.closeFuture().addListener(_ -> open.remove(ends, channel));
            listener.fireChannelRead(accepted);
        }
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
    public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
        return NIO.channelFactory(domainSocket);
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
        return NIO.serverChannelFactory(domainSocket);
    }
}
