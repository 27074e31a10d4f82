package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Fused.multiplyAdd;
import static dev.runnel.engine.kernel.Lanes.FLOATS;

import dev.runnel.engine.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// [Kernels] in the Vector API, to the last bit what [ScalarKernels] gives. Needs a processor with fused
/// multiply-add.
///
/// Elements that don't fill a vector are left to scalar code; only the smallest models have any.
final class VectorKernels extends ScalarKernels {

    private static final FloatVector LN2_HIGH = FloatVector.broadcast(FLOATS, Exp.LN2_HIGH);
    private static final FloatVector LN2_LOW = FloatVector.broadcast(FLOATS, Exp.LN2_LOW);
    private static final FloatVector P5 = FloatVector.broadcast(FLOATS, Exp.P5);
    private static final FloatVector P4 = FloatVector.broadcast(FLOATS, Exp.P4);
    private static final FloatVector P3 = FloatVector.broadcast(FLOATS, Exp.P3);
    private static final FloatVector P2 = FloatVector.broadcast(FLOATS, Exp.P2);
    private static final FloatVector P1 = FloatVector.broadcast(FLOATS, Exp.P1);
    private static final FloatVector P0 = FloatVector.broadcast(FLOATS, Exp.P0);

    private final Map<TensorType, PackedFormat> packed = Map.of(
            TensorType.Q4_0, PackedFormat.q4_0(),
            TensorType.Q4_1, PackedFormat.q4_1(),
            TensorType.Q5_0, PackedFormat.q5_0(),
            TensorType.Q5_1, PackedFormat.q5_1(),
            TensorType.Q4_K, PackedFormat.q4_K(),
            TensorType.Q5_K, PackedFormat.q5_K(),
            TensorType.Q6_K, PackedFormat.q6_K());

    VectorKernels() {
        super(Map.ofEntries(
                Map.entry(TensorType.F32, new VectorF32()),
                Map.entry(TensorType.F16, new VectorF16()),
                Map.entry(TensorType.BF16, new VectorBF16()),
                Map.entry(TensorType.Q8_0, new VectorQ8_0()),
                Map.entry(TensorType.Q4_0, new Q4_0()),
                Map.entry(TensorType.Q4_1, new Q4_1()),
                Map.entry(TensorType.Q5_0, new Q5_0()),
                Map.entry(TensorType.Q5_1, new Q5_1()),
                Map.entry(TensorType.Q2_K, new VectorQ2_K()),
                Map.entry(TensorType.Q3_K, new VectorQ3_K()),
                Map.entry(TensorType.Q4_K, new Q4_K()),
                Map.entry(TensorType.Q5_K, new Q5_K()),
                Map.entry(TensorType.Q6_K, new Q6_K()),
                Map.entry(TensorType.IQ4_NL, new VectorIQ4_NL()),
                Map.entry(TensorType.IQ4_XS, new VectorIQ4_XS()),
                Map.entry(TensorType.MXFP4, new VectorMXFP4())));
    }

    @Override
    public String name() {
        return FLOATS.vectorBitSize() + "-bit vectors";
    }

    @Override
    public Matrix arrange(Matrix stored, Workers workers, SegmentAllocator memory) {
        PackedFormat format = packed.get(stored.type());
        if (format != null) {
            return format.pack(stored, workers, memory);
        }
        return format(stored) instanceof VectorF16 halves ? halves.arrange(stored, workers) : stored;
    }

    @Override
    public long arrangedBytes(Matrix stored) {
        PackedFormat format = packed.get(stored.type());
        return format == null ? 0 : format.bytes(stored);
    }

    @Override
    public void row(Matrix w, int row, float[] to, int at) {
        switch (w.layout()) {
            case STORED, FINITE -> super.row(w, row, to, at);
            case PACKED -> packed(w).dequantize(w, row, to, at);
        }
    }

    private PackedFormat packed(Matrix w) {
        return Objects.requireNonNull(packed.get(w.type()));
    }

