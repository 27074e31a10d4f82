package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Fused.multiplyAdd;

import dev.runnel.engine.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/// The specification of [Kernels], and what runs where the Vector API is absent.
class ScalarKernels implements Kernels {

    private final Map<TensorType, ? extends Format> formats;

    ScalarKernels() {
        this(Map.ofEntries(
                Map.entry(TensorType.F32, new F32()),
                Map.entry(TensorType.F16, new F16()),
                Map.entry(TensorType.BF16, new BF16()),
                Map.entry(TensorType.Q8_0, new Q8_0()),
                Map.entry(TensorType.Q4_0, new Q4_0()),
                Map.entry(TensorType.Q4_1, new Q4_1()),
                Map.entry(TensorType.Q5_0, new Q5_0()),
                Map.entry(TensorType.Q5_1, new Q5_1()),
                Map.entry(TensorType.Q2_K, new Q2_K()),
                Map.entry(TensorType.Q3_K, new Q3_K()),
                Map.entry(TensorType.Q4_K, new Q4_K()),
                Map.entry(TensorType.Q5_K, new Q5_K()),
                Map.entry(TensorType.Q6_K, new Q6_K()),
                Map.entry(TensorType.IQ4_NL, new IQ4_NL()),
                Map.entry(TensorType.IQ4_XS, new IQ4_XS()),
                Map.entry(TensorType.MXFP4, new MXFP4())));
    }

    /// @param formats how each type of matrix is read
    ScalarKernels(Map<TensorType, ? extends Format> formats) {
        this.formats = formats;
    }

    @Override
    public String name() {
        return "scalar code";
    }

    @Override
    public Set<TensorType> matrixTypes() {
        return Collections.unmodifiableSet(EnumSet.copyOf(formats.keySet()));
    }

    @Override
    public void row(Matrix w, int row, float[] to, int at) {
        format(w).dequantize(w.data(), w.offset(row), w.columns(), to, at);
    }

    @Override
    public int preparationParts(Matrix w, int tokens) {
        return format(w) instanceof GroupedFormat ? tokens : 0;
    }

    @Override
    public Workers.Task preparation(Matrix w, float[] x, int tokens, Operand to, Scratch[] scratches) {
        int group = ((GroupedFormat) format(w)).group;
        int n = w.columns();
        int groups = n / group;
        to.reserve(tokens * n, tokens * groups);
        return (worker, t) -> to.round(x, t * n, n, group, t * groups);
    }

    @Override
    public Workers.Task multiplication(
            Matrix w, float[] x, Operand prepared, int tokens, float[] y, int rows, Scratch[] scratches) {
        return switch (format(w)) {
            case GroupedFormat format -> groupedMultiplication(format, w, prepared, tokens, y, rows, scratches);
            case Format format -> multiplication(format, w, x, tokens, y, rows, scratches);
        };
    }

    private static Workers.Task multiplication(
            Format format, Matrix w, float[] x, int tokens, float[] y, int rows, Scratch[] scratches) {
        int n = w.columns();
        return (worker, part) -> {
            Scratch scratch = scratches[worker];
            for (int r = part * rows; r < Math.min((part + 1) * rows, w.rows()); r++) {
                format.dequantize(w.data(), w.offset(r), n, scratch.tile, 0);
                for (int t = 0; t < tokens; t++) {
                    y[t * w.rows() + r] = dot(scratch.tile, 0, x, t * n, n, scratch.strands);
                }
            }
        };
    }

    private static Workers.Task groupedMultiplication(
            GroupedFormat format, Matrix w, Operand x, int tokens, float[] y, int rows, Scratch[] scratches) {
        return (worker, part) -> {
            Scratch scratch = scratches[worker];
            for (int r = part * rows; r < Math.min((part + 1) * rows, w.rows()); r++) {
                readGroups(format, w, r, scratch);
                for (int t = 0; t < tokens; t++) {
                    y[t * w.rows() + r] = groupedDot(format, w.columns(), x, t, scratch);
                }
            }
        };
    }

