package dev.runnel.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.testing.RecordingReader;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BackendsTest {

    private final ScriptedBackend north = new ScriptedBackend("north", Script.saying("north", "cold"));
    private final ScriptedBackend south = new ScriptedBackend("south", Script.saying("south", "warm"));
    private final Backends both = new Backends(List.of(north, south));

    @Test
    void aRequestGoesToTheBackendThatServesItsModel() throws Exception {
        assertThat(both.models()).extracting(Model::id).containsExactly("north", "south");
        assertThat(answer("south")).isEqualTo("warm");
    }

    @Test
    void anUnknownModelIsRefusedNamingThoseThereAre() {
        RecordingReader reader = RecordingReader.toTheEndOf(both.complete(CompletionRequest.of("east", "hi")));

        assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.MODEL_NOT_FOUND);
        assertThat(reader.failure()).hasMessage("the model 'east' does not exist here; this server has north, south");
    }

    @Test
    void aLongNameIsNotRepeatedWhole() {
        RecordingReader reader =
                RecordingReader.toTheEndOf(both.complete(CompletionRequest.of("x".repeat(100_000), "hi")));

        assertThat(reader.failure().getMessage()).startsWith("the model 'xxx").hasSizeLessThan(300);
    }

    @Test
    void aModelsLoadIsThatOfTheBackendThatServesIt() {
        Backend first = new Busy("north", new BackendLoad(1, 0, 0, 0, 0, 0, 0, 0));
        Backend hidden = new Busy("north", new BackendLoad(2, 0, 0, 0, 0, 0, 0, 0));

        assertThat(new Backends(List.of(first, south, hidden)).load())
                .containsOnly(Map.entry("north", new BackendLoad(1, 0, 0, 0, 0, 0, 0, 0)));
    }

    private record Busy(String model, BackendLoad now) implements Backend {

        @Override
        public List<Model> models() {
            return new ScriptedBackend(model, Script.of()).models();
        }

        @Override
        public CompletionStream complete(CompletionRequest request) {
            return CompletionStream.failed(BackendException.modelNotFound(request.model(), models()));
        }

        @Override
        public Map<String, BackendLoad> load() {
            return Map.of(model, now);
        }

        @Override
        public void close() {}
    }

    @Test
    void oneThatComesLateServesWhatNoneServedBefore() throws Exception {
        both.add(new Backends(List.of(
                new ScriptedBackend("south", Script.saying("south", "late")),
                new ScriptedBackend("east", Script.saying("east", "mild")))));

        assertThat(both.models()).extracting(Model::id).containsExactly("north", "south", "east");
        assertThat(answer("east")).isEqualTo("mild");
        assertThat(answer("south")).isEqualTo("warm");
    }

    @Test
    void oneThatComesTooLateIsClosed() {
        ScriptedBackend late = new ScriptedBackend("late", Script.saying("late", "tepid"));
        both.close();

        both.add(late);

        RecordingReader reader = RecordingReader.toTheEndOf(late.complete(CompletionRequest.of("late", "hi")));
        assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.SHUTTING_DOWN);
    }

    private String answer(String model) throws Exception {
        return both.complete(CompletionRequest.of(model, "hi"))
                .completion()
                .get()
                .text();
    }

    @Test
    void theyHaveEndedWhenTheLastOfThemHas() {
        north.close();
        assertThat(both.hasEnded()).isFalse();

        south.close();
        assertThat(both.hasEnded()).isTrue();
    }

    @Test
    void whereNoneHasComeYetNoneHasEnded() {
        assertThat(new Backends(List.of()).hasEnded()).isFalse();
    }

    @Test
    void closingClosesThemAll() {
        both.close();

        for (String model : List.of("north", "south")) {
            RecordingReader reader = RecordingReader.toTheEndOf(both.complete(CompletionRequest.of(model, "hi")));
            assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.SHUTTING_DOWN);
        }
    }
}
