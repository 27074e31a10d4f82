package dev.runnel.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerOptionsTest {

    private static final ServerOptions OPTIONS = ServerOptions.at("127.0.0.1", 0);

    @ParameterizedTest
    @ValueSource(ints = {-1, 65536})
    void aPortIsANumberOfSixteenBits(int port) {
        assertThatThrownBy(() -> ServerOptions.at("127.0.0.1", port))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("port is %d, expected 0 to 65535", port);
    }

    @Test
    void aBlankKeyIsRefusedBecauseItWouldOpenToEveryone() {
        assertThatThrownBy(() -> OPTIONS.withApiKeys(Set.of(" "))).hasMessage("an API key is blank");
    }

    @Test
    void aLimitOfNothingIsRefusedByName() {
        ServerOptions.Limits limits = OPTIONS.limits();

        assertThatThrownBy(() -> OPTIONS.withKeepAlive(Duration.ZERO)).hasMessageContaining("keepAlive");
        assertThatThrownBy(() -> OPTIONS.withEventLoops(0)).hasMessage("eventLoops is 0, expected at least 1");
        assertThatThrownBy(() -> limits.withConnections(0)).hasMessageContaining("connections");
        assertThatThrownBy(() -> limits.withBodyBytes(0)).hasMessageContaining("bodyBytes");
        assertThatThrownBy(() -> limits.withArrivingBytes(0)).hasMessageContaining("arrivingBytes");
        assertThatThrownBy(() -> limits.withHead(Duration.ZERO)).hasMessageContaining("head");
        assertThatThrownBy(() -> limits.withBody(Duration.ZERO)).hasMessageContaining("body");
        assertThatThrownBy(() -> limits.withIdle(Duration.ofMillis(-1))).hasMessageContaining("idle");
        assertThatThrownBy(() -> limits.withStall(Duration.ZERO)).hasMessageContaining("stall");
    }

    @Test
    void keysAreNotPrinted() {
        assertThat(OPTIONS.withApiKeys(Set.of("secret")).toString())
                .doesNotContain("secret")
                .contains("1 API keys");
    }
}
