import org.jspecify.annotations.NullMarked;

/// Any backend over HTTP.
@NullMarked
module dev.runnel.server {
    requires static org.jspecify;
    requires transitive dev.runnel.core;
    requires transitive dev.runnel.wire;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.codec.http;
    requires io.netty.common;
    requires io.netty.transport;
    requires io.vertx.core;
    requires jdk.net;

    exports dev.runnel.server;
}