    private static void readGroups(GroupedFormat format, Matrix w, int row, Scratch scratch) {
        long at = w.offset(row);
        for (int k = 0; k < w.columns(); k += format.block, at += format.blockBytes) {
            format.quants(w.data(), at, scratch.quants, k);
            for (int g = 0; g < format.block / format.group; g++) {
                scratch.scales[k / format.group + g] = format.scale(w.data(), at, g);
                scratch.minima[k / format.group + g] = format.minimum(w.data(), at, g);
            }
        }
    }

    /// The row in `scratch` times the vector of token `t`.
    private static float groupedDot(GroupedFormat format, int n, Operand x, int t, Scratch scratch) {
        float total = 0;
        int groups = n / format.group;
        for (int g = 0; g < groups; g++) {
            int sum = 0;
            for (int k = g * format.group; k < (g + 1) * format.group; k++) {
                sum += scratch.quants[k] * x.quants[t * n + k];
            }
            int at = t * groups + g;
            total = multiplyAdd(sum, scratch.scales[g] * x.scales[at], total);
            if (format.hasMinima()) {
                total = multiplyAdd(scratch.minima[g], x.totals[at], total);
            }
        }
        return total;
    }

    @Override
    public void rmsNorm(float[] x, int xAt, float[] weight, float epsilon, float[] y, int yAt, Scratch scratch) {
        int n = weight.length;
        float scale = inverseRoot(sumOfSquares(x, xAt, n, scratch.strands) / n, epsilon);
        for (int i = 0; i < n; i++) {
            y[yAt + i] = x[xAt + i] * scale * weight[i]; // C2 makes vectors of this itself
        }
    }

    @Override
    public void layerNorm(
            float[] x, int xAt, float[] weight, float[] bias, float epsilon, float[] y, int yAt, Scratch scratch) {
        int n = weight.length;
        float mean = sum(x, xAt, n, scratch.strands) / n;
        for (int i = 0; i < n; i++) {
            y[yAt + i] = x[xAt + i] - mean;
        }
        float scale = inverseRoot(sumOfSquares(y, yAt, n, scratch.strands) / n, epsilon);
        for (int i = 0; i < n; i++) {
            y[yAt + i] = y[yAt + i] * scale * weight[i] + bias[i];
        }
    }

    private static float inverseRoot(float meanSquare, float epsilon) {
        return 1 / (float) Math.sqrt(meanSquare + epsilon);
    }

    /// The sum of `x[i]` over `n` elements, in the order that this package promises.
    float sum(float[] x, int at, int n, float[] strands) {
        Arrays.fill(strands, 0, STRANDS, 0);
        for (int k = 0; k < n; k++) {
            strands[k % STRANDS] += x[at + k];
        }
        return sum(strands, 0);
    }

    /// The sum of `x[i] * x[i]`, in the same order.
    float sumOfSquares(float[] x, int at, int n, float[] strands) {
        return dot(x, at, x, at, n, strands);
    }

    @Override
    public void activate(Activation activation, float[] x, int from, int to) {
        for (int i = from; i < to; i++) {
            float g = Math.min(x[i], activation.limit);
            float square = Math.min(g * g, Float.MAX_VALUE); // infinity times 0 would be no number
            float exponent = g * multiplyAdd(square, activation.cubic, activation.linear);
            x[i] = g / (1 + Exp.of(exponent));
        }
    }

    @Override
    public void softCap(float cap, float[] x, int from, int to) {
        float scale = 2 / cap;
        for (int i = from; i < to; i++) {
            x[i] = cap * (1 - 2 / (1 + Exp.of(x[i] * scale))); // tanh u = 1 - 2 / (1 + e^2u)
        }
    }