    @Override
    public int preparationParts(Matrix w, int tokens) {
        if (w.layout() == Matrix.Layout.PACKED) {
            return PackedProduct.preparationParts(packed(w), tokens);
        }
        if (VectorTiles.suit(format(w), w, tokens)) {
            return VectorTiles.preparationParts(tokens);
        }
        return LaneProduct.suits(format(w), w, tokens)
                ? LaneProduct.preparationParts(tokens)
                : super.preparationParts(w, tokens);
    }

    @Override
    public Workers.Task preparation(Matrix w, float[] x, int tokens, Operand to, Scratch[] scratches) {
        if (w.layout() == Matrix.Layout.PACKED) {
            return PackedProduct.preparation(packed(w), w, x, tokens, to, scratches);
        }
        if (VectorTiles.suit(format(w), w, tokens)) {
            return VectorTiles.preparation(w, x, tokens, to);
        }
        if (LaneProduct.suits(format(w), w, tokens)) {
            return LaneProduct.preparation(w, x, tokens, to);
        }
        return super.preparation(w, x, tokens, to, scratches);
    }

    @Override
    public Workers.Task multiplication(
            Matrix w, float[] x, Operand prepared, int tokens, float[] y, int rows, Scratch[] scratches) {
        if (w.layout() == Matrix.Layout.PACKED) {
            return new PackedProduct(packed(w), w, prepared, tokens, y).task(rows, scratches);
        }
        if (format(w) instanceof GroupedFormat) {
            return super.multiplication(w, x, prepared, tokens, y, rows, scratches);
        }
        if (tokens == 1 && w.columns() % STRANDS == 0 && format(w) instanceof VectorFormat format && format.takes(w)) {
            return format.multiplication(w, x, y, rows, scratches);
        }
        if (format(w) instanceof TiledFormat format && VectorTiles.suit(format, w, tokens)) {
            return VectorTiles.multiplication(format, w, prepared, tokens, y, rows, scratches);
        }
        if (LaneProduct.suits(format(w), w, tokens)) {
            return new LaneProduct(format(w), w, prepared, tokens, y).task(rows, scratches);
        }
        if (tokens < FewVectorsFormat.MANY
                && w.columns() % STRANDS == 0
                && format(w) instanceof FewVectorsFormat format) {
            return format.multiplication(w, x, tokens, y, rows, scratches);
        }
        return (worker, part) -> {
            int to = Math.min((part + 1) * rows, w.rows());
            multiplyRows(w, part * rows, to, x, tokens, y, scratches[worker]);
        };
    }

    private void multiplyRows(Matrix w, int from, int to, float[] x, int tokens, float[] y, Scratch scratch) {
        int tileRows = tokens == 1 ? Scratch.BLOCK : scratch.tileRows; // read once, so no more than needed
        for (int r = from; r < to; r += tileRows) {
            int rows = Math.min(tileRows, to - r);
            for (int i = 0; i < rows; i++) {
                row(w, r + i, scratch.tile, i * scratch.stride);
            }
            multiplyTile(w, r, rows, x, tokens, y, scratch);
        }
    }

    /// @param r row of `w` that is the tile's first
    /// @param rows rows of the tile that are filled; others hold rows of before, whose results are dropped
    private static void multiplyTile(Matrix w, int r, int rows, float[] x, int tokens, float[] y, Scratch scratch) {
        int n = w.columns();
        int stride = scratch.stride;
        float[] strands = scratch.strands;
        int whole = n / STRANDS * STRANDS;
        for (int t = 0, wide; t < tokens; t += wide) {
            wide = Math.min(Blocks.WIDEST, Integer.highestOneBit(tokens - t));
            for (int i = 0; i < rows; i += Scratch.BLOCK) {
                switch (wide) {
                    case 4 -> Blocks.times4(scratch.tile, i * stride, stride, x, t * n, n, whole, strands);
                    case 2 -> Blocks.times2(scratch.tile, i * stride, stride, x, t * n, n, whole, strands);
                    default -> Blocks.times1(scratch.tile, i * stride, stride, x, t * n, whole, strands);
                }
                finish(w, r, Math.min(Scratch.BLOCK, rows - i), i, x, t, wide, y, scratch);
            }
        }
    }

