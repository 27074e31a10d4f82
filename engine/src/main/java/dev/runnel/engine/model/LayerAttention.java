package dev.runnel.engine.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What one layer's attention consists of.
///
/// @param queryNorm of all heads or of each, as is `keyNorm`
/// @param sinks for each head of queries, a score that takes its share and gives nothing; negative infinity
///     for none
/// @param rope turns queries and keys by their positions; null in a layer that knows no positions
/// @param window positions that a token sees, its own included
@SuppressWarnings("ArrayRecordComponent") // never compared
record LayerAttention(
        Linear query,
        Linear key,
        Linear value,
        Linear output,
        Norm queryNorm,
        Norm keyNorm,
        float[] sinks,
        @Nullable Rope rope,
        int window) {

    static LayerAttention of(Weights weights, Hyperparameters model, Ropes ropes, int index) {
        String name = "blk." + index + ".";
        int width = model.width();
        int queries = model.heads() * model.keySize();
        int keys = model.keyValueHeads() * model.keySize();
        int values = model.keyValueHeads() * model.valueSize();
        var projections = weights.linears(
                width,
                name + "attn_qkv",
                new Weights.Part(name + "attn_q", queries),
                new Weights.Part(name + "attn_k", keys),
                new Weights.Part(name + "attn_v", values));
        return new LayerAttention(
                projections.get(0),
                projections.get(1),
                projections.get(2),
                weights.linear(name + "attn_output", width, model.heads() * model.valueSize()),
                headNorm(weights, name + "attn_q_norm", model, queries),
                headNorm(weights, name + "attn_k_norm", model, keys),
                sinks(weights, name + "attn_sinks.weight", model),
                ropes.of(index),
                model.isLocal(index) ? model.window() : Integer.MAX_VALUE);
    }

    private static Norm headNorm(Weights weights, String name, Hyperparameters model, int all) {
        Norm.Kind kind = model.family().norm();
        return switch (model.family().headNorms()) {
            case NONE -> new Norm.None(all);
            case EACH -> kind.of(weights, name, model.keySize(), model.epsilon());
            case TOGETHER -> kind.of(weights, name, all, model.epsilon());
        };
    }

    private static float[] sinks(Weights weights, String name, Hyperparameters model) {
        if (model.family().has(Quirk.ATTENTION_SINKS)) {
            return weights.vector(name, model.heads());
        }
        float[] none = new float[model.heads()];
        Arrays.fill(none, Float.NEGATIVE_INFINITY);
        return none;
    }
}
