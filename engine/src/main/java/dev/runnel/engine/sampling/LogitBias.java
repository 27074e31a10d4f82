package dev.runnel.engine.sampling;

import java.util.Map;
import java.util.TreeMap;

/// What a request adds to the logits of tokens, in a form that costs nothing per token.
public final class LogitBias {

    /// Adds nothing.
    public static final LogitBias NONE = of(Map.of());

    private final int[] tokens;
    private final float[] amounts;

    private LogitBias(Map<Integer, Double> amountOfToken) {
        tokens = new int[amountOfToken.size()];
        amounts = new float[tokens.length];
        int i = 0;
        for (Map.Entry<Integer, Double> each : amountOfToken.entrySet()) {
            tokens[i] = each.getKey();
            amounts[i++] = each.getValue().floatValue();
        }
    }

    /// @param amountOfToken by ids that are in the vocabulary
    public static LogitBias of(Map<Integer, Double> amountOfToken) {
        return new LogitBias(new TreeMap<>(amountOfToken));
    }

    /// The same without tokens from an id on.
    public LogitBias below(int end) {
        Map<Integer, Double> left = new TreeMap<>();
        for (int i = 0; i < tokens.length; i++) {
            if (tokens[i] < end) {
                left.put(tokens[i], (double) amounts[i]);
            }
        }
        return new LogitBias(left);
    }

    boolean isEmpty() {
        return tokens.length == 0;
    }

    void addTo(float[] logits) {
        for (int i = 0; i < tokens.length; i++) {
            logits[tokens[i]] += amounts[i];
        }
    }
}
