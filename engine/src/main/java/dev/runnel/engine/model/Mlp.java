package dev.runnel.engine.model;

import dev.runnel.engine.kernel.Activation;
import org.jspecify.annotations.Nullable;

/// Two linear layers with an activation between them, and mostly a gate: `down(activation(gate(h)) * up(h))`
/// (Shazeer, https://arxiv.org/abs/2002.05202), or `down(activation(up(h)))` without.
///
/// @param gate `(feedForward, width)`, as is `up`; null where there is none
/// @param down `(width, feedForward)`
record Mlp(Activation activation, @Nullable Linear gate, Linear up, Linear down) implements FeedForward {

    /// Which one a family has.
    enum Kind implements Trait {
        SILU_GATE(Activation.SILU, true),
        GELU_GATE(Activation.GELU, true),
        CLAMPED_GATE(Activation.CLAMPED, true),
        GELU_WITHOUT_GATE(Activation.GELU, false);

        private final Activation activation;
        private final boolean gated;

        Kind(Activation activation, boolean gated) {
            this.activation = activation;
            this.gated = gated;
        }

        Activation activation() {
            return activation;
        }

        boolean isGated() {
            return gated;
        }
    }

    @Override
    public void forward(Step step, Compute compute) {
        forward(step, compute, step.h, step.tokens(), step.out);
    }

    /// `x (vectors, width) -> y (vectors, width)`.
    void forward(Step step, Compute compute, float[] x, int vectors, float[] y) {
        if (gate != null) {
            compute.apply(x, vectors, new Compute.Output(gate, step.gate), new Compute.Output(up, step.up));
            compute.gate(activation, step.gate, step.up, vectors, up.outputs());
            compute.apply(down, step.gate, vectors, y);
        } else {
            compute.apply(up, x, vectors, step.up);
            compute.activate(activation, step.up, vectors, up.outputs());
            compute.apply(down, step.up, vectors, y);
        }
    }
}
