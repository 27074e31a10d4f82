import org.jspecify.annotations.NullMarked;

/// An upstream's address to a backend.
@NullMarked
module dev.runnel.relay {
    requires static org.jspecify;
    requires transitive dev.runnel.core;
    requires dev.runnel.wire;
    requires io.netty.common;
    requires io.netty.transport;
    requires io.vertx.core;

    exports dev.runnel.relay;
}
