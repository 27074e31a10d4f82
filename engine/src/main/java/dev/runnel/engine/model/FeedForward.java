package dev.runnel.engine.model;

/// The feed-forward part of a layer, which takes each token by itself.
sealed interface FeedForward permits Mlp, Experts {

    static FeedForward of(Weights weights, Hyperparameters model, String layer) {
        Mlp.Kind kind = model.family().mlp();
        int width = model.width();
        if (model.routing().experts() > 0) {
            return Experts.of(weights, model, layer);
        }
        Linear down = weights.linear(layer + "ffn_down", width, model.feedForward());
        if (!kind.isGated()) {
            Linear up = weights.linear(layer + "ffn_up", model.feedForward(), width);
            return new Mlp(kind.activation(), null, up, down);
        }
        var halves = weights.linears(
                width,
                layer + "ffn_up", // where gate and up are one matrix it has this name
                new Weights.Part(layer + "ffn_gate", model.feedForward()),
                new Weights.Part(layer + "ffn_up", model.feedForward()));
        return new Mlp(kind.activation(), halves.getFirst(), halves.getLast(), down);
    }

    /// `h (tokens, width) -> out (tokens, width)`.
    void forward(Step step, Compute compute);
}
