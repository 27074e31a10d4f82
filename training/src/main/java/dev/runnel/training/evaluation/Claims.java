package dev.runnel.training.evaluation;

import dev.runnel.training.data.Split;
import java.util.List;
import java.util.Map;

/// What `training/MODEL_CARD.md` says of the model in the engine's jar: the percentage of right answers.
final class Claims {

    /// By category: new combinations, held out, kept aside.
    private static final Map<String, List<Double>> PERCENT = Map.ofEntries(
            Map.entry(Targets.ARTICLE, List.of(100.0, 100.0, 100.0)),
            Map.entry("counting", List.of(80.0, 83.3, 70.0)),
            Map.entry("arithmetic", List.of(76.7, 74.2, 77.5)),
            Map.entry("sequences", List.of(79.2, 79.2, 80.8)),
            Map.entry("repeating", List.of(82.5, 82.5, 84.2)),
            Map.entry("knowledge", List.of(85.0, 85.0, 82.5)),
            Map.entry("itself", List.of(66.7, 85.8, 76.7)),
            Map.entry("smalltalk", List.of(57.5, 81.7, 72.5)),
            Map.entry("beyond", List.of(87.5, 80.8, 81.7)),
            Map.entry("follow-ups", List.of(60.8, 80.0, 67.5)),
            Map.entry("system prompts", List.of(58.3, 60.0, 50.0)),
            Map.entry("tool calls", List.of(58.3, 59.2, 56.7)),
            Map.entry("json", List.of(35.0, 30.8, 42.5)),
            Map.entry(Targets.SCHEMA, List.of(47.5, 40.2, 42.6)),
            Map.entry(Targets.SANITY, List.of(100.0, 100.0, 100.0)));

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
