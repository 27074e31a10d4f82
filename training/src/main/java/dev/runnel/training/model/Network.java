package dev.runnel.training.model;

import dev.runnel.training.model.Matmul.View;
import java.util.Arrays;
import java.util.stream.IntStream;

/// The model over one batch: forward, and backward into a gradient of its own. One thread uses it at a time; several
/// share the [Weights].
///
/// ```
/// x = embedding[ids]                                   (tokens, width)
/// each layer:
///   h = norm(x)
///   x = x + attention(rope(norm(h Wqᵀ)), rope(norm(h Wkᵀ)), h Wvᵀ) Woᵀ      norms of each head
///   h = norm(x)
///   x = x + (silu(h Wgateᵀ) ∘ h Wupᵀ) Wdownᵀ
/// logits = norm(x) embeddingᵀ                          (targets, vocabulary)
/// ```
///
/// Behind the last layer's attention a token matters to no other one: from there on only the targets are computed.
public final class Network {

    /// What a layer leaves for its way back.
    private static final class Trace {
        final float[] x; // (tokens, width): what comes in
        final float[] h; // (tokens, width): normed, for attention
        final float[] qBare; // (tokens, width): before its norm and its position
        final float[] kBare; // (tokens, width)
        final float[] q; // (tokens, width)
        final float[] k; // (tokens, width)
        final float[] v; // (tokens, width)
        final float[] o; // (tokens, width): what attention gives
        final float[] middle; // (rows, width): after attention; in the last layer rows are targets, else tokens
        final float[] middleNormed; // (rows, width): for the feed-forward part
        final float[] gate; // (rows, feedForward)
        final float[] up; // (rows, feedForward)
        final float[] gated; // (rows, feedForward)
        final RmsNorm attentionNorm;
        final RmsNorm queryNorm; // of tokens × heads rows
        final RmsNorm keyNorm;
        final RmsNorm feedForwardNorm;
        final Attention attention;

        Trace(Shape shape, int tokens) {
            int wide = tokens * shape.width();
            int deep = tokens * shape.feedForward();
            x = new float[wide];
            h = new float[wide];
            qBare = new float[wide];
            kBare = new float[wide];
            q = new float[wide];
            k = new float[wide];
            v = new float[wide];
            o = new float[wide];
            middle = new float[wide];
            middleNormed = new float[wide];
            gate = new float[deep];
            up = new float[deep];
            gated = new float[deep];
            attentionNorm = new RmsNorm(tokens, shape.width());
            queryNorm = new RmsNorm(tokens * shape.heads(), shape.headSize());
            keyNorm = new RmsNorm(tokens * shape.heads(), shape.headSize());
            feedForwardNorm = new RmsNorm(tokens, shape.width());
            attention = new Attention(shape);
        }
    }

    private final Shape shape;
    private final Weights weights;
    private final Parameters gradient;
    private final Rope rope;
    private final Trace[] traces;
    private final RmsNorm outputNorm;
    private final int[] places; // (targets): where something is asked for
    private final float[] xAsked; // (targets, width): what comes into the last layer, there
    private final float[] oAsked; // (targets, width): what its attention gives, there
    private final float[] last; // (targets, width): what the layers give
    private final float[] normed; // (targets, width)
    private final float[] logits; // (targets, vocabulary)
    private final float[] dxAsked; // (targets, width)
    private final float[] dOAsked; // (targets, width)
    private final float[] dx; // (tokens, width)
    private final float[] dh; // (tokens, width)
    private final float[] dq; // (tokens, width)
    private final float[] dk; // (tokens, width)
    private final float[] dv; // (tokens, width)
    private final float[] dBare; // (tokens, width): of queries, then of keys, before their norm
    private final float[] dO; // (tokens, width)
    private final float[] dGate; // (tokens, feedForward)
    private final float[] dUp; // (tokens, feedForward)
    private final float[] dGated; // (tokens, feedForward)

    /// @param tokens most in a batch
    public Network(Shape shape, Weights weights, int tokens) {
        this.shape = shape;
        this.weights = weights;
        gradient = Parameters.zeros(shape);
        rope = new Rope(shape);
        traces = IntStream.range(0, shape.layers())
                .mapToObj(_ -> new Trace(shape, tokens))
                .toArray(Trace[]::new);
        outputNorm = new RmsNorm(tokens, shape.width());
        int wide = tokens * shape.width();
        int deep = tokens * shape.feedForward();
        places = new int[tokens];
        xAsked = new float[wide];
        oAsked = new float[wide];
        last = new float[wide];
        normed = new float[wide];
        dxAsked = new float[wide];
        dOAsked = new float[wide];
        logits = new float[tokens * shape.vocabulary()];
        dx = new float[wide];
        dh = new float[wide];
        dq = new float[wide];
        dk = new float[wide];
        dv = new float[wide];
        dBare = new float[wide];
        dO = new float[wide];
        dGate = new float[deep];
        dUp = new float[deep];
        dGated = new float[deep];
    }

