package dev.runnel.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.TokenEvent.Text;
import dev.runnel.testing.RecordingReader;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class StageTest {

    private final ScriptedBackend backend = new ScriptedBackend("m", Script.saying("m", "a", "b", "c"));

    private CompletionStream stream(Stage stage) {
        return backend.complete(CompletionRequest.of("m", "hi")).through(stage);
    }

    private static final Stage SHOUT = (event, next) -> {
        if (event instanceof Text(var choice, var text, var _)) {
            next.accept(new Text(choice, text.toUpperCase(Locale.ROOT)));
        } else {
            next.accept(event);
        }
    };

    @Test
    void aStageChangesWhatBothReadersSee() throws Exception {
        assertThat(stream(SHOUT).completion().get().text()).isEqualTo("ABC");
        assertThat(Completion.of(stream(SHOUT)).text()).isEqualTo("ABC");
    }

    @Test
    void aStageTellsWhenTheWorkBeganAsItsSourceDoes() {
        EventChannel source = new EventChannel(new EventChannel.Producer() {
            @Override
            public void demanded() {}

            @Override
            public void cancelled() {}

            @Override
            public OptionalLong begun() {
                return OptionalLong.of(42);
            }
        });

        assertThat(source.through(SHOUT).begun()).hasValue(42);
        assertThat(CompletionStream.merged(List.of(source, stream(SHOUT)), 1).begun())
                .hasValue(42);
        assertThat(stream(SHOUT).begun()).as("a script doesn't tell").isEmpty();
    }

    @Test
    void stagesActInTheOrderTheyWereAdded() {
        Stage twice = (event, next) -> {
            next.accept(event);
            if (event instanceof Text) {
                next.accept(event);
            }
        };

        assertThat(Completion.of(stream(twice).through(SHOUT)).text()).isEqualTo("AABBCC");
    }

    @Test
    void demandIsKeptWhereAStageMakesMoreThanItTakes() {
        Stage triple = (event, next) -> {
            next.accept(event);
            if (event instanceof Text) {
                next.accept(event);
                next.accept(event);
            }
        };
        RecordingReader reader = RecordingReader.of(stream(triple));

        reader.request(3);

        assertThat(reader.events()).hasSize(3);
        assertThat(reader.request(100).events()).hasSize(1 + 9 + 1 + 1);
        assertThat(reader.completed()).isTrue();
    }

    @Test
    void aStageThatSwallowsEventsAsksForMore() {
        RecordingReader reader = RecordingReader.of(stream((event, next) -> {
            if (!(event instanceof Text)) {
                next.accept(event);
            }
        }));

        reader.request(2);

        assertThat(reader.events()).hasSize(2);
    }

    @Test
    void aStageThatThrowsStopsTheWorkAndFailsTheStream() {
        RecordingReader reader = RecordingReader.toTheEndOf(stream((_, _) -> {
            throw new IllegalStateException("a stage's bug");
        }));

        assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.INTERNAL);
        assertThat(reader.failure()).hasRootCauseMessage("a stage's bug");
        assertThat(reader.failure().getMessage()).doesNotContain("bug"); // clients read it
        assertThat(backend.inProgress()).isZero();
    }

    @Test
    void aStageThatRunsOutOfMemoryStopsTheWorkAndFailsTheStreamToo() {
        RecordingReader reader = RecordingReader.toTheEndOf(stream((_, _) -> {
            throw new OutOfMemoryError("no room for another event");
        }));

        assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.INTERNAL);
        assertThat(reader.failure()).hasRootCauseMessage("no room for another event");
        assertThat(backend.inProgress()).isZero();
    }

    @Test
    void aStageThatKeepsTheUsageBackFailsTheStream() {
        RecordingReader reader = RecordingReader.toTheEndOf(stream((event, next) -> {
            if (!(event instanceof TokenEvent.Usage)) {
                next.accept(event);
            }
        }));

        assertThat(reader.completed()).isFalse();
        assertThat(reader.failure()).hasMessageContaining("kept back the usage");
    }

    @Test
    void closingAStagedStreamStopsItsSource() {
        CompletionStream staged = stream(SHOUT);
        RecordingReader reader = RecordingReader.of(staged).request(1);
        assertThat(backend.inProgress()).isEqualTo(1);

        staged.close();

        assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.CLOSED);
        assertThat(backend.inProgress()).isZero();
    }

    @Test
    void aRefusalPassesThroughAStage() {
        RecordingReader reader = RecordingReader.of(
                backend.complete(CompletionRequest.of("other", "hi")).through(SHOUT));

        assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.MODEL_NOT_FOUND);
    }
}
