package dev.runnel.engine.constraint;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Random;

/// A model that knows nothing: random logits, which lean towards what closes as the text gets longer.
final class RandomModel {

    private final Random random;

    RandomModel(long seed) {
        random = new Random(seed);
    }

    /// A text under a constraint; empty if it had not come to an end after so many tokens.
    Optional<String> generate(Constraint constraint, int maxTokens) {
        ConstraintState state = constraint.start();
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        float[] logits = new float[SmallVocabulary.SIZE];
        for (int step = 0; step < maxTokens; step++) {
            for (int token = 0; token < logits.length; token++) {
                double gumbel = -Math.log(-Math.log(random.nextDouble()));
                logits[token] = (float) (gumbel + lean(token, step));
            }
            if (!state.mask(logits)) {
                throw new AssertionError("nothing may follow " + text.toString(StandardCharsets.UTF_8));
            }
            int best = 0;
            for (int token = 1; token < logits.length; token++) {
                best = logits[token] > logits[best] ? token : best;
            }
            if (!state.accept(best)) {
                throw new AssertionError("token " + best + " was allowed and is not accepted behind "
                        + text.toString(StandardCharsets.UTF_8));
            }
            if (SmallVocabulary.isEnd(best)) {
                return Optional.of(text.toString(StandardCharsets.UTF_8));
            }
            text.writeBytes(SmallVocabulary.bytes(best));
        }
        return Optional.empty();
    }

    private static double lean(int token, int step) {
        if (SmallVocabulary.isEnd(token)) {
            return 2 + step * 0.1;
        }
        double haste = Math.min(10, step * 0.08);
        double lean = token > 0x7F && token < 256 ? -2 : 0;
        for (byte each : SmallVocabulary.bytes(token)) {
            lean += switch (each) {
                case '"', '}', ']' -> 0.3 * haste;
                case '{', '[', ',', '.' -> -0.4 * haste;
                default -> 0;
            };
        }
        return lean;
    }
}
