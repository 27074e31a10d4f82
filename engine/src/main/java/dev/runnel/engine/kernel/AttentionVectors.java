package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.floats;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// The micro-kernels of attention: 4 queries or 1 against a page. A vector of keys or values is read once for
/// all of them.
final class AttentionVectors {

    /// Bytes from one element of the keys to the next.
    private static final long KEY_STRIDE = (long) Float.BYTES * PageLayout.POSITIONS;

    private AttentionVectors() {}

    /// See [Kernels#scores]; lanes are positions. Query `i` starts at `qAt + i * keySize`.
    static void scores4(
            float[] q,
            int qAt,
            int keySize,
            MemorySegment page,
            long head,
            float scale,
            float[] scores,
            int at,
            int stride) {
        for (int p = 0; p < PageLayout.POSITIONS; p += Lanes.COUNT) {
            var sum0 = FloatVector.zero(Lanes.FLOATS);
            var sum1 = sum0;
            var sum2 = sum0;
            var sum3 = sum0;
            long offset = head + (long) Float.BYTES * p;
            for (int d = 0; d < keySize; d++) {
                var keys = floats(page, offset + KEY_STRIDE * d);
                int i = qAt + d;
                sum0 = keys.fma(FloatVector.broadcast(Lanes.FLOATS, q[i]), sum0);
                sum1 = keys.fma(FloatVector.broadcast(Lanes.FLOATS, q[i + keySize]), sum1);
                sum2 = keys.fma(FloatVector.broadcast(Lanes.FLOATS, q[i + 2 * keySize]), sum2);
                sum3 = keys.fma(FloatVector.broadcast(Lanes.FLOATS, q[i + 3 * keySize]), sum3);
            }
            sum0.mul(scale).intoArray(scores, at + p);
            sum1.mul(scale).intoArray(scores, at + p + stride);
            sum2.mul(scale).intoArray(scores, at + p + 2 * stride);
            sum3.mul(scale).intoArray(scores, at + p + 3 * stride);
        }
    }

    static void scores1(
            float[] q, int qAt, int keySize, MemorySegment page, long head, float scale, float[] scores, int at) {
        for (int p = 0; p < PageLayout.POSITIONS; p += Lanes.COUNT) {
            var sum = FloatVector.zero(Lanes.FLOATS);
            long offset = head + (long) Float.BYTES * p;
            for (int d = 0; d < keySize; d++) {
                var keys = floats(page, offset + KEY_STRIDE * d);
                sum = keys.fma(FloatVector.broadcast(Lanes.FLOATS, q[qAt + d]), sum);
            }
            sum.mul(scale).intoArray(scores, at + p);
        }
    }

    /// See [Kernels#weigh]; lanes are elements.
    ///
    /// @param values bytes from the start of `page` to the values
    /// @param size elements of a value, whole vectors
    static void weigh4(
            float[] weights,
            int at,
            int stride,
            int positions,
            MemorySegment page,
            long values,
            int size,
            float[] out,
            int outAt) {
        for (int d = 0; d < size; d += Lanes.COUNT) {
            int o = outAt + d;
            var sum0 = floats(out, o);
            var sum1 = floats(out, o + size);
            var sum2 = floats(out, o + 2 * size);
            var sum3 = floats(out, o + 3 * size);
            long offset = values + (long) Float.BYTES * d;
            for (int p = 0; p < positions; p++) {
                var value = floats(page, offset + (long) Float.BYTES * p * size);
                int i = at + p;
                sum0 = value.fma(FloatVector.broadcast(Lanes.FLOATS, weights[i]), sum0);
                sum1 = value.fma(FloatVector.broadcast(Lanes.FLOATS, weights[i + stride]), sum1);
                sum2 = value.fma(FloatVector.broadcast(Lanes.FLOATS, weights[i + 2 * stride]), sum2);
                sum3 = value.fma(FloatVector.broadcast(Lanes.FLOATS, weights[i + 3 * stride]), sum3);
            }
            sum0.intoArray(out, o);
            sum1.intoArray(out, o + size);
            sum2.intoArray(out, o + 2 * size);
            sum3.intoArray(out, o + 3 * size);
        }
    }

    static void weigh1(
            float[] weights, int at, int positions, MemorySegment page, long values, int size, float[] out, int outAt) {
        for (int d = 0; d < size; d += Lanes.COUNT) {
            var sum = floats(out, outAt + d);
            long offset = values + (long) Float.BYTES * d;
            for (int p = 0; p < positions; p++) {
                var value = floats(page, offset + (long) Float.BYTES * p * size);
                sum = value.fma(FloatVector.broadcast(Lanes.FLOATS, weights[at + p]), sum);
            }
            sum.intoArray(out, outAt + d);
        }
    }
}
