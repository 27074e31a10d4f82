package dev.runnel.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.runnel.engine.ModelText;
import dev.runnel.training.data.Curriculum;
import dev.runnel.training.data.Documents;
import dev.runnel.training.export.ModelFile;
import dev.runnel.training.model.Parameters;
import dev.runnel.training.model.Shape;
import dev.runnel.training.vocabulary.Vocabulary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {

    private static final Recipe RECIPE = new Recipe(32, 1, 12, 256, 5);

    @TempDir
    Path folder;

    private final Vocabulary vocabulary = Train.vocabulary(300);
    private final Shape shape = RECIPE.shape(vocabulary.size());
    private ModelText text = ModelText.embedded();

    @BeforeEach
    void writeVocabulary() throws IOException {
        Path file = folder.resolve("vocabulary.gguf");
        ModelFile.writeVocabulary(file, vocabulary);
        text = ModelText.open(file);
    }

    private Trainer trainer(Recipe recipe, int threads) {
        Parameters weights = Train.start(recipe, shape, vocabulary);
        return new Trainer(recipe, vocabulary, new Documents(text), new Curriculum(Set.of()), weights, threads);
    }

    private static List<float[]> train(Trainer trainer, int steps) {
        for (int i = 0; i < steps; i++) {
            trainer.step();
        }
        return trainer.weights().tensors().stream()
                .map(tensor -> tensor.values().clone())
                .toList();
    }

    @Test
    void aTrainingThatIsStoppedGoesOnAsIfItHadNotBeen() throws IOException {
        Path checkpoint = folder.resolve("checkpoint");
        List<float[]> uninterrupted;
        List<float[]> resumed;

        try (Trainer trainer = trainer(RECIPE, 2)) {
            uninterrupted = train(trainer, 6);
        }
        try (Trainer trainer = trainer(RECIPE, 2)) {
            train(trainer, 3);
            trainer.write(checkpoint);
        }
        try (Trainer trainer = trainer(RECIPE, 1)) {
            trainer.read(checkpoint);
            resumed = train(trainer, 3);
        }

        assertThat(resumed).usingElementComparator(Arrays::compare).isEqualTo(uninterrupted);
    }

    @Test
    void aSeedIsAModel() {
        List<float[]> one;
        List<float[]> same;
        List<float[]> other;

        try (Trainer trainer = trainer(RECIPE, 1)) {
            one = train(trainer, 2);
        }
        try (Trainer trainer = trainer(RECIPE, 2)) {
            same = train(trainer, 2);
        }
        try (Trainer trainer = trainer(RECIPE.withSeed(6), 2)) {
            other = train(trainer, 2);
        }

        assertThat(same).usingElementComparator(Arrays::compare).isEqualTo(one);
        assertThat(other).usingElementComparator(Arrays::compare).isNotEqualTo(one);
    }

    @Test
    void theLossFalls() {
        try (Trainer trainer = trainer(RECIPE.withSteps(100), 2)) {
            double first = trainer.step().loss();
            double last = first;
            while (!trainer.isDone()) {
                last = trainer.step().loss();
            }

            assertThat(last).isLessThan(0.95 * first);
        }
    }

    @Test
    void aCheckpointOfAnotherRecipeIsRefused() throws IOException {
        Path checkpoint = folder.resolve("checkpoint");
        try (Trainer trainer = trainer(RECIPE, 1)) {
            trainer.write(checkpoint);
        }

        try (Trainer other = trainer(RECIPE.withSeed(6), 1)) {
            assertThatThrownBy(() -> other.read(checkpoint))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("seed=5")
                    .hasMessageContaining("expected Recipe");
        }
    }
}
