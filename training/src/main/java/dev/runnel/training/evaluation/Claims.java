package dev.runnel.training.evaluation;

import dev.runnel.training.data.Split;
import java.util.List;
import java.util.Map;

/// What `training/MODEL_CARD.md` says of the model in the engine's jar: the percentage of right answers.
final class Claims {

    /// By category: new combinations, held out, kept aside.
    private static final Map<String, List<Double>> PERCENT = Map.ofEntries(
            Map.entry(Targets.ARTICLE, List.of(100.0, 100.0, 100.0)),
            Map.entry("counting", List.of(90.0, 96.7, 89.2)),
            Map.entry("arithmetic", List.of(95.8, 96.7, 96.7)),
            Map.entry("sequences", List.of(93.3, 98.3, 93.3)),
            Map.entry("repeating", List.of(96.7, 96.7, 95.8)),
            Map.entry("knowledge", List.of(86.7, 94.2, 87.5)),
            Map.entry("itself", List.of(89.2, 98.3, 75.8)),
            Map.entry("smalltalk", List.of(76.7, 93.3, 85.8)),
            Map.entry("beyond", List.of(86.7, 85.0, 95.0)),
            Map.entry("follow-ups", List.of(95.0, 99.2, 88.3)),
            Map.entry("system prompts", List.of(88.3, 92.5, 90.0)),
            Map.entry("tool calls", List.of(80.0, 86.7, 83.3)),
            Map.entry("json", List.of(90.0, 95.8, 94.2)),
            Map.entry(Targets.SCHEMA, List.of(94.6, 96.8, 90.3)),
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
