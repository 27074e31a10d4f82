package dev.runnel.engine.model;

/// What one layer consists of.
///
/// @param attentionNorm of what goes into attention
/// @param attentionOutputNorm of what comes out of it
/// @param feedForwardNorm as for attention, as is `feedForwardOutputNorm`
record Layer(
        Norm attentionNorm,
        LayerAttention attention,
        Norm attentionOutputNorm,
        Norm feedForwardNorm,
        FeedForward feedForward,
        Norm feedForwardOutputNorm) {

    static Layer of(Weights weights, Hyperparameters model, Ropes ropes, int index) {
        String name = "blk." + index + ".";
        Family family = model.family();
        NormPlaces places = family.normPlaces();
        boolean before = places != NormPlaces.AFTER;
        boolean after = places == NormPlaces.AFTER || places == NormPlaces.BEFORE_AND_AFTER;
        // Where nothing is normalized after attention, the norm before the feed-forward part may be called so.
        boolean renamed = !after && !weights.has(name + "ffn_norm.weight");
        String feedForwardNorm =
                renamed && weights.has(name + "post_attention_norm.weight") ? "post_attention_norm" : "ffn_norm";
        return new Layer(
                norm(before, weights, name + "attn_norm", model),
                LayerAttention.of(weights, model, ropes, index),
                norm(after, weights, name + "post_attention_norm", model),
                norm(before && places != NormPlaces.SHARED, weights, name + feedForwardNorm, model),
                FeedForward.of(weights, model, name),
                norm(after, weights, name + "post_ffw_norm", model));
    }

    private static Norm norm(boolean exists, Weights weights, String name, Hyperparameters model) {
        return exists
                ? model.family().norm().of(weights, name, model.width(), model.epsilon())
                : new Norm.None(model.width());
    }
}
