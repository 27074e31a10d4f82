package dev.runnel.training.model;

import static dev.runnel.training.model.Matmul.SPECIES;

import jdk.incubator.vector.FloatVector;

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
        float[] lanes = new float[SPECIES.length()];
        float most = Lanes.most(logits, at, vocabulary);
        float targetLogit = logits[at + target];
        FloatVector sums = FloatVector.zero(SPECIES);
        for (int i = 0; i < vocabulary; i += SPECIES.length()) {
            FloatVector power =
                    Lanes.exp(FloatVector.fromArray(SPECIES, logits, at + i).sub(most));
            sums = sums.add(power);
            power.intoArray(logits, at + i);
        }
        float sum = Lanes.sum(sums, lanes);
        float part = weight / sum;
        for (int i = 0; i < vocabulary; i++) {
            logits[at + i] *= part;
        }
        logits[at + target] -= weight;
        return weight * (Math.log(sum) + most - targetLogit);
    }
}
