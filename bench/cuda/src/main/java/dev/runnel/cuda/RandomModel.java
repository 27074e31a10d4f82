package dev.runnel.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.runnel.cuda.Cuda.Kernel;
import dev.runnel.cuda.Cuda.Memory;
import dev.runnel.engine.CacheType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/// Weights of a real model's shape, made on the card in a moment: random, but always the same, and such that numbers
/// stay about as large from layer to layer.
///
/// @param matrices on the card
@SuppressWarnings("ArrayRecordComponent") // never compared
record RandomModel(Shape shape, Layout layout, Memory matrices, float[] norms, double[] frequencies) {

    private static final double ROPE_BASE = 500_000;

    static RandomModel of(Cuda cuda, Shape shape) {
        Layout layout = Layout.of(shape);
        Memory matrices = cuda.allocate(layout.bytes());
        Kernel fill = cuda.load(Programs.ptx("memory"), "fill", 0);
        for (int i = 0; i < layout.matrices().size(); i++) {
            fill(cuda, fill, matrices, layout.matrices().get(i), i);
        }
        Random random = new Random(42);
        float[] norms = new float[(2 * shape.layers() + 1) * shape.width()];
        for (int i = 0; i < norms.length; i++) {
            norms[i] = random.nextFloat(0.5f, 1.5f);
        }
        return new RandomModel(shape, layout, matrices, norms, Model.frequencies(shape.headSize(), ROPE_BASE));
    }

    private static void fill(Cuda cuda, Kernel fill, Memory matrices, Layout.Matrix matrix, int seed) {
        try (Arena arena = Arena.ofConfined()) {
            cuda.launch(
                    fill,
                    4 * cuda.device().multiprocessors(),
                    512,
                    arena.allocateFrom(JAVA_LONG, matrices.address() + matrix.offset()),
                    arena.allocateFrom(JAVA_LONG, matrix.halves()),
                    arena.allocateFrom(JAVA_INT, seed),
                    arena.allocateFrom(JAVA_FLOAT, (float) Math.sqrt(3.0 / matrix.columns())));
        }
    }

    /// The same model in this machine's memory.
    Model read(Cuda cuda, Arena arena) {
        MemorySegment copy = arena.allocate(layout.bytes(), 256);
        cuda.read(matrices, 0, copy);
        return new Model(shape, layout, copy, norms, frequencies);
    }

    Decoder decoder(Cuda cuda, Arena arena, CacheType cacheType, int context, int inFlight) {
        return new Decoder(cuda, arena, shape, matrices, norms, frequencies, cacheType, context, inFlight);
    }
}
