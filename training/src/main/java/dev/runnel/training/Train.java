package dev.runnel.training;

import dev.runnel.engine.Engine;
import dev.runnel.engine.ModelText;
import dev.runnel.training.data.Curriculum;
import dev.runnel.training.data.Documents;
import dev.runnel.training.data.Examination;
import dev.runnel.training.evaluation.Evaluation;
import dev.runnel.training.evaluation.Report;
import dev.runnel.training.export.ModelFile;
import dev.runnel.training.export.WeightFormat;
import dev.runnel.training.model.Parameters;
import dev.runnel.training.model.Shape;
import dev.runnel.training.vocabulary.Vocabulary;
import dev.runnel.training.vocabulary.VocabularyLearner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/// Makes the model, from nothing to a judged GGUF file:
///
/// ```
/// training/train
///     --out DIR         where everything goes; a training that was stopped goes on there (training/target/run)
///     --steps N         how long to train; part of what comes out
///     --minutes M       stop after that time, to go on another day
///     --seed N          part of what comes out
///     --threads N       that compute (2)
///     --smoke           a tiny model and a few steps, to see that everything works
/// ```
public final class Train {

    private static final String NAME = "runnel-tiny.gguf";
    private static final Duration BETWEEN_CHECKPOINTS = Duration.ofMinutes(3);
    private static final int LEARNT_FROM = 30_000; // conversations that the vocabulary is made of
    private static final int PAIRS = 640;
    private static final int LEAST_COUNT = 30;

    private Train() {}

    public static void main(String[] arguments) throws Exception {
        Flags flags = Flags.orExit(
                arguments, Set.of("--out", "--steps", "--minutes", "--seed", "--threads"), Set.of("--smoke"));
        Recipe usual = flags.has("--smoke") ? Recipe.SMOKE : Recipe.RUNNEL_TINY;
        Recipe recipe = usual.withSteps(flags.number("--steps", usual.steps()))
                .withSeed(flags.number("--seed", Math.toIntExact(usual.seed())));
        Path out = Path.of(flags.value("--out").orElse("training/target/run"));
        Files.createDirectories(out);

        Vocabulary vocabulary = vocabulary(flags.has("--smoke") ? LEARNT_FROM / 10 : LEARNT_FROM);
        Path words = out.resolve("vocabulary.gguf");
        ModelFile.writeVocabulary(words, vocabulary);
        Documents documents = new Documents(ModelText.open(words));
        Shape shape = recipe.shape(vocabulary.size());
        Parameters weights = start(recipe, shape, vocabulary);
        IO.println("%d parameters, %d tokens in the vocabulary".formatted(weights.count(), vocabulary.size()));

        Curriculum curriculum = new Curriculum(Examination.keys());
        try (Trainer trainer = new Trainer(
                recipe, vocabulary, documents, curriculum, weights, flags.number("--threads", Recipe.SHARDS))) {
            boolean isDone = train(trainer, recipe, out, flags.number("--minutes", Integer.MAX_VALUE));
            if (!isDone) {
                IO.println("stopped after step %d of %d; the same command goes on"
                        .formatted(trainer.steps(), recipe.steps()));
                return;
            }
        }
        Path model = out.resolve(NAME);
        ModelFile.write(model, shape, vocabulary, weights, WeightFormat.Q8_0);
        IO.println("%s, %d bytes".formatted(model, Files.size(model)));
        try (Engine engine = Engine.open(model)) {
            Report report = Evaluation.of(engine, Examination.USUAL, flags.has("--smoke"));
            Files.writeString(out.resolve("report.md"), report.markdown(3));
            IO.println(report.markdown(3));
        }
    }

    /// Trains until all steps are done or time is up, and leaves a checkpoint.
    ///
    /// @return whether all steps are done
    private static boolean train(Trainer trainer, Recipe recipe, Path out, int minutes) throws IOException {
        Path checkpoint = out.resolve("checkpoint");
        if (Files.exists(checkpoint)) {
            trainer.read(checkpoint);
            IO.println("going on after step " + trainer.steps());
        }
        AtomicBoolean stop = new AtomicBoolean();
        Thread trainingThread = Thread.currentThread();
        Thread onInterrupt = new Thread(() -> {
            stop.set(true);
            try {
                trainingThread.join(Duration.ofSeconds(20));
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(onInterrupt);
        Progress progress = new Progress(recipe.steps(), trainer.steps(), out.resolve("log.txt"));
        long began = System.nanoTime();
        long written = began;
        while (!trainer.isDone() && !stop.get() && System.nanoTime() - began < minutes * 60e9) {
            progress.show(trainer.step());
            if (System.nanoTime() - written > BETWEEN_CHECKPOINTS.toNanos()) {
                trainer.write(checkpoint);
                written = System.nanoTime();
            }
        }
        trainer.write(checkpoint);
        if (!stop.get()) {
            Runtime.getRuntime().removeShutdownHook(onInterrupt);
        }
        return trainer.isDone();
    }

    /// The weights before the first step.
    static Parameters start(Recipe recipe, Shape shape, Vocabulary vocabulary) {
        Parameters weights = Parameters.random(shape, recipe.seed());
        NumberFeatures.addTo(weights.embedding(), vocabulary.numbers());
        return weights;
    }

    static Vocabulary vocabulary(int conversations) {
        VocabularyLearner learner = new VocabularyLearner(PAIRS, LEAST_COUNT);
        Curriculum curriculum = new Curriculum(Set.of());
        Random random = new Random(42);
        for (int i = 0; i < conversations; i++) {
            Documents.texts(curriculum.next(random, 1)).forEach(learner::read);
        }
        return learner.learn();
    }
}
