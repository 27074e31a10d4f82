package dev.runnel.engine.model;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.Tensor;
import dev.runnel.engine.kernel.Matrix;
import java.util.Arrays;

/// Refuses matrices that hold what is no number, or numbers so large that sums of them are none: one of them
/// makes every logit of every reply NaN.
///
/// A matrix is multiplied by a vector of ones. Every weight takes part in a sum, so none is missed, in
/// whatever type; and the work is that of one token, done by all workers as they do it later, so a start
/// takes longer by about as much as a model takes to say a few words.
final class FiniteWeights {

    private final String file;
    private final Compute compute;

    FiniteWeights(String file, Compute compute) {
        this.file = file;
        this.compute = compute;
    }

    /// @param tensor that the model has taken, a vector or a matrix or a stack of them
    void require(Tensor tensor) {
        if (tensor.shape().size() == 1) {
            return; // vectors have been looked at when they were read
        }
        int columns = Math.toIntExact(tensor.shape().getFirst());
        int rows = Math.toIntExact(tensor.elements() / columns);
        float[] ones = new float[columns];
        Arrays.fill(ones, 1);
        float[] sums = new float[rows];
        compute.multiply(new Matrix(tensor.type(), rows, columns, tensor.data()), ones, 1, sums);
        for (int row = 0; row < rows; row++) {
            if (!Float.isFinite(sums[row])) {
                throw new ModelFileException(
                        file,
                        "tensor %s holds no finite numbers in row %d, or far too large ones"
                                .formatted(tensor.name(), row));
            }
        }
    }
}
