package dev.runnel.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.runnel.cuda.Cuda.Kernel;
import dev.runnel.cuda.Cuda.Memory;
import dev.runnel.cuda.Structs.Fields;
import dev.runnel.engine.CacheType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/// A model in the card's memory, and one text that it reads and goes on with, greedily. One thread uses it; its memory
/// is the [Cuda]'s. What it does there is told in `decode.cu`.
///
/// Nothing here waits for the card but what reads from it.
final class Decoder {

    // As in decode.cu.
    static final int WARPS = 8;
    static final int LANES = 32;
    static final int SLOT_TILES = 4;
    static final int SLOT_BYTES = SLOT_TILES * 2 * Layout.TILE_ROWS * Layout.TILE_COLUMNS;
    static final int MOST_SLOTS = 48 / SLOT_TILES;

    static final int UNITS_AT_ONCE = 2;

    /// Slots that a block has asked for and not got. With fewer, memory is not always busy; with more, all else that is
    /// asked of it takes longer.
    static final int IN_FLIGHT = 2;

    /// Shared memory that the kernel declares itself, generously.
    private static final int OWN_SHARED_BYTES = 3072;

    /// The kernel's copy engine came with Hopper.
    private static final int LEAST_CAPABILITY = 90;

    private final Cuda cuda;
    private final Shape shape;
    private final CacheType cacheType;
    private final int context;
    private final int blocks;
    private final int slots;
    private final int sharedBytes;
    private final Kernel kernel;
    private final MemorySegment model; // Structs.MODEL
    private final MemorySegment run; // Structs.RUN
    private final Memory keys;
    private final Memory values;
    private final Memory logits;
    private final Memory tokens;
    private final Memory trace;

    private int given;
    private int arrived;

    /// @param arena of what is passed to the kernel
    /// @param matrices halves, as [Layout] says
    /// @param norms as in [Model]
    /// @param frequencies as in [Model]
    /// @param cacheType how keys and values are kept: F32 or F16
    /// @param context most tokens of the text
    /// @param inFlight slots that a block asks for at once
    Decoder(
            Cuda cuda,
            Arena arena,
            Shape shape,
            Memory matrices,
            float[] norms,
            double[] frequencies,
            CacheType cacheType,
            int context,
            int inFlight) {
        this.cuda = cuda;
        this.shape = shape;
        this.cacheType = cacheType;
        this.context = context;
        Cuda.Device device = cuda.device();
        if (device.capability() < LEAST_CAPABILITY) {
            throw new CudaException("%s has compute capability %.1f; the kernel needs %.1f"
                    .formatted(device.name(), device.capability() / 10.0, LEAST_CAPABILITY / 10.0));
        }
        blocks = device.multiprocessors();
        if (blocks < shape.kvHeads()) {
            throw new CudaException("%d heads of keys, and the kernel gives each at least one of %d multiprocessors"
                    .formatted(shape.kvHeads(), blocks));
        }
        int splits = blocks / shape.kvHeads();
        int activations = activations(shape, splits);
        int ringBytes = device.blockBytes() - OWN_SHARED_BYTES - activations * Float.BYTES;
        slots = Math.min(MOST_SLOTS, ringBytes / SLOT_BYTES);
        // A warp holds a slot of each unit that it multiplies at once, and waits for the one farthest ahead.
        int held = (UNITS_AT_ONCE - 1) * slotsOfUnit(shape);
        if (slots <= held) {
            throw new CudaException(
                    "the ring of a block has room for %d slots, beside %,d activations in %,d bytes; rows this long need %d"
                            .formatted(slots, activations, device.blockBytes(), held + 1));
        }
        sharedBytes = activations * Float.BYTES + slots * SLOT_BYTES;
        kernel = cuda.load(
                Programs.ptx("decode-%s-%dx%d"
                        .formatted(cacheType.name().toLowerCase(Locale.ROOT), shape.headSize(), shape.group())),
                "decode",
                sharedBytes);

        Layout layout = Layout.of(shape);
        long cached = (long) shape.layers() * shape.kvHeads() * context * shape.headSize() * cachedBytes();
        keys = cuda.allocate(cached);
        values = cuda.allocate(cached);
        logits = floats(shape.vocabulary());
        tokens = cuda.allocate((context + 1L) * Integer.BYTES);
        trace = cuda.allocate(2L * barriers() * Long.BYTES);
        Memory arrivals = cuda.allocate(Integer.BYTES);
        cuda.clear(arrivals);
        model = arena.allocate(Structs.MODEL);
        run = arena.allocate(Structs.RUN);
        describe(layout, matrices.address(), new Fields(Structs.MODEL, model));
        new Fields(Structs.MODEL, model)
                .set("norms", cuda.copyOf(arena.allocateFrom(JAVA_FLOAT, norms)))
                .set("rope", cuda.copyOf(rope(arena, frequencies, context)))
                .set("keys", keys)
                .set("values", values)
                .set("x", floats(shape.width()))
                .set("qkv", floats(shape.qkv()))
                .set("partial", floats((long) shape.queries() * splits))
                .set("partialSums", floats(2L * shape.heads() * splits))
                .set("hidden", floats(shape.feedForward()))
                .set("logits", logits)
                .set("best", cuda.allocate(blocks * Structs.BEST.byteSize()))
                .set("tokens", tokens)
                .set("arrivals", arrivals)
                .set("layers", shape.layers())
                .set("width", shape.width())
                .set("heads", shape.heads())
                .set("kvHeads", shape.kvHeads())
                .set("feedForward", shape.feedForward())
                .set("context", context)
                .set("splits", splits)
                .set("slots", slots)
                .set("inFlight", Math.min(inFlight, slots))
                .set("activations", activations)
                .set("epsilon", shape.epsilon());
    }

