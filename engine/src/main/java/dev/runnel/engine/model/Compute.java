package dev.runnel.engine.model;

import dev.runnel.engine.kernel.Activation;
import dev.runnel.engine.kernel.Kernels;
import dev.runnel.engine.kernel.Matrix;
import dev.runnel.engine.kernel.Scratch;
import dev.runnel.engine.kernel.Workers;
import java.util.stream.IntStream;

/// The kernels, spread over the workers: matrices by rows, everything else by tokens.
final class Compute {

    /// Parts per worker: enough that one who is late delays little, few enough that taking one costs nothing.
    private static final int PARTS_PER_WORKER = 8;

    /// A part has a multiple of so many rows, so that parts write to cache lines of their own.
    private static final int ROWS = 16;

    private final Kernels kernels;
    private final Workers workers;
    private final Scratch[] scratches;

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

    /// `x (tokens, inputs) -> y (tokens, outputs)`.
    void apply(Linear layer, float[] x, int tokens, float[] y) {
        multiply(layer.weight(), x, tokens, y);
        float[] bias = layer.bias();
        if (bias != null) {
            for (int t = 0; t < tokens; t++) {
                kernels.add(y, t * bias.length, 1, bias, 0, bias.length);
            }
        }
    }

    /// `x (tokens, columns) -> y (tokens, rows)`.
    void multiply(Matrix matrix, float[] x, int tokens, float[] y) {
        int share = Math.ceilDiv(matrix.rows(), workers.count() * PARTS_PER_WORKER);
        int rows = Math.ceilDiv(share, ROWS) * ROWS;
        workers.run(Math.ceilDiv(matrix.rows(), rows), kernels.multiplication(matrix, x, tokens, y, rows, scratches));
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
