package dev.runnel.engine.model;

import java.util.Arrays;

/// Which experts the tokens of a step go to, and the buffers on the way. Made once and used again.
final class Routes {

    private final Routing routing;
    private final int[] chosen; // (tokens, used)
    private final float[] shares; // (tokens, used)
    private final int[] firsts; // (experts + 1)
    private final int[] order; // (tokens * used)  indexes into `chosen`, by expert, then by token

    final float[] logits; // (tokens, experts)
    final float[] in; // (tokens, width)  one expert's tokens
    final float[] out; // (tokens, width)

    /// @param most tokens at a time
    Routes(Routing routing, int most, int width) {
        this.routing = routing;
        chosen = new int[most * routing.used()];
        shares = new float[most * routing.used()];
        firsts = new int[routing.experts() + 1];
        order = new int[most * routing.used()];
        logits = new float[most * routing.experts()];
        in = new float[routing.experts() > 0 ? most * width : 0];
        out = new float[in.length];
    }

    /// Chooses the experts of one token, those of the largest logits, and computes their shares: a softmax
    /// over the chosen ones if shares are normalized, over all experts if not.
    void choose(int token) {
        int used = routing.used();
        int from = token * routing.experts();
        int to = token * used;
        for (int expert = 0; expert < routing.experts(); expert++) {
            int place = Math.min(expert, used);
            for (; place > 0 && logits[from + expert] > logits[from + chosen[to + place - 1]]; place--) {
                if (place < used) {
                    chosen[to + place] = chosen[to + place - 1];
                }
            }
            if (place < used) {
                chosen[to + place] = expert;
            }
        }
        double most = logits[from + chosen[to]];
        double sum = 0;
        if (routing.normalized()) {
            for (int i = 0; i < used; i++) {
                sum += StrictMath.exp(logits[from + chosen[to + i]] - most);
            }
        } else {
            for (int expert = 0; expert < routing.experts(); expert++) {
                sum += StrictMath.exp(logits[from + expert] - most);
            }
        }
        for (int i = 0; i < used; i++) {
            shares[to + i] = (float) (routing.scale() * StrictMath.exp(logits[from + chosen[to + i]] - most) / sum);
        }
    }

    /// Sorts the choices of all tokens by expert, by counting.
    void group(int tokens) {
        int choices = tokens * routing.used();
        Arrays.fill(firsts, 0);
        for (int i = 0; i < choices; i++) {
            firsts[chosen[i]]++;
        }
        int sum = 0;
        for (int expert = 0; expert < firsts.length; expert++) {
            sum += firsts[expert];
            firsts[expert] = sum;
        }
        for (int i = choices - 1; i >= 0; i--) {
            order[--firsts[chosen[i]]] = i;
        }
    }

    /// Where an expert's choices begin, among all of them by expert.
    int first(int expert) {
        return firsts[expert];
    }

    /// The token that made a choice.
    int token(int choice) {
        return order[choice] / routing.used();
    }

    /// How much the expert of a choice counts for its token.
    float share(int choice) {
        return shares[order[choice]];
    }
}
