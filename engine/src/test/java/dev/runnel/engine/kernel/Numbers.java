package dev.runnel.engine.kernel;

import dev.runnel.engine.fixtures.GgufWriter;
import dev.runnel.engine.fixtures.RandomBlocks;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/// Random input for kernels, and float64 results to compare with.
final class Numbers {

    private Numbers() {}

    static float[] random(Random random, int n) {
        float[] numbers = new float[n];
        for (int i = 0; i < n; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }

    /// Weights as a file would hold them, at an address that fits no vector.
    static Matrix matrix(Random random, TensorType type, int rows, int columns) {
        byte[] data = RandomBlocks.of(type, random, rows * columns, 2);
        MemorySegment outsideHeap = Arena.ofAuto().allocate(data.length + 1).asSlice(1);
        return new Matrix(type, rows, columns, outsideHeap.copyFrom(MemorySegment.ofArray(data)));
    }

    /// Weights of a model file that is mapped into memory, for as long as the JVM runs.
    ///
    /// @param data writes the rows as the file is to have them
    @SuppressWarnings("resource") // nothing of it may be read after it is closed
    static Matrix ofAFile(TensorType type, int rows, int columns, GgufWriter.TensorData data) {
        try {
            Path file = Files.createTempFile("weights", ".gguf");
            try {
                new GgufWriter().tensor("weights", type, data, columns, rows).write(file);
                return new Matrix(
                        type,
                        rows,
                        columns,
                        GgufFile.open(file).require("weights", columns, rows).data());
            } finally {
                Files.delete(file);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// The product of row `r` with token `t`'s vector.
    static double product(float[] w, int r, float[] x, int t, int n) {
        double sum = 0;
        for (int k = 0; k < n; k++) {
            sum += (double) w[r * n + k] * x[t * n + k];
        }
        return sum;
    }

    /// What 32-bit sums may be off by: each addition rounds by half a unit in the last place of what is
    /// there.
    static double tolerance(float[] w, int r, float[] x, int t, int n) {
        double sum = 0;
        for (int k = 0; k < n; k++) {
            sum += Math.abs((double) w[r * n + k] * x[t * n + k]);
        }
        return (n + 1) * 0x1p-24 * sum;
    }

    /// What rounding vectors to 8 bits may add to that: half a step of the scale of each block.
    static double roundingTolerance(float[] w, int r, float[] x, int t, int n) {
        double sum = 0;
        for (int k = 0; k < n; k += Operand.BLOCK) {
            double largest = 0;
            double weights = 0;
            for (int i = k; i < k + Operand.BLOCK; i++) {
                largest = Math.max(largest, Math.abs(x[t * n + i]));
                weights += Math.abs(w[r * n + i]);
            }
            sum += largest / 127 * 0.5001 * weights;
        }
        return sum;
    }

    /// The matrix as `kernels` like it best.
    static Matrix arranged(Kernels kernels, Matrix matrix) {
        try (Workers workers = new Workers(1)) {
            return kernels.arrange(matrix, workers, Arena.ofAuto());
        }
    }

    /// A whole matrix times a batch, in this thread.
    static void multiply(Kernels kernels, Matrix matrix, float[] x, int tokens, float[] y, Scratch scratch) {
        multiplication(kernels, matrix, x, tokens, y, matrix.rows(), scratch).run(0, 0);
    }

    /// A multiplication that is prepared, for one thread.
    static Workers.Task multiplication(
            Kernels kernels, Matrix matrix, float[] x, int tokens, float[] y, int rows, Scratch scratch) {
        Operand operand = new Operand();
        Scratch[] scratches = {scratch};
        for (int part = 0; part < kernels.preparationParts(matrix, tokens); part++) {
            kernels.preparation(matrix, x, tokens, operand, scratches).run(0, part);
        }
        return kernels.multiplication(matrix, x, operand, tokens, y, rows, scratches);
    }

    static float[] weights(Kernels kernels, Matrix matrix) {
        float[] weights = new float[matrix.rows() * matrix.columns()];
        for (int r = 0; r < matrix.rows(); r++) {
            kernels.row(matrix, r, weights, r * matrix.columns());
        }
        return weights;
    }

    /// The bits, because -0 and 0 are not the same here.
    static int[] bits(float... numbers) {
        int[] bits = new int[numbers.length];
        Arrays.setAll(bits, i -> Float.floatToIntBits(numbers[i]));
        return bits;
    }
}
