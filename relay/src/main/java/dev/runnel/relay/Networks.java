package dev.runnel.relay;

import io.netty.channel.EventLoop;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.ContextInternal;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// Where the calls to one upstream happen: on the event loop of whoever asks, if it is one of Vert.x, as the server's
/// are; else on a loop of the relay's own. On the asker's loop no second thread has to be woken for an event to
/// reach its reader, and to wake one costs about as much as to read the event.
final class Networks implements AutoCloseable {

    private final Address address;
    private final UpstreamOptions options;
    private final VertxOptions vertxOptions;
    private final Network own;

    // Under the lock of this. By the loops they are on; while one is made, the relay's own is in its place.
    private final Map<EventLoop, Network> networks = new HashMap<>();
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
            Network there = networks.putIfAbsent(loop, own);
            if (there == null) {
                Thread.startVirtualThread(() -> lend(loop));
            }
            return there == null ? own : there;
        }
    }

    private void lend(EventLoop loop) {
        Network network = new Network(address, options, new VertxOptions(vertxOptions), new Sockets(loop));
        synchronized (this) {
            if (!closed) {
                networks.put(loop, network);
                loop.terminationFuture().addListener(_ -> gone(loop));
                return;
            }
        }
        network.close();
    }

    private synchronized void gone(EventLoop loop) {
        Network stranded = networks.remove(loop);
        if (stranded != null) {
            stranded.close();
        }
    }

    @Override
    public void close() {
        Set<Network> open;
        synchronized (this) {
            closed = true;
            open = new HashSet<>(networks.values());
            networks.clear();
        }
        open.add(own);
        open.forEach(Network::close);
    }
}