    /// Slots of the ring that the widest rows take.
    private static int slotsOfUnit(Shape shape) {
        int widest = Math.max(Math.max(shape.width(), shape.queries()), shape.feedForward());
        int tiles = (widest + Layout.TILE_COLUMNS - 1) / Layout.TILE_COLUMNS;
        return (tiles + SLOT_TILES - 1) / SLOT_TILES;
    }

    /// Floats of shared memory for what is multiplied, as wide as tiles are, and for what attention puts there.
    static int activations(Shape shape, int splits) {
        int longest = Math.max(shape.width(), shape.feedForward());
        int attention = WARPS * shape.group() * (shape.headSize() + 2);
        int combined = shape.queries() + shape.heads() * splits;
        int most = Math.max(longest, Math.max(attention, combined));
        return (most + Layout.TILE_COLUMNS - 1) / Layout.TILE_COLUMNS * Layout.TILE_COLUMNS;
    }

    /// Says where the matrices are.
    static void describe(Layout layout, long address, Fields model) {
        for (int i = 0; i < Structs.MATRICES; i++) {
            Layout.Matrix matrix = i < Layout.OF_LAYER
                    ? layout.matrix(0, i)
                    : i == Layout.OF_LAYER ? layout.output() : layout.embedding();
            model.at("matrices", i, Structs.MATRIX)
                    .set("data", address + matrix.offset())
                    .set("rows", matrix.rows())
                    .set("units", matrix.units())
                    .set("tiles", matrix.tiles())
                    .set("columns", matrix.tileColumns());
        }
        model.set("layerHalves", layout.layerBytes() / 2);
    }

    private static MemorySegment rope(Arena arena, double[] frequencies, int context) {
        MemorySegment rope = arena.allocate(JAVA_FLOAT, 2L * context * frequencies.length);
        long at = 0;
        for (int position = 0; position < context; position++) {
            for (double frequency : frequencies) {
                rope.setAtIndex(JAVA_FLOAT, at++, (float) Math.cos(position * frequency));
                rope.setAtIndex(JAVA_FLOAT, at++, (float) Math.sin(position * frequency));
            }
        }
        return rope;
    }

