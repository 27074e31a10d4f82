package dev.runnel.engine.model;

import dev.runnel.engine.kernel.Activation;
import dev.runnel.engine.kernel.Kernels;
import dev.runnel.engine.kernel.Matrix;
import dev.runnel.engine.kernel.Operand;
import dev.runnel.engine.kernel.Scratch;
import dev.runnel.engine.kernel.Workers;
import java.util.List;
import java.util.stream.IntStream;

/// The kernels, spread over the workers: matrices by rows, everything else by tokens.
final class Compute {

    /// Parts per worker: enough that one who is late delays little, few enough that taking one costs nothing.
    private static final int PARTS_PER_WORKER = 8;

    /// A part has a multiple of so many rows, so that kernels that take many at a time find as many, and parts
    /// write to cache lines of their own.
    private static final int ROWS = 64;

    private final Kernels kernels;
    private final Workers workers;
    private final Scratch[] scratches;
    private final Operand operand = new Operand();

    /// @param columns of the widest matrix
    Compute(Kernels kernels, Workers workers, int columns) {
        this.kernels = kernels;
        this.workers = workers;
        this.scratches = IntStream.range(0, workers.count())
                .mapToObj(i -> new Scratch(columns))
                .toArray(Scratch[]::new);
    }

    Kernels kernels() {
        return kernels;
    }

    int workers() {
        return workers.count();
    }

    /// The buffers of the thread that is worker number `worker`.
    Scratch scratch(int worker) {
        return scratches[worker];
    }

    /// Runs every part, by whichever worker.
    void inParallel(int parts, Workers.Task task) {
        workers.run(parts, task);
    }

    /// A layer, and where its results go: `y (tokens, outputs)`.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Output(Linear layer, float[] y) {

        private Matrix weight() {
            return layer.weight();
        }

        private boolean readsLike(Output other) {
            return weight().type() == other.weight().type()
                    && weight().layout() == other.weight().layout();
        }
    }

    /// `x (tokens, inputs) -> y (tokens, outputs)`.
    void apply(Linear layer, float[] x, int tokens, float[] y) {
        apply(x, tokens, new Output(layer, y));
    }

    /// The same vectors through several layers: `x (tokens, inputs)`. Weights of one type are one piece of work, so
    /// vectors are prepared once, and the workers wait for each other once.
    void apply(float[] x, int tokens, Output... outputs) {
        List<Output> all = List.of(outputs);
        for (int from = 0, to; from < all.size(); from = to) {
            to = from + 1;
            while (to < all.size() && all.get(to).readsLike(all.get(from))) {
                to++;
            }
            multiply(all.subList(from, to), x, tokens);
        }
        for (Output output : outputs) {
            float[] bias = output.layer().bias();
            if (bias != null) {
                for (int t = 0; t < tokens; t++) {
                    kernels.add(output.y(), t * bias.length, 1, bias, 0, bias.length);
                }
            }
        }
    }

    /// `x (tokens, columns) -> y (tokens, rows)`.
    void multiply(Matrix matrix, float[] x, int tokens, float[] y) {
        multiply(List.of(new Output(new Linear(matrix, null), y)), x, tokens);
    }

    private void multiply(List<Output> outputs, float[] x, int tokens) {
        Matrix first = outputs.getFirst().weight();
        int preparations = kernels.preparationParts(first, tokens);
        if (preparations > 0) {
            workers.run(preparations, kernels.preparation(first, x, tokens, operand, scratches));
        }
        int whole = 0;
        for (Output output : outputs) {
            whole += output.weight().rows();
        }
        int share = Math.ceilDiv(whole, workers.count() * PARTS_PER_WORKER);
        int rows = Math.ceilDiv(share, ROWS) * ROWS;
        Workers.Task[] tasks = new Workers.Task[outputs.size()];
        int[] ends = new int[tasks.length]; // the number of the first part that is not the task's
        int parts = 0;
        for (int i = 0; i < tasks.length; i++) {
            Matrix matrix = outputs.get(i).weight();
            tasks[i] = kernels.multiplication(
                    matrix, x, operand, tokens, outputs.get(i).y(), rows, scratches);
            parts += Math.ceilDiv(matrix.rows(), rows);
            ends[i] = parts;
        }
        workers.run(parts, (worker, part) -> {
            int i = 0;
            while (part >= ends[i]) {
                i++;
            }
            tasks[i].run(worker, i == 0 ? part : part - ends[i - 1]);
        });
    }

    /// Normalizes every token's vector: `x (tokens, n) -> y (tokens, n)`.
    void normalize(Norm norm, float[] x, int tokens, float[] y) {
        int n = norm.size();
        workers.run(tokens, (worker, t) -> norm.apply(kernels, x, t * n, y, t * n, scratches[worker]));
    }

    /// Normalizes every token's vector in place: `x (tokens, n)`.
    void normalize(Norm norm, float[] x, int tokens) {
        if (!(norm instanceof Norm.None)) {
            normalize(norm, x, tokens, x);
        }
    }

    /// `gate = activation(gate) * up`, both `(tokens, n)`.
    void gate(Activation activation, float[] gate, float[] up, int tokens, int n) {
        workers.run(tokens, (worker, t) -> kernels.gate(activation, gate, up, t * n, (t + 1) * n));
    }

    /// `x = activation(x)`, `(tokens, n)`.
    void activate(Activation activation, float[] x, int tokens, int n) {
        workers.run(tokens, (worker, t) -> kernels.activate(activation, x, t * n, (t + 1) * n));
    }

    /// `x += scale * y`, both `(tokens, n)`.
    void add(float[] x, float scale, float[] y, int tokens, int n) {
        workers.run(tokens, (worker, t) -> kernels.add(x, t * n, scale, y, t * n, n));
    }
}
