package dev.runnel.training;

import dev.runnel.training.data.Answer;
import dev.runnel.training.data.Conversation;
import dev.runnel.training.data.Curriculum;
import dev.runnel.training.data.Documents;
import dev.runnel.training.data.Documents.Document;
import dev.runnel.training.model.Batch;
import dev.runnel.training.model.Network;
import dev.runnel.training.model.Parameters;
import dev.runnel.training.model.Shape;
import dev.runnel.training.model.Weights;
import dev.runnel.training.optimiser.Optimiser;
import dev.runnel.training.optimiser.Schedule;
import dev.runnel.training.vocabulary.Vocabulary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/// The loop: make a batch, forward and backward, one step of the optimiser, again.
///
/// ```
/// gradient = Σ over shards of gradient(shard) / Σ over shards of weight(shard), shortened to length 1 where it is
/// longer
/// ```
final class Trainer implements AutoCloseable {

    /// How a step went.
    ///
    /// @param loss mean over the step's targets, weighted
    /// @param tokens that were read
    record Step(int number, double loss, int tokens) {}

    private static final double LONGEST_GRADIENT = 1;
    private static final double CUT = 0.6; // how many of the texts by heart
    private static final int MISFITS = 3; // documents that may not fit before a batch counts as full

    private final Recipe recipe;
    private final String identity;
    private final Schedule schedule;
    private final Documents documents;
    private final Curriculum curriculum;
    private final Weights weights;
    private final Optimiser optimiser;
    private final Parameters gradient;
    private final List<Network> networks = new ArrayList<>();
    private final List<Batch> batches = new ArrayList<>();
    private final ExecutorService threads;
    private int steps;

    /// @param weights to train, in place
    /// @param threads that compute; more than [Recipe#SHARDS] are of no use
    Trainer(
            Recipe recipe,
            Vocabulary vocabulary,
            Documents documents,
            Curriculum curriculum,
            Parameters weights,
            int threads) {
        Shape shape = recipe.shape(vocabulary.size());
        this.recipe = recipe;
        identity =
                "%s with vocabulary %08x".formatted(recipe, vocabulary.tokens().hashCode());
        this.documents = documents;
        this.curriculum = curriculum;
        schedule = new Schedule(recipe.steps());
        this.weights = new Weights(weights);
        optimiser = new Optimiser(shape);
        gradient = Parameters.zeros(shape);
        for (int i = 0; i < Recipe.SHARDS; i++) {
            networks.add(new Network(shape, this.weights, recipe.shardTokens()));
            batches.add(new Batch(recipe.shardTokens()));
        }
        this.threads = Executors.newFixedThreadPool(threads);
    }

    int steps() {
        return steps;
    }

    boolean isDone() {
        return steps >= recipe.steps();
    }

    Parameters weights() {
        return weights.parameters();
    }

    /// Takes one step.
    Step step() {
        double[] losses = new double[Recipe.SHARDS];
        double[] counts = new double[Recipe.SHARDS];
        onThreads(Recipe.SHARDS, shard -> {
            Batch batch = batches.get(shard);
            fill(batch, shard);
            networks.get(shard).gradient().clear();
            losses[shard] = networks.get(shard).train(batch);
            counts[shard] = Network.weight(batch);
        });
        double count =
                IntStream.range(0, Recipe.SHARDS).mapToDouble(i -> counts[i]).sum();
        double loss =
                IntStream.range(0, Recipe.SHARDS).mapToDouble(i -> losses[i]).sum();
        List<Parameters> parts = networks.stream().map(Network::gradient).toList();
        int tensors = gradient.tensors().size();
        onThreads(tensors, tensor -> gradient.setToSum(parts, tensor, (float) (1 / count)));
        double length = gradient.norm();
        float shortened = (float) Math.min(1, LONGEST_GRADIENT / (length + 1e-6));
        double rate = schedule.rate(steps);
        onThreads(tensors, tensor -> {
            float[] values = gradient.tensors().get(tensor).values();
            for (int i = 0; i < values.length; i++) {
                values[i] *= shortened;
            }
            optimiser.move(weights.parameters(), gradient, tensor, rate, steps + 1);
            weights.changed(weights.parameters().tensors().get(tensor));
        });
        int tokens = batches.stream().mapToInt(Batch::size).sum();
        return new Step(++steps, loss / count, tokens);
    }

    /// Fills a batch with conversations that follow from the seed, the step and the shard alone.
    private void fill(Batch batch, int shard) {
        batch.clear();
        Random random = new Random(mixed(mixed(mixed(recipe.seed()) + steps) + shard));
        double progress = schedule.progress(steps);
        for (int misfits = 0; misfits < MISFITS; ) {
            Conversation conversation = curriculum.next(random, progress);
            Document whole = documents.document(conversation);
            Document answers = conversation.answer() instanceof Answer.Substance && random.nextDouble() < CUT
                    ? whole.cut()
                    : whole;
            Document document = progress < Curriculum.LATE ? answers.withQuestions(random) : answers;
            if (!batch.add(document.tokens(), document.weights())) {
                misfits++;
            }
        }
    }

    /// Spreads seeds that are near each other (SplitMix64).
    private static long mixed(long seed) {
        long z = seed + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    private void onThreads(int count, IntConsumer work) {
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            running.add(threads.submit(() -> work.accept(number)));
        }
        try {
            for (Future<?> each : running) {
                each.get();
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted in step " + (steps + 1), stop);
        } catch (ExecutionException failure) {
            throw new IllegalStateException("step %d failed".formatted(steps + 1), failure.getCause());
        }
    }

    void write(Path checkpoint) throws IOException {
        Checkpoint.write(checkpoint, identity, steps, states());
    }

    /// Goes on where a checkpoint of the same recipe was written.
    void read(Path checkpoint) throws IOException {
        steps = Checkpoint.read(checkpoint, identity, states());
        weights.parameters().tensors().forEach(weights::changed);
    }

    private List<Parameters> states() {
        List<Parameters> states = new ArrayList<>(List.of(weights.parameters()));
        states.addAll(optimiser.memory());
        return states;
    }

    @Override
    public void close() {
        threads.close();
    }
}
