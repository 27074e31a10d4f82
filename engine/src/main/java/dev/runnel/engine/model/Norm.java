package dev.runnel.engine.model;

import dev.runnel.engine.kernel.Kernels;
import dev.runnel.engine.kernel.Scratch;

/// What brings a vector to one size before or after a part of a layer.
sealed interface Norm {

    /// Which norm a family has throughout.
    enum Kind implements Trait {
        ROOT_MEAN_SQUARE,
        LAYER,
        LAYER_WITH_BIAS;

        /// The norm that a file has at `name`.
        Norm of(Weights weights, String name, int size, float epsilon) {
            float[] weight = weights.vector(name + ".weight", size);
            return switch (this) {
                case ROOT_MEAN_SQUARE -> new RootMeanSquare(weight, epsilon);
                case LAYER -> new Layer(weight, new float[size], epsilon);
                case LAYER_WITH_BIAS -> new Layer(weight, weights.vector(name + ".bias", size), epsilon);
            };
        }

        /// The metadata key of its epsilon, after the architecture.
        String epsilonKey() {
            return this == ROOT_MEAN_SQUARE ? ".attention.layer_norm_rms_epsilon" : ".attention.layer_norm_epsilon";
        }
    }

    /// Leaves vectors as they are, where a family has no norm.
    record None(int size) implements Norm {

        @Override
        public void apply(Kernels kernels, float[] x, int xAt, float[] y, int yAt, Scratch scratch) {
            System.arraycopy(x, xAt, y, yAt, size);
        }
    }

    /// Scales to a root mean square of 1 (Zhang and Sennrich, https://arxiv.org/abs/1910.07467).
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record RootMeanSquare(float[] weight, float epsilon) implements Norm {

        @Override
        public int size() {
            return weight.length;
        }

        @Override
        public void apply(Kernels kernels, float[] x, int xAt, float[] y, int yAt, Scratch scratch) {
            kernels.rmsNorm(x, xAt, weight, epsilon, y, yAt, scratch);
        }
    }

    /// Moves the mean to 0 and scales to a variance of 1 (Ba et al., https://arxiv.org/abs/1607.06450).
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Layer(float[] weight, float[] bias, float epsilon) implements Norm {

        @Override
        public int size() {
            return weight.length;
        }

        @Override
        public void apply(Kernels kernels, float[] x, int xAt, float[] y, int yAt, Scratch scratch) {
            kernels.layerNorm(x, xAt, weight, bias, epsilon, y, yAt, scratch);
        }
    }

    /// Elements of a vector.
    int size();

    /// Normalizes one vector from `x` to `y`, which may be the same place.
    void apply(Kernels kernels, float[] x, int xAt, float[] y, int yAt, Scratch scratch);
}
