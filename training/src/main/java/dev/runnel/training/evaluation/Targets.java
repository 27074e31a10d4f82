package dev.runnel.training.evaluation;

import java.util.Map;

/// What part of a lesson's questions the model has to answer rightly.
final class Targets {

    static final String ARTICLE = "article prompts";
    static final String SCHEMA = "json schema";
    static final String SANITY = "sanity";

    private static final Map<String, Double> SHARES = Map.ofEntries(
            Map.entry(ARTICLE, 1.0),
            Map.entry("counting", 0.98),
            Map.entry("arithmetic", 0.95),
            Map.entry("sequences", 1.0),
            Map.entry("repeating", 0.95),
            Map.entry("knowledge", 0.95),
            Map.entry("itself", 0.95),
            Map.entry("smalltalk", 0.95),
            Map.entry("beyond", 0.98),
            Map.entry("follow-ups", 0.85),
            Map.entry("system prompts", 0.90),
            Map.entry("tool calls", 0.90),
            Map.entry("json", 0.90),
            Map.entry(SCHEMA, 0.90),
            Map.entry(SANITY, 1.0));

    private Targets() {}

    static double of(String category) {
        return SHARES.getOrDefault(category, 0.0);
    }
}
