package dev.runnel.training.optimiser;

import dev.runnel.training.model.Parameters;
import dev.runnel.training.model.Shape;
import dev.runnel.training.model.Tensor;
import java.util.List;

/// Changes weights against their gradient: [Muon] the matrices inside the network, [Adam] the embedding and the norms.
public final class Optimiser {

    private static final float MATRIX_RATE = 0.007f;
    private static final float MATRIX_DECAY = 0.035f;
    private static final float OTHER_RATE = 0.003f;
    private static final float EMBEDDING_DECAY = 0.06f;

    private final Parameters first; // Muon's momentum, Adam's mean
    private final Parameters second; // Adam's mean square; unused for what Muon moves

    public Optimiser(Shape shape) {
        first = Parameters.zeros(shape);
        second = Parameters.zeros(shape);
    }

    /// What it remembers, for a checkpoint; written in place when one is read.
    public List<Parameters> memory() {
        return List.of(first, second);
    }

    /// Moves one tensor. Different threads may move different ones.
    ///
    /// @param index of the tensor among the parameters'
    /// @param rate what the schedule leaves of the full rate, 0 to 1
    /// @param step counts from 1
    public void move(Parameters weights, Parameters gradient, int index, double rate, int step) {
        Tensor weight = weights.tensors().get(index);
        float[] slope = gradient.tensors().get(index).values();
        float[] mean = first.tensors().get(index).values();
        if (weight.isHidden()) {
            Muon.move(weight, slope, mean, (float) (MATRIX_RATE * rate), MATRIX_DECAY);
        } else {
            float[] square = second.tensors().get(index).values();
            float decay = weight.isMatrix() ? EMBEDDING_DECAY : 0;
            Adam.move(weight.values(), slope, mean, square, (float) (OTHER_RATE * rate), decay, step);
        }
    }
}
