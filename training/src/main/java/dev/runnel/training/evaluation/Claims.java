package dev.runnel.training.evaluation;

import dev.runnel.training.data.Split;
import java.util.List;
import java.util.Map;

/// What `training/MODEL_CARD.md` says of the model in the engine's jar: the percentage of right answers.
final class Claims {

    /// By category: new combinations, held out, kept aside.
    private static final Map<String, List<Double>> PERCENT = Map.ofEntries(
            Map.entry(Targets.ARTICLE, List.of(100.0, 100.0, 100.0)),
            Map.entry("counting", List.of(92.5, 95.0, 84.2)),
            Map.entry("arithmetic", List.of(94.2, 93.3, 92.5)),
            Map.entry("sequences", List.of(93.3, 87.5, 95.0)),
            Map.entry("repeating", List.of(99.2, 99.2, 96.7)),
            Map.entry("knowledge", List.of(91.7, 90.0, 84.2)),
            Map.entry("itself", List.of(84.2, 97.5, 93.3)),
            Map.entry("smalltalk", List.of(71.7, 89.2, 90.8)),
            Map.entry("beyond", List.of(90.0, 78.3, 82.5)),
            Map.entry("follow-ups", List.of(92.5, 95.8, 88.3)),
            Map.entry("system prompts", List.of(80.8, 85.0, 80.0)),
            Map.entry("tool calls", List.of(84.2, 75.8, 81.7)),
            Map.entry("json", List.of(88.3, 90.0, 83.3)),
            Map.entry(Targets.SCHEMA, List.of(88.1, 88.7, 88.2)),
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