    /// What [#train] has added up since it was cleared.
    public Parameters gradient() {
        return gradient;
    }

    /// Forward and backward. Sums, not means: several batches make one step, and their weights one denominator.
    ///
    /// @return the weighted loss over all targets
    public double train(Batch batch) {
        int targets = 0;
        for (int token = 0; token < batch.size(); token++) {
            if (batch.targets[token] != Batch.NO_TARGET) {
                places[targets++] = token;
            }
        }
        forward(batch, targets);
        double loss = 0;
        for (int i = 0; i < targets; i++) {
            int place = places[i];
            loss += CrossEntropy.backward(
                    logits, i * shape.vocabulary(), shape.vocabulary(), batch.targets[place], batch.weights[place]);
        }
        backward(batch, targets);
        return loss;
    }

    /// What the targets of a batch count together.
    public static double weight(Batch batch) {
        double sum = 0;
        for (int token = 0; token < batch.size(); token++) {
            sum += batch.targets[token] == Batch.NO_TARGET ? 0 : batch.weights[token];
        }
        return sum;
    }

    /// The logits of what follows the last token of a batch.
    public float[] logitsAtEnd(Batch batch) {
        places[0] = batch.size() - 1;
        forward(batch, 1);
        return Arrays.copyOf(logits, shape.vocabulary());
    }

    private void forward(Batch batch, int targets) {
        int tokens = batch.size();
        int width = shape.width();
        Parameters w = weights.parameters();
        for (int token = 0; token < tokens; token++) {
            System.arraycopy(w.embedding().values(), batch.ids[token] * width, traces[0].x, token * width, width);
        }
        for (int i = 0; i < traces.length; i++) {
            Parameters.Layer layer = w.layers().get(i);
            Trace t = traces[i];
            t.attentionNorm.forward(t.x, layer.attentionNorm().values(), t.h, tokens);
            linear(t.h, layer.q(), t.qBare, tokens);
            linear(t.h, layer.k(), t.kBare, tokens);
            linear(t.h, layer.v(), t.v, tokens);
            t.queryNorm.forward(t.qBare, layer.queryNorm().values(), t.q, tokens * shape.heads());
            t.keyNorm.forward(t.kBare, layer.keyNorm().values(), t.k, tokens * shape.heads());
            rope.forward(t.q, batch.positions, tokens);
            rope.forward(t.k, batch.positions, tokens);
            t.attention.forward(t.q, t.k, t.v, t.o, batch);
            boolean isLast = i + 1 == traces.length;
            int rows = isLast ? targets : tokens;
            linear(isLast ? gathered(t.o, oAsked, targets) : t.o, layer.output(), t.middle, rows);
            add(t.middle, isLast ? gathered(t.x, xAsked, targets) : t.x, rows * width);

            t.feedForwardNorm.forward(t.middle, layer.feedForwardNorm().values(), t.middleNormed, rows);
            linear(t.middleNormed, layer.gate(), t.gate, rows);
            linear(t.middleNormed, layer.up(), t.up, rows);
            SwiGlu.forward(t.gate, t.up, t.gated, rows * shape.feedForward());
            float[] out = isLast ? last : traces[i + 1].x;
            linear(t.gated, layer.down(), out, rows);
            add(out, t.middle, rows * width);
        }
        outputNorm.forward(last, w.outputNorm().values(), normed, targets);
        linear(normed, w.embedding(), logits, targets);
    }

    /// The rows (tokens, width) where something is asked for.
    private float[] gathered(float[] all, float[] asked, int targets) {
        int width = shape.width();
        for (int i = 0; i < targets; i++) {
            System.arraycopy(all, places[i] * width, asked, i * width, width);
        }
        return asked;
    }

    /// Puts rows back where something is asked for, and zeros elsewhere.
    private void spread(float[] asked, float[] all, int targets, int tokens) {
        int width = shape.width();
        Arrays.fill(all, 0, tokens * width, 0);
        for (int i = 0; i < targets; i++) {
            System.arraycopy(asked, i * width, all, places[i] * width, width);
        }
    }

