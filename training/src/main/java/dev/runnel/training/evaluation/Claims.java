package dev.runnel.training.evaluation;

import dev.runnel.training.data.Split;
import java.util.List;
import java.util.Map;

/// What `training/MODEL_CARD.md` says of the model in the engine's jar: the percentage of right answers.
final class Claims {

    /// By category: new combinations, held out, kept aside.
    private static final Map<String, List<Double>> PERCENT = Map.ofEntries(
            Map.entry(Targets.ARTICLE, List.of(100.0, 100.0, 100.0)),
            Map.entry("counting", List.of(95.0, 96.7, 94.2)),
            Map.entry("arithmetic", List.of(96.7, 98.3, 97.5)),
            Map.entry("sequences", List.of(95.0, 100.0, 100.0)),
            Map.entry("repeating", List.of(95.8, 99.2, 99.2)),
            Map.entry("knowledge", List.of(95.0, 99.2, 94.2)),
            Map.entry("itself", List.of(93.3, 100.0, 90.8)),
            Map.entry("smalltalk", List.of(85.8, 96.7, 100.0)),
            Map.entry("beyond", List.of(95.0, 94.2, 97.5)),
            Map.entry("follow-ups", List.of(95.0, 98.3, 94.2)),
            Map.entry("system prompts", List.of(90.8, 96.7, 91.7)),
            Map.entry("tool calls", List.of(87.5, 89.2, 85.0)),
            Map.entry("json", List.of(93.3, 96.7, 95.8)),
            Map.entry(Targets.SCHEMA, List.of(94.7, 97.9, 97.8)),
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
