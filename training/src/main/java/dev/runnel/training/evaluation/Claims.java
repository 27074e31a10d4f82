package dev.runnel.training.evaluation;

import dev.runnel.training.data.Split;
import java.util.List;
import java.util.Map;

/// What `training/MODEL_CARD.md` says of the model in the engine's jar: the percentage of right answers.
final class Claims {

    /// By category: new combinations, held out, kept aside.
    private static final Map<String, List<Double>> PERCENT = Map.of();

    private Claims() {}

    /// @return a share, 0 where nothing is said
    static double of(String category, Split split) {
        List<Double> percent = PERCENT.getOrDefault(category, List.of(0.0, 0.0, 0.0));
        return switch (split) {
            case TRAINING -> 0;
            case NEW_COMBINATIONS -> percent.getFirst() / 100;
            case HELD_OUT -> percent.get(1) / 100;
            case KEPT_ASIDE -> percent.getLast() / 100;
        };
    }
}
