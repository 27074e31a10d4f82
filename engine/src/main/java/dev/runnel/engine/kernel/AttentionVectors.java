package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.FLOATS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// The micro-kernels of attention: 4 queries or 1 against a page. A vector of keys or values is read once for
/// all of them.
final class AttentionVectors {

    /// Bytes from one element of the keys to the next.
    private static final long KEY_STRIDE = (long) Float.BYTES * PageLayout.POSITIONS;

    private AttentionVectors() {}

    /// See [Kernels#scores]; lanes are positions. Query `i` starts at `qAt + i * keySize`. Two vectors of positions go
    /// together: each element of a query is spread over a vector once for both.
    static void scores4(
            float[] q,
            int qAt,
            int keySize,
            MemorySegment page,
            long keys,
            float scale,
            float[] scores,
            int at,
            int stride) {
        for (int p = 0; p < PageLayout.POSITIONS; p += 2 * Lanes.COUNT) {
            var near0 = FloatVector.zero(FLOATS);
            var near1 = near0;
            var near2 = near0;
            var near3 = near0;
            var far0 = near0;
            var far1 = near0;
            var far2 = near0;
            var far3 = near0;
            long offset = keys + (long) Float.BYTES * p;
            for (int d = 0; d < keySize; d++) {
                var near = FloatVector.fromMemorySegment(FLOATS, page, offset + KEY_STRIDE * d, LITTLE_ENDIAN);
                var far = FloatVector.fromMemorySegment(
                        FLOATS, page, offset + KEY_STRIDE * d + Lanes.VECTOR_BYTES, LITTLE_ENDIAN);
                int i = qAt + d;
                var element = FloatVector.broadcast(FLOATS, q[i]);
                near0 = near.fma(element, near0);
                far0 = far.fma(element, far0);
                element = FloatVector.broadcast(FLOATS, q[i + keySize]);
                near1 = near.fma(element, near1);
                far1 = far.fma(element, far1);
                element = FloatVector.broadcast(FLOATS, q[i + 2 * keySize]);
                near2 = near.fma(element, near2);
                far2 = far.fma(element, far2);
                element = FloatVector.broadcast(FLOATS, q[i + 3 * keySize]);
                near3 = near.fma(element, near3);
                far3 = far.fma(element, far3);
            }
            int to = at + p;
            near0.mul(scale).intoArray(scores, to);
            near1.mul(scale).intoArray(scores, to + stride);
            near2.mul(scale).intoArray(scores, to + 2 * stride);
            near3.mul(scale).intoArray(scores, to + 3 * stride);
            to += Lanes.COUNT;
            far0.mul(scale).intoArray(scores, to);
            far1.mul(scale).intoArray(scores, to + stride);
            far2.mul(scale).intoArray(scores, to + 2 * stride);
            far3.mul(scale).intoArray(scores, to + 3 * stride);
        }
    }

    static void scores1(
            float[] q, int qAt, int keySize, MemorySegment page, long keys, float scale, float[] scores, int at) {
        for (int p = 0; p < PageLayout.POSITIONS; p += Lanes.COUNT) {
            var sum = FloatVector.zero(FLOATS);
            long offset = keys + (long) Float.BYTES * p;
            for (int d = 0; d < keySize; d++) {
                var key = FloatVector.fromMemorySegment(FLOATS, page, offset + KEY_STRIDE * d, LITTLE_ENDIAN);
                sum = key.fma(FloatVector.broadcast(FLOATS, q[qAt + d]), sum);
            }
            sum.mul(scale).intoArray(scores, at + p);
        }
    }

    /// See [Kernels#weigh]; lanes are elements. Two vectors of them at a time, as in [#scores4].
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
        int d = 0;
        for (; d + 2 * Lanes.COUNT <= size; d += 2 * Lanes.COUNT) {
            int near = outAt + d;
            int far = near + Lanes.COUNT;
            var near0 = FloatVector.fromArray(FLOATS, out, near);
            var near1 = FloatVector.fromArray(FLOATS, out, near + size);
            var near2 = FloatVector.fromArray(FLOATS, out, near + 2 * size);
            var near3 = FloatVector.fromArray(FLOATS, out, near + 3 * size);
            var far0 = FloatVector.fromArray(FLOATS, out, far);
            var far1 = FloatVector.fromArray(FLOATS, out, far + size);
            var far2 = FloatVector.fromArray(FLOATS, out, far + 2 * size);
            var far3 = FloatVector.fromArray(FLOATS, out, far + 3 * size);
            long offset = values + (long) Float.BYTES * d;
            for (int p = 0; p < positions; p++) {
                long place = offset + (long) Float.BYTES * p * size;
                var nearValue = FloatVector.fromMemorySegment(FLOATS, page, place, LITTLE_ENDIAN);
                var farValue = FloatVector.fromMemorySegment(FLOATS, page, place + Lanes.VECTOR_BYTES, LITTLE_ENDIAN);
                int i = at + p;
                var weight = FloatVector.broadcast(FLOATS, weights[i]);
                near0 = nearValue.fma(weight, near0);
                far0 = farValue.fma(weight, far0);
                weight = FloatVector.broadcast(FLOATS, weights[i + stride]);
                near1 = nearValue.fma(weight, near1);
                far1 = farValue.fma(weight, far1);
                weight = FloatVector.broadcast(FLOATS, weights[i + 2 * stride]);
                near2 = nearValue.fma(weight, near2);
                far2 = farValue.fma(weight, far2);
                weight = FloatVector.broadcast(FLOATS, weights[i + 3 * stride]);
                near3 = nearValue.fma(weight, near3);
                far3 = farValue.fma(weight, far3);
            }
            near0.intoArray(out, near);
            near1.intoArray(out, near + size);
            near2.intoArray(out, near + 2 * size);
            near3.intoArray(out, near + 3 * size);
            far0.intoArray(out, far);
            far1.intoArray(out, far + size);
            far2.intoArray(out, far + 2 * size);
            far3.intoArray(out, far + 3 * size);
        }
        for (int i = 0; i < 4 && d < size; i++) {
            weigh1(weights, at + i * stride, positions, page, values, size, out, outAt + i * size, d);
        }
    }

    /// @param from the first element; those before are left as they are
    static void weigh1(
            float[] weights,
            int at,
            int positions,
            MemorySegment page,
            long values,
            int size,
            float[] out,
            int outAt,
            int from) {
        for (int d = from; d < size; d += Lanes.COUNT) {
            var sum = FloatVector.fromArray(FLOATS, out, outAt + d);
            long offset = values + (long) Float.BYTES * d;
            for (int p = 0; p < positions; p++) {
                var value = FloatVector.fromMemorySegment(
                        FLOATS, page, offset + (long) Float.BYTES * p * size, LITTLE_ENDIAN);
                sum = value.fma(FloatVector.broadcast(FLOATS, weights[at + p]), sum);
            }
            sum.intoArray(out, outAt + d);
        }
    }
}
