package dev.runnel.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What a new connection begins with, and how long it may take for it.
///
/// On an open port Vert.x speaks HTTP/2 with a client that begins with its preface, and also with one that
/// asks in HTTP/1.1 to be upgraded. The preface must be understood and the upgrade ignored: every `POST` of the
/// JDK's client asks for it, and a body is easily lost on the way. Vert.x has one switch for both, so the
/// request to be upgraded is taken out before Vert.x sees it.
///
/// The bytes go on one by one until Vert.x has chosen, which is at the first that the preface doesn't have;
/// right then its decoder is there and has not decoded anything yet.
final class FirstBytes extends ChannelInboundHandlerAdapter {

    private static final int PREFACE_BYTES = 24;

    private final Duration patience;
    private @Nullable Future<?> deadline;
    private int seen;

    /// Vert.x has chosen, and gets all further bytes as they come.
    private boolean chosen;

    /// @param patience longest wait for the preface or for the first request's head
    FirstBytes(Duration patience) {
        this.patience = patience;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        deadline = context.executor()
                .schedule(
                        () -> {
                            var _ = context.close();
                        },
                        patience.toNanos(),
                        TimeUnit.NANOSECONDS);
        context.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        ChannelPipeline pipeline = context.pipeline();
        while (bytes.isReadable() && !chosen) {
            context.fireChannelRead(bytes.readRetainedSlice(1));
            ChannelHandlerContext decoder = pipeline.context(HttpRequestDecoder.class);
            if (decoder != null) {
                chosen = true;
                pipeline.addAfter(decoder.name(), null, new FirstHead());
            } else if (++seen == PREFACE_BYTES) {
                chosen = true;
                settle();
                pipeline.remove(this);
            }
        }
        if (bytes.isReadable()) {
            context.fireChannelRead(bytes);
        } else {
            bytes.release();
        }
    }

    /// Nothing has been asked, and nothing will be.
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            var _ = context.close();
        }
        context.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        settle();
        context.fireChannelInactive();
    }

    /// What was waited for is there, or never will be.
    private void settle() {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    /// A connection's first request in HTTP/1, decoded. Only the first is looked at for an upgrade.
    private final class FirstHead extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof HttpRequest request) {
                settle();
                request.headers().remove(HttpHeaderNames.UPGRADE);
                context.pipeline().remove(FirstBytes.this);
                context.pipeline().remove(this);
            }
            context.fireChannelRead(message);
        }
    }
}
