package dev.runnel.engine.model;

/// The feed-forward part of a layer, with a gate: `down(silu(gate(h)) * up(h))` (Shazeer, SwiGLU,
/// https://arxiv.org/abs/2002.05202).
///
/// @param gate `(feedForward, width)`, as is `up`
/// @param down `(width, feedForward)`
record FeedForward(Linear gate, Linear up, Linear down) {

    /// `h (tokens, width) -> h`.
    void forward(Step step, Compute compute) {
        int n = step.tokens();
        compute.apply(gate, step.h, n, step.gate);
        compute.apply(up, step.h, n, step.up);
        compute.swiGlu(step.gate, step.up, n, gate.outputs());
        compute.apply(down, step.gate, n, step.h);
    }
}
