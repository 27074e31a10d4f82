package dev.runnel.training.model;

import static dev.runnel.training.model.Matmul.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// How surprised the model is by the token that follows.
///
/// ```
/// loss    = w · (log Σ e^z − z[target])                z (vocabulary): the logits of one place
/// dz      = w · (softmax(z) − onehot(target))
/// ```
final class CrossEntropy {

    private CrossEntropy() {}

    /// Replaces the logits of one place by their gradient.
    ///
    /// @param at of the place's first logit
    /// @return the loss
    static double backward(float[] logits, int at, int vocabulary, int target, float weight) {
        float most = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < vocabulary; i++) {
            most = Math.max(most, logits[at + i]);
        }
        float targetLogit = logits[at + target];
        FloatVector sums = FloatVector.zero(SPECIES);
        for (int i = 0; i < vocabulary; i += SPECIES.length()) {
            FloatVector power =
                    FloatVector.fromArray(SPECIES, logits, at + i).sub(most).lanewise(VectorOperators.EXP);
            sums = sums.add(power);
            power.intoArray(logits, at + i);
        }
        float sum = sums.reduceLanes(VectorOperators.ADD);
        float part = weight / sum;
        for (int i = 0; i < vocabulary; i++) {
            logits[at + i] *= part;
        }
        logits[at + target] -= weight;
        return weight * (Math.log(sum) + most - targetLogit);
    }
}
