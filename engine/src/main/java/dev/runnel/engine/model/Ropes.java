package dev.runnel.engine.model;

import dev.runnel.engine.gguf.GgufFile;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The rotary embeddings of a model: that of its local layers, and that of the others.
///
/// @param everywhere of the layers that see all positions; null where none of them turns anything
/// @param locally of the local layers; null where there are none
record Ropes(@Nullable Rope everywhere, @Nullable Rope locally, List<Integer> turning, Hyperparameters model) {

    /// @param context most tokens of a sequence
    /// @param tokens of a step, at most
    static Ropes of(GgufFile file, Hyperparameters model, Weights weights, int context, int tokens) {
        boolean told = file.metadata()
                .flag(model.family().architecture() + ".rope.scaling.finetuned")
                .orElse(true);
        List<Integer> turning = IntStream.range(0, model.layers())
                .filter(layer -> model.family().positions().rotates(layer, model.isLocal(layer), told))
                .boxed()
                .toList();
        return new Ropes(
                turning.stream().allMatch(model::isLocal)
                        ? null
                        : Rope.of(file, model, weights, false, context, tokens),
                turning.stream().noneMatch(model::isLocal)
                        ? null
                        : Rope.of(file, model, weights, true, context, tokens),
                turning,
                model);
    }

    /// What turns the queries and keys of a layer; null if nothing does.
    @Nullable
    Rope of(int layer) {
        return !turning.contains(layer) ? null : model.isLocal(layer) ? locally : everywhere;
    }

    /// Computes the cosines and sines of one token of the step.
    void prepare(int token, int position) {
        if (everywhere != null) {
            everywhere.prepare(token, position);
        }
        if (locally != null) {
            locally.prepare(token, position);
        }
    }
}