    @Override
    public void scores(
            float[] q,
            int qAt,
            int queries,
            PageLayout layout,
            MemorySegment page,
            long keys,
            float scale,
            float[] scores,
            int at,
            int stride) {
        for (int i = 0; i < queries; i++) {
            for (int p = 0; p < PageLayout.POSITIONS; p++) {
                float sum = 0;
                for (int d = 0; d < layout.keySize(); d++) {
                    float key = floatAt(page, keys, d * PageLayout.POSITIONS + p);
                    sum = multiplyAdd(key, q[qAt + i * layout.keySize() + d], sum);
                }
                scores[at + i * stride + p] = sum * scale;
            }
        }
    }

    @Override
    public void halves(MemorySegment from, long offset, MemorySegment to, int n) {
        for (int i = 0; i < n; i++) {
            to.set(ValueLayout.JAVA_FLOAT, (long) Float.BYTES * i, F16.at(from, offset + (long) Short.BYTES * i));
        }
    }

    @Override
    public void bytes(MemorySegment from, long offset, long scales, MemorySegment to, long at, int n) {
        for (int i = 0; i < n; i++) {
            float number = from.get(ValueLayout.JAVA_BYTE, offset + i) * floatAt(from, scales, i);
            to.set(ValueLayout.JAVA_FLOAT, at + (long) Float.BYTES * i, number);
        }
    }

    @Override
    public void bytes(MemorySegment from, long offset, float scale, MemorySegment to, long at, int n) {
        for (int i = 0; i < n; i++) {
            float number = from.get(ValueLayout.JAVA_BYTE, offset + i) * scale;
            to.set(ValueLayout.JAVA_FLOAT, at + (long) Float.BYTES * i, number);
        }
    }

    @Override
    public float most(float[] x, int at, int n) {
        float most = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            most = Math.max(most, x[at + i]);
        }
        return most;
    }

    @Override
    public float exponentials(float[] scores, int at, int n, float most, Scratch scratch) {
        float[] strands = scratch.strands;
        Arrays.fill(strands, 0, STRANDS, 0);
        for (int i = 0; i < n; i++) {
            scores[at + i] = Exp.of(scores[at + i] - most);
            strands[i % STRANDS] += scores[at + i];
        }
        return sum(strands, 0);
    }

    @Override
    public void weigh(
            float[] weights,
            int at,
            int stride,
            int queries,
            int positions,
            PageLayout layout,
            MemorySegment page,
            long values,
            float[] out,
            int outAt) {
        int size = layout.paddedValueSize();
        for (int i = 0; i < queries; i++) {
            for (int p = 0; p < positions; p++) {
                for (int d = 0; d < size; d++) {
                    float value = floatAt(page, values, p * size + d);
                    int o = outAt + i * size + d;
                    out[o] = multiplyAdd(value, weights[at + i * stride + p], out[o]);
                }
            }
        }
    }

    private static float floatAt(MemorySegment page, long start, int index) {
        return page.get(ValueLayout.JAVA_FLOAT, start + (long) Float.BYTES * index);
    }

    /// The sum of `a[i] * b[i]` over `n` elements, in the order that this package promises.
    static float dot(float[] a, int aAt, float[] b, int bAt, int n, float[] strands) {
        Arrays.fill(strands, 0, STRANDS, 0);
        for (int k = 0; k < n; k++) {
            strands[k % STRANDS] = multiplyAdd(a[aAt + k], b[bAt + k], strands[k % STRANDS]);
        }
        return sum(strands, 0);
    }

    /// Adds strands pairwise: 8 onto 8, 4 onto 4, 2 onto 2, 1 onto 1. Leaves them changed.
    static float sum(float[] strands, int at) {
        for (int half = STRANDS / 2; half > 0; half /= 2) {
            for (int j = 0; j < half; j++) {
                strands[at + j] += strands[at + j + half];
            }
        }
        return strands[at];
    }

    Format format(Matrix w) {
        Format format = formats.get(w.type());
        if (format == null) {
            throw new IllegalArgumentException("a matrix of type " + w.type() + " has no kernel");
        }
        return format;
    }
}
