package dev.runnel.engine.kernel;

import dev.runnel.engine.fixtures.RandomBlocks;
import dev.runnel.engine.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

    /// A whole matrix times a batch, in this thread.
    static void multiply(Kernels kernels, Matrix matrix, float[] x, int tokens, float[] y, Scratch scratch) {
        kernels.multiplication(matrix, x, tokens, y, matrix.rows(), new Scratch[] {scratch})
                .run(0, 0);
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
