package dev.runnel.relay;

import io.netty.channel.EventLoop;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.CloseFuture;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Where the calls to one upstream happen: on the event loop of whoever asks, if it is one of Vert.x, as the server's
/// are; else on a loop of the relay's own. On the asker's loop no second thread has to be woken for an event to
/// reach its reader, and to wake one costs about as much as to read the event.
final class Networks implements AutoCloseable {

    /// For connections to close.
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    private final Address address;
    private final UpstreamOptions options;
    private final VertxOptions vertxOptions;
    private final Network own;

    // Under the lock of this. By the loops they are on; while one is made, the relay's own is in its place.
    private final Map<EventLoop, Network> networks = new HashMap<>();
    private final Set<CloseFuture> ends = new HashSet<>(); // of those on others' loops
    private boolean closed;

    Networks(Address address, UpstreamOptions options, VertxOptions vertxOptions) {
        this.address = address;
        this.options = options;
        this.vertxOptions = vertxOptions;
        own = new Network(address, options, new VertxOptions(vertxOptions), new Sockets());
        networks.put(own.eventLoop(), own);
    }

    Address address() {
        return address;
    }

    UpstreamOptions options() {
        return options;
    }

    /// The relay's own.
    Network own() {
        return own;
    }

    /// The one for whoever calls this. One that is still to be made takes some milliseconds, which no loop can wait:
    /// until then it is the relay's own.
    Network here() {
        ContextInternal context = ContextInternal.current();
        if (context == null || !context.isEventLoopContext()) {
            return own;
        }
        EventLoop loop = context.nettyEventLoop();
        synchronized (this) {
            if (!networks.containsKey(loop)) {
                lend(loop, context.owner().closeFuture());
            }
            return networks.getOrDefault(loop, own);
        }
    }

    /// Has one made on a loop. It ends with the loop's Vert.x, which waits for that before it ends the loop: without
    /// the loop it could not be closed.
    private void lend(EventLoop loop, CloseFuture asker) {
        Promise<Network> made = Promise.promise();
        CloseFuture end = new CloseFuture();
        end.add(closing -> {
            forget(loop, end);
            made.future().compose(Network::close).onComplete(closing);
        });
        if (!closed && asker.add(end)) {
            networks.put(loop, own);
            ends.add(end);
            Thread.startVirtualThread(() -> make(loop, made));
        }
    }

    private void make(EventLoop loop, Promise<Network> made) {
        try {
            Network network = new Network(address, options, new VertxOptions(vertxOptions), new Sockets(loop));
            synchronized (this) {
                networks.replace(loop, network); // unless it is forgotten
            }
            made.complete(network);
        } finally {
            made.tryFail("it could not be made");
        }
    }

    private synchronized void forget(EventLoop loop, CloseFuture end) {
        networks.remove(loop);
        ends.remove(end);
    }

    /// Closes all connections, and waits until they are, unless called by an event loop.
    @Override
    public void close() {
        List<CloseFuture> open;
        synchronized (this) {
            closed = true;
            open = List.copyOf(ends);
        }
        List<Future<Void>> closing = new ArrayList<>();
        closing.add(own.close());
        open.forEach(end -> closing.add(end.close()));
        if (Context.isOnEventLoopThread()) {
            return;
        }
        try {
            Future.join(closing).await(FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            // They are closed by their loops, whenever these get to it.
        }
    }
}
