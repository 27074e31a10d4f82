package dev.runnel.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.TokenEvent.Text;
import dev.runnel.testing.RecordingReader;
import dev.runnel.testing.ScriptedContract;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class ScriptedBackendTest extends ScriptedContract {

    @Override
    protected Backend open() {
        return scripted;
    }

    @Test
    void aWaitHoldsTheEventsAfterItBackUntilTheTimerFires() {
        Queue<Runnable> timers = new ArrayDeque<>();
        List<Duration> waits = new ArrayList<>();
        ScriptedBackend paced = new ScriptedBackend(
                "script", _ -> Script.saying("script", "a", "b").paced(Duration.ofMillis(250)), (time, action) -> {
                    waits.add(time);
                    timers.add(action);
                });
        RecordingReader reader = RecordingReader.of(paced.complete(request("")));
        reader.request(Long.MAX_VALUE);

        List<Integer> eventsAfterEachTimer = new ArrayList<>();
        while (!timers.isEmpty()) {
            timers.remove().run();
            eventsAfterEachTimer.add(reader.events().size());
        }

        assertThat(eventsAfterEachTimer).containsExactly(1, 2, 3, 4, 5);
        assertThat(waits).hasSize(5).containsOnly(Duration.ofMillis(250));
        assertThat(reader.completed()).isTrue();
    }

    @Test
    void aScriptThatRunsOutLeavesItsStreamHanging() {
        ScriptedBackend hanging = new ScriptedBackend("script", SHORT.hangingAfter(3));
        RecordingReader reader = RecordingReader.of(hanging.complete(request("")));

        reader.request(Long.MAX_VALUE).awaitEvents(3);

        assertThat(reader.events()).hasSize(3).endsWith(new Text(0, "lo"));
        assertThat(reader.hasEnded()).isFalse();
        assertThat(hanging.inProgress()).isEqualTo(1);
        reader.cancel();
        assertThat(hanging.inProgress()).isZero();
    }
}
