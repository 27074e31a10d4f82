package dev.runnel.training.model;

import static dev.runnel.training.model.Matmul.SPECIES;

import jdk.incubator.vector.FloatVector;

/// The gate of the feed-forward part (Shazeer 2020).
///
/// ```
/// σ(g)  = 1 / (1 + e^−g)
/// y     = g · σ(g) ∘ u                                 g, u, y (tokens, feedForward)
///
/// du    = dy ∘ g · σ(g)
/// dg    = dy ∘ u ∘ σ(g) · (1 + g · (1 − σ(g)))
/// ```
final class SwiGlu {

    private SwiGlu() {}

    static void forward(float[] gate, float[] up, float[] y, int size) {
        for (int i = 0; i < size; i += SPECIES.length()) {
            FloatVector g = FloatVector.fromArray(SPECIES, gate, i);
            g.mul(sigmoid(g)).mul(FloatVector.fromArray(SPECIES, up, i)).intoArray(y, i);
        }
    }

    static void backward(float[] gate, float[] up, float[] dy, float[] dGate, float[] dUp, int size) {
        for (int i = 0; i < size; i += SPECIES.length()) {
            FloatVector g = FloatVector.fromArray(SPECIES, gate, i);
            FloatVector sigmoid = sigmoid(g);
            FloatVector d = FloatVector.fromArray(SPECIES, dy, i);
            g.mul(sigmoid).mul(d).intoArray(dUp, i);
            FloatVector slope = g.mul(sigmoid.neg().add(1)).add(1).mul(sigmoid);
            d.mul(FloatVector.fromArray(SPECIES, up, i)).mul(slope).intoArray(dGate, i);
        }
    }

    private static FloatVector sigmoid(FloatVector g) {
        return FloatVector.broadcast(SPECIES, 1f).div(Lanes.exp(g.neg()).add(1));
    }
}
