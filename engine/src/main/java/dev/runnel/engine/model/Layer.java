package dev.runnel.engine.model;

/// The weights of one layer.
///
/// @param attentionNorm `(width)`, as is `feedForwardNorm`
@SuppressWarnings("ArrayRecordComponent") // never compared
record Layer(
        float[] attentionNorm, SelfAttention.Projections attention, float[] feedForwardNorm, FeedForward feedForward) {

    static Layer of(Weights weights, Hyperparameters model, int index) {
        String name = "blk." + index + ".";
        int width = model.width();
        int queries = model.heads() * model.keySize();
        int keys = model.keyValueHeads() * model.keySize();
        int values = model.keyValueHeads() * model.valueSize();
        return new Layer(
                weights.vector(name + "attn_norm.weight", width),
                new SelfAttention.Projections(
                        weights.linear(name + "attn_q", queries, width),
                        weights.linear(name + "attn_k", keys, width),
                        weights.linear(name + "attn_v", values, width),
                        weights.linear(name + "attn_output", width, model.heads() * model.valueSize())),
                weights.vector(name + "ffn_norm.weight", width),
                new FeedForward(
                        weights.linear(name + "ffn_gate", model.feedForward(), width),
                        weights.linear(name + "ffn_up", model.feedForward(), width),
                        weights.linear(name + "ffn_down", width, model.feedForward())));
    }
}
