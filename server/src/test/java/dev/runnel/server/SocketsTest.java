package dev.runnel.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SocketsTest {

    /// The network can't be unplugged in a test, so this only sees to it that the system is asked to look.
    @Test
    void aClientWhoseMachineIsGoneIsNoticedWithinAMinuteAndSmallWritesAreSentAtOnce() {
        ServerBootstrap bootstrap = new ServerBootstrap();

        new Sockets(1, Duration.ofSeconds(1))
                .configure(Loop.httpConfig().getTcpConfig().getTransportConfig(), false, bootstrap);

        Map<String, Object> options = new HashMap<>();
        bootstrap.config().childOptions().forEach((option, value) -> options.put(option.name(), value));
        assertThat(options)
                .containsEntry("TCP_NODELAY", true)
                .containsEntry("SO_KEEPALIVE", true)
                .containsEntry("TCP_KEEPIDLE", 30)
                .containsEntry("TCP_KEEPINTERVAL", 10)
                .containsEntry("TCP_KEEPCOUNT", 3);
    }
}
