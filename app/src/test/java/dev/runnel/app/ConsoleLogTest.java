package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException;
import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class ConsoleLogTest {

    @Test
    void aFaultIsToldWithWhatItComesFrom() {
        LogRecord entry = new LogRecord(Level.WARNING, "request 1 failed");
        entry.setInstant(Instant.EPOCH);
        entry.setThrown(new BackendException(
                BackendException.Kind.INTERNAL, "the model failed", new IllegalStateException("7 is too many")));

        assertThat(ConsoleLog.line(entry))
                .isEqualTo("1970-01-01T00:00:00Z WARNING request 1 failed: dev.runnel.core.BackendException: the model"
                        + " failed, caused by java.lang.IllegalStateException: 7 is too many");
    }

    @Test
    void whatHasNoCauseIsToldAlone() {
        LogRecord entry = new LogRecord(Level.INFO, "m: lost");
        entry.setInstant(Instant.EPOCH);
        entry.setThrown(new IllegalStateException("7 is too many"));

        assertThat(ConsoleLog.line(entry))
                .isEqualTo("1970-01-01T00:00:00Z m: lost: java.lang.IllegalStateException: 7 is too many");
    }
}
