package dev.runnel.training;

import dev.runnel.training.model.Tensor;
import java.util.Map;

/// What the embeddings of numbers begin with: besides noise, where each number stands in cycles of several lengths.
///
/// ```
/// cos(2πn / period), sin(2πn / period)      a cycle of 10 is the last digit, one of 1000 the size
/// ```
///
/// A model that learns to add numbers that are one token each finds such cycles by itself, late (Nanda et al. 2023,
/// Zhou et
/// al. 2024). Starting from them is no part of the architecture: they are weights, and are trained like all others.
final class NumberFeatures {

    private static final double[] PERIODS = {2, 5, 10, 20, 50, 100, 250, 1000};
    private static final double AMPLITUDE = 0.05;

    private NumberFeatures() {}

    /// @param embedding (vocabulary, width)
    /// @param numbers ids of number tokens, by number
    static void addTo(Tensor embedding, Map<Integer, Integer> numbers) {
        numbers.forEach((number, id) -> {
            int row = id * embedding.columns();
            for (int i = 0; i < PERIODS.length; i++) {
                double angle = 2 * Math.PI * number / PERIODS[i];
                embedding.values()[row + 2 * i] += (float) (AMPLITUDE * Math.cos(angle));
                embedding.values()[row + 2 * i + 1] += (float) (AMPLITUDE * Math.sin(angle));
            }
        });
    }
}