    private Memory floats(long count) {
        return cuda.allocate(count * Float.BYTES);
    }

    private int cachedBytes() {
        return switch (cacheType) {
            case F32 -> Float.BYTES;
            case F16 -> Short.BYTES;
            case Q8 -> throw new CudaException("the kernel keeps keys and values as F32 or F16");
        };
    }

    /// How often the grid waits for a token.
    int barriers() {
        return 5 * shape.layers() + 1;
    }

    int slots() {
        return slots;
    }

    /// Says which tokens come from `position` on. Those behind them will be chosen.
    void give(int position, int... given) {
        try (Arena arena = Arena.ofConfined()) {
            cuda.write(tokens, (long) position * Integer.BYTES, arena.allocateFrom(JAVA_INT, given));
        }
        this.given = position + given.length;
    }

    /// Starts to read the token at `position`, given or chosen, and those after it, each chosen where none is given.
    void decode(int position, int steps) {
        if (position < 0 || steps < 1 || position + steps > context) {
            throw new IndexOutOfBoundsException(
                    "positions %d to %d of a context of %d".formatted(position, position + steps, context));
        }
        new Fields(Structs.RUN, run)
                .set("position", position)
                .set("steps", steps)
                .set("given", given)
                .set("arrived", arrived);
        cuda.launchResident(kernel, blocks, (WARPS + 1) * LANES, sharedBytes, model, run);
        arrived += blocks * barriers() * steps;
    }

    /// The logits after the last token.
    float[] logits() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment all = arena.allocate(JAVA_FLOAT, shape.vocabulary());
            cuda.read(logits, 0, all);
            return all.toArray(JAVA_FLOAT);
        }
    }

    int[] tokens(int position, int count) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment some = arena.allocate(JAVA_INT, count);
            cuda.read(tokens, (long) position * Integer.BYTES, some);
            return some.toArray(JAVA_INT);
        }
    }

    /// Reads a token, noting when the first block came to each barrier and when it went on.
    ///
    /// @return `(barriers, 2)` in cycles of a multiprocessor
    long[] trace(int position) {
        new Fields(Structs.MODEL, model).set("trace", trace);
        decode(position, 1);
        new Fields(Structs.MODEL, model).set("trace", 0L);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment cycles = arena.allocate(JAVA_LONG, 2L * barriers());
            cuda.read(trace, 0, cycles);
            return cycles.toArray(JAVA_LONG);
        }
    }

    /// Hears what is cached for the positions before `positions`.
    interface CacheListener {
        void cached(int layer, int kvHead, int position, float[] key, float[] value);
    }

    void cached(int positions, CacheListener listener) {
        long bytes = (long) positions * shape.headSize() * cachedBytes();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment someKeys = arena.allocate(bytes);
            MemorySegment someValues = arena.allocate(bytes);
            for (int layer = 0; layer < shape.layers(); layer++) {
                for (int head = 0; head < shape.kvHeads(); head++) {
                    long offset = ((long) layer * shape.kvHeads() + head) * context * shape.headSize() * cachedBytes();
                    cuda.read(keys, offset, someKeys);
                    cuda.read(values, offset, someValues);
                    for (int position = 0; position < positions; position++) {
                        listener.cached(
                                layer, head, position, vector(someKeys, position), vector(someValues, position));
                    }
                }
            }
        }
    }

    private float[] vector(MemorySegment from, int position) {
        float[] vector = new float[shape.headSize()];
        for (int i = 0; i < vector.length; i++) {
            long at = (long) position * vector.length + i;
            vector[i] = cacheType == CacheType.F32
                    ? from.getAtIndex(JAVA_FLOAT, at)
                    : Float.float16ToFloat(from.getAtIndex(JAVA_SHORT, at));
        }
        return vector;
    }
}