    /// Adds the strands of a block, after the products that don't fill a vector.
    private static void finish(
            Matrix w, int r, int rows, int tileRow, float[] x, int t, int wide, float[] y, Scratch scratch) {
        int n = w.columns();
        float[] strands = scratch.strands;
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < wide; j++) {
                int at = (i * Scratch.BLOCK + j) * STRANDS;
                for (int k = n / STRANDS * STRANDS; k < n; k++) {
                    int strand = at + k % STRANDS;
                    float weight = scratch.tile[(tileRow + i) * scratch.stride + k];
                    strands[strand] = multiplyAdd(weight, x[(t + j) * n + k], strands[strand]);
                }
                y[(t + j) * w.rows() + r + tileRow + i] = Lanes.sum(strands, at);
            }
        }
    }

    @Override
    float sum(float[] x, int at, int n, float[] strands) {
        int whole = n / STRANDS * STRANDS;
        for (int h = 0; h < STRANDS; h += Lanes.COUNT) {
            var sum = FloatVector.zero(FLOATS);
            for (int k = h; k < whole; k += STRANDS) {
                sum = sum.add(FloatVector.fromArray(FLOATS, x, at + k));
            }
            sum.intoArray(strands, h);
        }
        for (int k = whole; k < n; k++) {
            strands[k % STRANDS] += x[at + k];
        }
        return sum(strands, 0);
    }

    @Override
    float sumOfSquares(float[] x, int at, int n, float[] strands) {
        int whole = n / STRANDS * STRANDS;
        for (int h = 0; h < STRANDS; h += Lanes.COUNT) {
            var sum = FloatVector.zero(FLOATS);
            for (int k = h; k < whole; k += STRANDS) {
                var v = FloatVector.fromArray(FLOATS, x, at + k);
                sum = v.fma(v, sum);
            }
            sum.intoArray(strands, h);
        }
        for (int k = whole; k < n; k++) {
            strands[k % STRANDS] = multiplyAdd(x[at + k], x[at + k], strands[k % STRANDS]);
        }
        return sum(strands, 0);
    }

    @Override
    public void activate(Activation activation, float[] x, int from, int to) {
        int i = from;
        for (; i <= to - Lanes.COUNT; i += Lanes.COUNT) {
            var g = FloatVector.fromArray(FLOATS, x, i).min(activation.limit);
            var square = g.mul(g).min(Float.MAX_VALUE);
            var argument = square.fma(activation.cubic, activation.linear).mul(g);
            argument = argument.max(Exp.LEAST).min(Exp.MOST);
            // as in exp:
            var shifted = argument.fma(Exp.LOG2_E, Exp.ROUNDER);
            var n = shifted.sub(Exp.ROUNDER);
            var r = n.fma(LN2_LOW, n.fma(LN2_HIGH, argument));
            var e = P5.fma(r, P4).fma(r, P3).fma(r, P2).fma(r, P1).fma(r, P0);
            e = e.fma(r.mul(r), r)
                    .add(1)
                    .mul(shifted.reinterpretAsInts()
                            .lanewise(VectorOperators.LSHL, 23)
                            .add(0x3f800000)
                            .reinterpretAsFloats());
            g.div(e.add(1)).intoArray(x, i);
        }
        super.activate(activation, x, i, to);
    }

    @Override
    public void softCap(float cap, float[] x, int from, int to) {
        int end = from + FLOATS.loopBound(to - from);
        exp(x, from, end, 0, 2 / cap);
        var one = FloatVector.broadcast(FLOATS, 1);
        for (int i = from; i < end; i += Lanes.COUNT) {
            var e = FloatVector.fromArray(FLOATS, x, i).add(1);
            one.sub(FloatVector.broadcast(FLOATS, 2).div(e)).mul(cap).intoArray(x, i);
        }
        super.softCap(cap, x, end, to);
    }

    /// `x = e^((x - less) * scale)` as [Exp#of] gives it. It takes vectors from an array and not one by one, since C2
    /// inlines a method of ours that gives a vector only where it has seen it called often.
    ///
    /// @param end whole vectors from `from`
    private static void exp(float[] x, int from, int end, float less, float scale) {
        for (int i = from; i < end; i += Lanes.COUNT) {
            var argument = FloatVector.fromArray(FLOATS, x, i).sub(less).mul(scale);
            argument = argument.max(Exp.LEAST).min(Exp.MOST);
            var shifted = argument.fma(Exp.LOG2_E, Exp.ROUNDER);
            var n = shifted.sub(Exp.ROUNDER);
            var r = n.fma(LN2_LOW, n.fma(LN2_HIGH, argument));
            var e = P5.fma(r, P4).fma(r, P3).fma(r, P2).fma(r, P1).fma(r, P0);
            e = e.fma(r.mul(r), r)
                    .add(1)
                    .mul(shifted.reinterpretAsInts()
                            .lanewise(VectorOperators.LSHL, 23)
                            .add(0x3f800000)
                            .reinterpretAsFloats());
            e.intoArray(x, i);
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
        int size = layout.keySize();
        int i = 0;
        for (; i <= queries - 4; i += 4) {
            AttentionVectors.scores4(q, qAt + i * size, size, page, keys, scale, scores, at + i * stride, stride);
        }
        for (; i < queries; i++) {
            AttentionVectors.scores1(q, qAt + i * size, size, page, keys, scale, scores, at + i * stride);
        }
    }

    @Override
    public void bytes(MemorySegment from, long offset, long scales, MemorySegment to, long at, int n) {
        for (int i = 0; i < n; i += Lanes.COUNT) {
            long element = (long) Float.BYTES * i;
            var number = Lanes.bytesAsFloats(from, offset + i)
                    .mul(FloatVector.fromMemorySegment(FLOATS, from, scales + element, ByteOrder.LITTLE_ENDIAN));
            number.intoMemorySegment(to, at + element, ByteOrder.LITTLE_ENDIAN);
        }
    }

    @Override
    public void bytes(MemorySegment from, long offset, float scale, MemorySegment to, long at, int n) {
        for (int i = 0; i < n; i += Lanes.COUNT) {
            var number = Lanes.bytesAsFloats(from, offset + i).mul(scale);
            number.intoMemorySegment(to, at + (long) Float.BYTES * i, ByteOrder.LITTLE_ENDIAN);
        }
    }

    /// What is no number becomes infinite.
    @Override
    public void halves(MemorySegment from, long offset, MemorySegment to, int n) {
        for (int i = 0; i < n; i += Lanes.COUNT) {
            long at = (long) Float.BYTES * i;
            half(from, offset + (long) Short.BYTES * i).intoMemorySegment(to, at, ByteOrder.LITTLE_ENDIAN);
        }
    }

    /// [VectorF16#weights] are of finite numbers; what is beyond those leaves a float's range here, and stays out.
    private static FloatVector half(MemorySegment from, long offset) {
        return VectorF16.weights(from, offset).mul(0x1p112f).mul(0x1p-112f);
    }

    @Override
    public float most(float[] x, int at, int n) {
        int whole = FLOATS.loopBound(n);
        var lanes = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            lanes = lanes.max(FloatVector.fromArray(FLOATS, x, at + i));
        }
        return Math.max(lanes.reduceLanes(VectorOperators.MAX), super.most(x, at + whole, n - whole));
    }

    @Override
    public float exponentials(float[] scores, int at, int n, float most, Scratch scratch) {
        int whole = n / STRANDS * STRANDS;
        float[] strands = scratch.strands;
        exp(scores, at, at + whole, most, 1);
        for (int h = 0; h < STRANDS; h += Lanes.COUNT) {
            var sum = FloatVector.zero(FLOATS);
            for (int i = h; i < whole; i += STRANDS) {
                sum = sum.add(FloatVector.fromArray(FLOATS, scores, at + i));
            }
            sum.intoArray(strands, h);
        }
        for (int i = whole; i < n; i++) {
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
        int i = 0;
        for (; i <= queries - 4; i += 4) {
            AttentionVectors.weigh4(
                    weights, at + i * stride, stride, positions, page, values, size, out, outAt + i * size);
        }
        for (; i < queries; i++) {
            AttentionVectors.weigh1(weights, at + i * stride, positions, page, values, size, out, outAt + i * size, 0);
        }
    }
}
