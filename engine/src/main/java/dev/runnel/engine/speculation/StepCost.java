package dev.runnel.engine.speculation;

import java.util.Arrays;

/// What a step of a model takes by the number of its tokens, measured. Between two numbers that have been
/// seen, costs are on a line; beyond the greatest they rise by [#UNSEEN] of the least for each token, which
/// is little enough to be tried.
final class StepCost {

    /// Weight of the newest step in the average.
    private static final double NEWEST = 1.0 / 8;

    private static final double UNSEEN = 1.0 / 8;

    /// Steps after which what was seen last counts as unseen, so that one slow moment is not believed for
    /// ever.
    private static final int REMEMBERED = 512;

    private final double[] nanos; // by tokens; 0 unseen
    private final long[] seenAt; // step
    private long steps;

    /// @param most tokens of a step that matter
    StepCost(int most) {
        nanos = new double[most + 1];
        seenAt = new long[most + 1];
        Arrays.fill(seenAt, Long.MIN_VALUE / 2);
    }

    /// A step of so many tokens has taken so long.
    void stepped(int tokens, long took) {
        steps++;
        if (tokens < nanos.length) {
            nanos[tokens] += (took - nanos[tokens]) * (isSeen(tokens) ? NEWEST : 1);
            seenAt[tokens] = steps;
        }
    }

    private boolean isSeen(int tokens) {
        return nanos[tokens] > 0 && steps - seenAt[tokens] < REMEMBERED;
    }

    /// What a step of so many tokens is likely to take; in an unknown unit as long as nothing has been seen.
    double of(int tokens) {
        int below = Math.min(tokens, nanos.length - 1);
        while (below > 0 && !isSeen(below)) {
            below--;
        }
        int above = Math.min(tokens, nanos.length);
        while (above < nanos.length && !isSeen(above)) {
            above++;
        }
        int least = 1;
        while (least < nanos.length && !isSeen(least)) {
            least++;
        }
        if (below == 0) {
            return above == nanos.length ? 1 + UNSEEN * (tokens - 1) : nanos[above];
        }
        if (above == nanos.length) {
            return nanos[below] + UNSEEN * (tokens - below) * nanos[least];
        }
        double part = above == below ? 0 : (double) (tokens - below) / (above - below);
        return nanos[below] + part * (nanos[above] - nanos[below]);
    }
}
