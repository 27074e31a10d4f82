package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Backend;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.UpstreamFault;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LateUpstreamsTest {

    private final AtomicInteger asked = new AtomicInteger();

    private Backend open(int timesDown) {
        if (asked.incrementAndGet() <= timesDown) {
            throw UpstreamFault.UNREACHABLE.failure("not yet");
        }
        return new ScriptedBackend("late", Script.saying("late", "here"));
    }

    @Test
    void anUpstreamIsAskedUntilItIsThereAndThenNoMore() throws Exception {
        CompletableFuture<Backend> there = new CompletableFuture<>();
        try (LateUpstreams late = new LateUpstreams(Duration.ofMillis(1))) {
            late.expect(() -> open(3), there::complete);

            assertThat(there.get(10, TimeUnit.SECONDS).models().getFirst().id()).isEqualTo("late");
            assertThat(asked).hasValue(4);
        }
    }
}
