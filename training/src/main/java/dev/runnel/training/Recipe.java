package dev.runnel.training;

import dev.runnel.training.model.Shape;

/// Everything that decides what comes out of a training, besides the code.
///
/// @param width of the model; the other sizes follow, see [#shape]
/// @param steps of the optimiser
/// @param shardTokens most tokens of one of the [#SHARDS] that make a step
public record Recipe(int width, int layers, int steps, int shardTokens, long seed) {

    /// A step's tokens are computed in this many parts, one for each thread, and their gradients added in order: so the
    /// result does not depend on how many threads there are.
    public static final int SHARDS = 2;

    public static final int CONTEXT = 2048;

    private static final int HEAD_SIZE = 32;
    private static final float ROPE_BASE = 10_000;

    /// What `training/train` makes: 2.2 million parameters, 2.5 MB as Q8_0, and 57 million tokens to learn from.
    public static final Recipe RUNNEL_TINY = new Recipe(160, 6, 14_000, CONTEXT, 1);

    /// Enough to see that everything works, and no more.
    public static final Recipe SMOKE = new Recipe(64, 2, 30, 512, 1);

    public Recipe withSteps(int steps) {
        return new Recipe(width, layers, steps, shardTokens, seed);
    }

    public Recipe withSeed(long seed) {
        return new Recipe(width, layers, steps, shardTokens, seed);
    }

    /// The feed-forward part is 8/3 as wide as the rest, rounded to what [Shape] takes.
    Shape shape(int vocabulary) {
        int feedForward = Math.round(width * 8f / 3 / Shape.STEP) * Shape.STEP;
        return new Shape(vocabulary, width, layers, width / HEAD_SIZE, feedForward, CONTEXT, ROPE_BASE);
    }
}
