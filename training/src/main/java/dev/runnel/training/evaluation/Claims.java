package dev.runnel.training.evaluation;

import dev.runnel.training.data.Split;
import java.util.List;
import java.util.Map;

/// What `training/MODEL_CARD.md` says of the model in the engine's jar: the percentage of right answers.
final class Claims {

    /// By category: new combinations, held out, kept aside (which it has not been asked).
    private static final Map<String, List<Double>> PERCENT = Map.ofEntries(
            Map.entry(Targets.ARTICLE, List.of(100.0, 100.0, 0.0)),
            Map.entry("counting", List.of(40.8, 67.5, 0.0)),
            Map.entry("arithmetic", List.of(51.7, 53.3, 0.0)),
            Map.entry("sequences", List.of(58.3, 77.5, 0.0)),
            Map.entry("repeating", List.of(55.8, 55.8, 0.0)),
            Map.entry("knowledge", List.of(52.5, 63.3, 0.0)),
            Map.entry("itself", List.of(65.0, 83.3, 0.0)),
            Map.entry("smalltalk", List.of(33.3, 53.3, 0.0)),
            Map.entry("beyond", List.of(85.0, 75.8, 0.0)),
            Map.entry("follow-ups", List.of(33.3, 48.3, 0.0)),
            Map.entry("system prompts", List.of(37.5, 55.0, 0.0)),
            Map.entry("tool calls", List.of(45.8, 40.0, 0.0)),
            Map.entry("json", List.of(12.5, 0.0, 0.0)),
            Map.entry(Targets.SCHEMA, List.of(34.7, 45.4, 0.0)),
            Map.entry(Targets.SANITY, List.of(100.0, 100.0, 0.0)));

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