    private void backward(Batch batch, int targets) {
        int tokens = batch.size();
        int width = shape.width();
        Parameters w = weights.parameters();
        linearBackward(normed, w.embedding(), gradient.embedding(), logits, dh, targets, false);
        Arrays.fill(dxAsked, 0, targets * width, 0);
        outputNorm.backward(
                last, w.outputNorm().values(), dh, gradient.outputNorm().values(), dxAsked, targets);
        for (int i = traces.length - 1; i >= 0; i--) {
            Parameters.Layer layer = w.layers().get(i);
            Parameters.Layer g = gradient.layers().get(i);
            Trace t = traces[i];
            boolean isLast = i + 1 == traces.length;
            int rows = isLast ? targets : tokens;
            float[] dOut = isLast ? dxAsked : dx;
            linearBackward(t.gated, layer.down(), g.down(), dOut, dGated, rows, false);
            SwiGlu.backward(t.gate, t.up, dGated, dGate, dUp, rows * shape.feedForward());
            linearBackward(t.middleNormed, layer.gate(), g.gate(), dGate, dh, rows, false);
            linearBackward(t.middleNormed, layer.up(), g.up(), dUp, dh, rows, true);
            t.feedForwardNorm.backward(
                    t.middle,
                    layer.feedForwardNorm().values(),
                    dh,
                    g.feedForwardNorm().values(),
                    dOut,
                    rows);

            if (isLast) {
                linearBackward(oAsked, layer.output(), g.output(), dxAsked, dOAsked, targets, false);
                spread(dOAsked, dO, targets, tokens);
                spread(dxAsked, dx, targets, tokens);
            } else {
                linearBackward(t.o, layer.output(), g.output(), dx, dO, tokens, false);
            }
            t.attention.backward(t.q, t.k, t.v, dO, dq, dk, dv, batch);
            rope.backward(dq, batch.positions, tokens);
            rope.backward(dk, batch.positions, tokens);
            normBackward(t.queryNorm, t.qBare, layer.queryNorm(), dq, g.queryNorm(), tokens);
            linearBackward(t.h, layer.q(), g.q(), dBare, dh, tokens, false);
            normBackward(t.keyNorm, t.kBare, layer.keyNorm(), dk, g.keyNorm(), tokens);
            linearBackward(t.h, layer.k(), g.k(), dBare, dh, tokens, true);
            linearBackward(t.h, layer.v(), g.v(), dv, dh, tokens, true);
            t.attentionNorm.backward(
                    t.x, layer.attentionNorm().values(), dh, g.attentionNorm().values(), dx, tokens);
        }
        float[] embedding = gradient.embedding().values();
        for (int token = 0; token < tokens; token++) {
            int row = batch.ids[token] * width;
            for (int i = 0; i < width; i++) {
                embedding[row + i] += dx[token * width + i];
            }
        }
    }

    /// Sets `dBare`.
    private void normBackward(RmsNorm norm, float[] x, Tensor gain, float[] dy, Tensor gainGradient, int tokens) {
        Arrays.fill(dBare, 0, tokens * shape.width(), 0);
        norm.backward(x, gain.values(), dy, gainGradient.values(), dBare, tokens * shape.heads());
    }

    /// `y (tokens, rows) = x (tokens, columns) Wᵀ`
    private void linear(float[] x, Tensor w, float[] y, int tokens) {
        View transposed = View.rows(weights.transposed(w), w.rows());
        Matmul.multiply(
                View.rows(x, w.columns()), transposed, View.rows(y, w.rows()), tokens, w.rows(), w.columns(), false);
    }

    /// `dW += dyᵀ x`, and `dx = dy W` or `dx += dy W`.
    private static void linearBackward(
            float[] x, Tensor w, Tensor dw, float[] dy, float[] dx, int tokens, boolean accumulates) {
        int rows = w.rows();
        int columns = w.columns();
        Matmul.multiply(
                View.transposed(dy, rows),
                View.rows(x, columns),
                View.rows(dw.values(), columns),
                rows,
                columns,
                tokens,
                true);
        Matmul.multiply(
                View.rows(dy, rows),
                View.rows(w.values(), columns),
                View.rows(dx, columns),
                tokens,
                columns,
                rows,
                accumulates);
    }

    private static void add(float[] to, float[] x, int size) {
        for (int i = 0; i < size; i++) {
            to[i] += x[i];
        }
    }
}
