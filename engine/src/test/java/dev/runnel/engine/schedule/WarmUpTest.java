package dev.runnel.engine.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class WarmUpTest {

    private final FakeModel model = new FakeModel(1000, 1000, FakeModel.saying(_ -> 'a'));

    @Test
    void aModelReadsSomePromptsAndSomeSingleTokensForNobody() {
        new WarmUp(model, () -> 0).run(() -> false);

        assertThat(model.batches()).startsWith(List.of(16), List.of(16), List.of(16), List.of(16), List.of(1));
        assertThat(model.batches()).hasSize(4 + 128);
        assertThat(model.reserved()).isZero();
    }

    @Test
    void itEndsAsSoonAsThereIsSomethingToDo() {
        new WarmUp(model, () -> 0).run(() -> model.batches().size() == 2);

        assertThat(model.batches()).hasSize(2);
        assertThat(model.reserved()).isZero();
    }

    @Test
    void itEndsAfterASecond() {
        new WarmUp(model, () -> model.batches().size() * 300_000_000L).run(() -> false);

        assertThat(model.batches()).hasSize(4);
    }

    @Test
    void aSmallContextIsEnough() {
        FakeModel small = new FakeModel(20, 20, FakeModel.saying(_ -> 'a'));

        new WarmUp(small, () -> 0).run(() -> false);

        assertThat(small.batches()).containsExactly(List.of(16), List.of(4));
    }

    @Test
    void aModelThatFailsIsLeftAlone() {
        model.beforeForward(_ -> {
            throw new IllegalStateException("broken");
        });

        new WarmUp(model, () -> 0).run(() -> false);

        assertThat(model.reserved()).isZero();
    }

    @Test
    void aModelThatFailsWithAnErrorIsLeftAloneToo() {
        model.beforeForward(_ -> {
            throw new InternalError("a fault in the memory");
        });

        new WarmUp(model, () -> 0).run(() -> false);

        assertThat(model.reserved()).isZero();
    }
}
