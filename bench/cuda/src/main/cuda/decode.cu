// Decoding with a Llama-shaped model on one card: one kernel reads tokens, computes the next and goes on.
//
// One token of a model of 1B in F16 needs 2.5 GB of weights and little else, so all that matters is that the memory
// never rests. Which weights are needed next depends on no result. So every block reads its share of all matrices
// through a ring in its shared memory, which one warp has the copy engine fill (cp.async.bulk), and the ring runs ahead
// of the arithmetic: across matrices, layers and tokens, and across the waits between them. While the grid waits for a
// result, the rings fill.
//
//     ... | tile | tile | tile | tile | tile | tile | ...     one after another, over all matrices
//            ^ multiplied            ^ being copied
//
// A tile is 8 rows of 256 columns, 4 KB that lie together. A block computes 8 rows at once, each of its warps a part of
// the columns: so a lane reads its 8 activations once for 8 rows, and the 8 sums of a warp are added up together.
//
// One block on each multiprocessor, all resident at once (a cooperative launch). A layer is five stages, each ended by
// a barrier of the grid:
//
//     queries, keys, values   qkv     = Wqkv norm(x)
//     attention               partial = softmax(q k / sqrt(HEAD)) v      over a part of the positions
//     output                  x      += Wo (partials, combined)
//     gate and up             hidden  = silu(Wg norm(x)) * (Wu norm(x))
//     down                    x      += Wd hidden
//
// and one more after the last layer: logits = Wout norm(x), and their greatest.
//
// Every sum is added in an order that depends on the shape, the position and the number of multiprocessors alone. Sums
// are float; weights F16; cached keys and values are what the kernel is made for.
//
// Built into PTX by bench/cuda/build-ptx. The Java side: Decoder, and Structs for the structs.

#include "instructions.cuh"

#include <cuda_fp16.h>
#include <stdint.h>

constexpr int LANES = 32;
constexpr int WARPS = 8;
constexpr int THREADS = WARPS * LANES;  // that compute; one more warp has the weights copied

// A tile is so many rows and, of a matrix that has as many, so many columns: 8 halves for each lane.
constexpr int TILE_ROWS = 8;
constexpr int TILE_COLUMNS = LANES * 8;

// A slot of the ring holds what is copied at once: up to so many tiles of a unit. To have something copied takes a
// thread longer than memory takes for one tile.
constexpr int SLOT_TILES = 4;
constexpr int SLOT_BYTES = SLOT_TILES * TILE_ROWS * TILE_COLUMNS * 2;
constexpr int MOST_SLOTS = 48 / SLOT_TILES;

// Units that a block multiplies before it adds up what its warps have.
constexpr int BATCH = 8;
constexpr int BATCH_ROWS = BATCH * TILE_ROWS;

// Units that a warp multiplies at once, so that it has something to do while it waits for something. BATCH is a multiple.
constexpr int AT_ONCE = 2;

// A wait that lasts so many polls is a fault of ours; a trap ends it where silence would hang the card.
constexpr int MOST_POLLS = 1 << 22;

// A matrix as its rows are shared out. A unit is what one block computes at once, 8 rows: its tiles lie one after
// another, and row by row within each. Rows that are missing in the last unit are there, and mean nothing.
struct Matrix {
    const __half* data;  // of layers' matrices, that of the first layer
    int rows;
    int units;
    int tiles;    // of a unit
    int columns;  // of a tile, a multiple of 8

    __device__ size_t tile(int unit, int tile) const {
        return (static_cast<size_t>(unit) * tiles + tile) * (TILE_ROWS * columns);
    }

    // Slots that a unit takes.
    __device__ int slots() const { return (tiles + SLOT_TILES - 1) / SLOT_TILES; }

    // Eight numbers of a row, from column i on, a multiple of 8.
    __device__ const __half* at(int row, int i) const {
        return data + tile(row / TILE_ROWS, i / TILE_COLUMNS) + row % TILE_ROWS * columns + i % TILE_COLUMNS;
    }
};

struct Best {
    float logit;
    int token;
};

struct Model {
    Matrix matrices[6];        // a layer's four, the output, the embedding
    long long layerHalves;     // from a layer's matrices to the next one's
    const float* norms;        // (layers, 2, width), then (width)
    const float2* rope;        // (context, HEAD / 2): cosine, sine
    void* keys;                // (layers, kvHeads, context, HEAD)
    void* values;              // the same
    float* x;                  // (width): what the layers add to
    float* qkv;                // ((heads + 2 kvHeads) * HEAD)
    float* partial;            // (heads, splits, HEAD): attention over a part, not divided by its sum
    float2* partialSums;       // (heads, splits): greatest score, sum of exp(score - greatest)
    float* hidden;             // (feedForward)
    float* logits;             // (vocabulary), of the last token
    Best* best;                // (blocks)
    int* tokens;               // (context + 1): given ones, and behind them those that were chosen
    unsigned* arrivals;        // how many blocks came to barriers so far
    long long* trace;          // (barriers, 2): clock of block 0 when it came and when it went on; may be null
    int layers;
    int width;
    int heads;
    int kvHeads;
    int feedForward;
    int context;
    int splits;                // most parts of attention
    int slots;                 // of a block's ring
    int inFlight;              // slots that a block has asked for and not got, at most
    int activations;           // floats of shared memory before the ring
    float epsilon;
};

// One launch: tokens at `position` and the `steps - 1` after it.
struct Run {
    int position;
    int steps;
    int given;                 // tokens that are not to be chosen: those before this index
    unsigned arrived;          // what `arrivals` holds when it starts
};

// ---------------------------------------------------------------------------------------- waiting, copying, adding

__device__ inline float warpSum(float sum) {
    for (int distance = LANES / 2; distance > 0; distance /= 2) {
        sum += __shfl_xor_sync(~0u, sum, distance);
    }
    return sum;
}

// The sum over the block, for every thread. `scratch` (WARPS) may be used again after another barrier.
__device__ inline float blockSum(float sum, float* scratch) {
    sum = warpSum(sum);
    if (threadIdx.x % LANES == 0) {
        scratch[threadIdx.x / LANES] = sum;
    }
    syncThreads<THREADS>();
    float all = 0;
    for (int i = 0; i < WARPS; i++) {
        all += scratch[i];
    }
    return all;
}

// Lets nobody go on before every block has come, and shows each what all others wrote before.
struct GridBarrier {
    unsigned* arrivals;
    unsigned expected;
    long long* trace;

    __device__ void wait() {
        expected += gridDim.x;
        syncThreads<THREADS>();
        if (threadIdx.x == 0) {
            if (trace != nullptr && blockIdx.x == 0) {
                *trace++ = clock64();
            }
            arrive(arrivals);
            for (int polls = 0; static_cast<int>(arrived(arrivals) - expected) < 0; polls++) {
                if (polls > MOST_POLLS) {
                    __trap();
                }
            }
            if (trace != nullptr && blockIdx.x == 0) {
                *trace++ = clock64();
            }
        }
        syncThreads<THREADS>();
    }
};

constexpr int LAYER_MATRICES = 4;
constexpr int OUTPUT_MATRIX = 4;
constexpr int EMBEDDING_MATRIX = 5;

// Goes through the matrices in the order in which a token needs them. Blocks take units in turn over all of them, so
// that each has as much to do as any other.
struct Turn {
    int index;  // of the matrix, over all layers
    int first;  // the block that computes unit 0; the next unit is the next block's

    __device__ int which(const Model& model) const {
        return index == model.layers * LAYER_MATRICES ? OUTPUT_MATRIX : index % LAYER_MATRICES;
    }

    // This block's first unit of the matrix, which may be more than there are.
    __device__ int unit() const {
        int unit = blockIdx.x - first;
        return unit < 0 ? unit + gridDim.x : unit;
    }

    // On to the next one; after the output, to the first one of the next token.
    __device__ void advance(const Model& model) {
        if (index == model.layers * LAYER_MATRICES) {
            *this = {0, 0};
        } else {
            first = (first + model.matrices[which(model)].units) % static_cast<int>(gridDim.x);
            index++;
        }
    }
};

// A slot of the ring, and which of its turns.
struct Place {
    int slot;
    uint32_t parity;

    __device__ void advance(int by, int slots) {
        slot += by;
        while (slot >= slots) {
            slot -= slots;
            parity ^= 1;
        }
    }
};

__device__ inline void awaitPhase(SharedAddress barrier, uint32_t parity) {
    for (int polls = 0; !isOver(barrier, parity); polls++) {
        if (polls > MOST_POLLS) {
            __trap();
        }
    }
}

// The weights of a block, unit after unit, copied into shared memory as far ahead as there are slots.
struct Ring {
    const char* data;     // (slots, SLOT_BYTES)
    SharedAddress to;     // the same
    SharedAddress full;   // (slots) barriers: what is copied is there
    SharedAddress empty;  // (slots) barriers: it has been multiplied
    int slots;

    __device__ SharedAddress fullAt(const Place& place) const { return full + place.slot * sizeof(uint64_t); }
    __device__ SharedAddress emptyAt(const Place& place) const { return empty + place.slot * sizeof(uint64_t); }

    __device__ void init() {
        for (int i = 0; i < slots; i++) {
            initBarrier(full + i * sizeof(uint64_t), 1);
            initBarrier(empty + i * sizeof(uint64_t), SLOT_TILES);
        }
        publishBarriers();
    }

    // Has everything copied that this block needs for so many tokens, in the order in which it multiplies. It asks for
    // little at once, enough for memory to be busy: all else that is asked of memory waits behind it.
    __device__ void fill(const Model& model, int steps) {
        uint64_t policy = evictFirst();
        Place next = {0, 0};
        Place oldest = {0, 0};
        int asked = 0;
        Turn turn = {0, 0};
        while (steps > 0) {
            Matrix of = model.matrices[turn.which(model)];
            if (turn.which(model) != OUTPUT_MATRIX) {
                of.data += turn.index / LAYER_MATRICES * model.layerHalves;
            }
            for (int unit = turn.unit(); unit < of.units; unit += gridDim.x) {
                for (int tile = 0; tile < of.tiles; tile += SLOT_TILES) {
                    uint32_t bytes = min(SLOT_TILES, of.tiles - tile) * TILE_ROWS * 2 * of.columns;
                    if (asked == model.inFlight) {
                        awaitPhase(fullAt(oldest), oldest.parity);
                        oldest.advance(1, slots);
                    } else {
                        asked++;
                    }
                    awaitPhase(emptyAt(next), next.parity ^ 1);
                    expectBytes(fullAt(next), bytes);
                    copyBulk(to + next.slot * SLOT_BYTES, of.data + of.tile(unit, tile), bytes, fullAt(next), policy);
                    next.advance(1, slots);
                }
            }
            turn.advance(model);
            if (turn.index == 0) {
                steps--;
            }
        }
    }

    // What was copied, when it is there. Until `release`.
    __device__ const char* acquire(const Place& place) const {
        awaitPhase(fullAt(place), place.parity);
        return data + place.slot * SLOT_BYTES;
    }

    // Once for each of a slot's SLOT_TILES, also for those that are missing.
    __device__ void release(const Place& place, int tiles) const {
        if (threadIdx.x % LANES == 0) {
            arriveAt(emptyAt(place), tiles);
        }
    }
};

// ---------------------------------------------------------------------------------------------------- vectors of 8

struct Eight {
    float at[8];
};

__device__ inline Eight loadEight(const float* from) {
    float4 low = __ldcg(reinterpret_cast<const float4*>(from));
    float4 high = __ldcg(reinterpret_cast<const float4*>(from) + 1);
    return {{low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w}};
}

__device__ inline Eight unpack(uint4 packed) {
    Eight eight;
    const __half2* halves = reinterpret_cast<const __half2*>(&packed);
#pragma unroll
    for (int i = 0; i < 4; i++) {
        float2 pair = __half22float2(halves[i]);
        eight.at[2 * i] = pair.x;
        eight.at[2 * i + 1] = pair.y;
    }
    return eight;
}

__device__ inline Eight loadEight(const __half* from) { return unpack(__ldcg(reinterpret_cast<const uint4*>(from))); }

__device__ inline void storeEight(float* to, const Eight& eight) {
    reinterpret_cast<float4*>(to)[0] = make_float4(eight.at[0], eight.at[1], eight.at[2], eight.at[3]);
    reinterpret_cast<float4*>(to)[1] = make_float4(eight.at[4], eight.at[5], eight.at[6], eight.at[7]);
}

__device__ inline void storeEight(__half* to, const Eight& eight) {
    uint4 packed;
    __half2* halves = reinterpret_cast<__half2*>(&packed);
#pragma unroll
    for (int i = 0; i < 4; i++) {
        halves[i] = __floats2half2_rn(eight.at[2 * i], eight.at[2 * i + 1]);
    }
    *reinterpret_cast<uint4*>(to) = packed;
}

// Activations lie in blocks of as many as a tile has columns: the first four of every lane, then the other four, so
// that no two lanes meet in a bank. This keeps i .. i + 7, i a multiple of 8.
__device__ inline void keep(float* activations, int i, const Eight& eight) {
    float4* to = reinterpret_cast<float4*>(activations + i / TILE_COLUMNS * TILE_COLUMNS) + i % TILE_COLUMNS / 8;
    to[0] = make_float4(eight.at[0], eight.at[1], eight.at[2], eight.at[3]);
    to[LANES] = make_float4(eight.at[4], eight.at[5], eight.at[6], eight.at[7]);
}

// Adds to each row's sum this lane's part of the product of a tile with its activations.
__device__ inline void multiply(const uint4* tile, int columns, const Eight& x, int lane, Eight& sums) {
#pragma unroll
    for (int row = 0; row < TILE_ROWS; row++) {
        Eight weights = unpack(tile[row * (columns / 8) + lane]);
        float even = weights.at[0] * x.at[0];
        float odd = weights.at[1] * x.at[1];
#pragma unroll
        for (int i = 2; i < 8; i += 2) {
            even += weights.at[i] * x.at[i];
            odd += weights.at[i + 1] * x.at[i + 1];
        }
        sums.at[row] += even + odd;
    }
}

// The activations that `keep` put down for this lane.
__device__ inline Eight kept(const float* activations, int lane) {
    const float4* x = reinterpret_cast<const float4*>(activations) + lane;
    float4 low = x[0];
    float4 high = x[LANES];
    return {{low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w}};
}

// The sums over a warp of eight numbers of every lane: each lane gets one of them, number lane / 4.
__device__ inline float warpSums(Eight sums, int lane) {
#pragma unroll
    for (int half = 4; half > 0; half /= 2) {
        bool upper = lane & half * 4;
#pragma unroll
        for (int i = 0; i < half; i++) {
            float given = upper ? sums.at[i] : sums.at[i + half];
            float kept = upper ? sums.at[i + half] : sums.at[i];
            sums.at[i] = kept + __shfl_xor_sync(~0u, given, half * 4);
        }
    }
    float sum = sums.at[0] + __shfl_xor_sync(~0u, sums.at[0], 2);
    return sum + __shfl_xor_sync(~0u, sum, 1);
}

// --------------------------------------------------------------------------------------------------------- stages

// Activations become x * weights; what they must yet be multiplied by, as RMSNorm does, is returned.
template <class Load>
__device__ inline float normalize(
    Load x, const float* weights, const Model& model, float* activations, float* scratch) {
    float sum = 0;
#pragma unroll 1
    for (int i = threadIdx.x * 8; i < model.width; i += THREADS * 8) {
        Eight w = loadEight(weights + i);
        Eight of = x(i);
#pragma unroll
        for (int j = 0; j < 8; j++) {
            sum += of.at[j] * of.at[j];
            w.at[j] *= of.at[j];
        }
        keep(activations, i, w);
    }
    return rsqrtf(blockSum(sum, scratch) / model.width + model.epsilon);
}

// How the positions 0 .. position are shared out for attention.
struct Splits {
    int each;   // positions of a part
    int count;  // parts that have any

    // A part of fewer positions than these is not worth a block.
    static constexpr int LEAST = 64;

    __device__ Splits(const Model& model, int position) {
        int positions = position + 1;
        each = max(LEAST, (positions + model.splits - 1) / model.splits);
        count = (positions + each - 1) / each;
    }
};

// Turns pairs of neighbours by the angles of a position.
__device__ inline void turn(Eight& eight, const float2* rope) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
        float2 angle = __ldg(rope + i);
        float a = eight.at[2 * i];
        float b = eight.at[2 * i + 1];
        eight.at[2 * i] = a * angle.x - b * angle.y;
        eight.at[2 * i + 1] = a * angle.y + b * angle.x;
    }
}

// Attention of the GROUP query heads of one key head over one part of the positions, and the new key and value into the
// cache. A lane holds 8 elements of a head, HEAD / 8 lanes a position; a warp takes 32 * 8 / HEAD positions at once.
template <class Cached, int HEAD, int GROUP>
__device__ inline void attend(
    const Model& model, int layer, int position, int kvHead, int split, const Splits& splits, float* shared) {
    constexpr int WIDE = HEAD / 8;
    constexpr int DEEP = LANES / WIDE;
    constexpr int KEYS = 2;
    constexpr float NEVER = -1e30f;

    int lane = threadIdx.x % LANES;
    int warp = threadIdx.x / LANES;
    int element = lane % WIDE * 8;
    int begin = split * splits.each;
    int end = min(position + 1, begin + splits.each);
    size_t cached = (static_cast<size_t>(layer) * model.kvHeads + kvHead) * model.context * HEAD;
    Cached* keys = static_cast<Cached*>(model.keys) + cached;
    Cached* values = static_cast<Cached*>(model.values) + cached;
    const float2* rope = model.rope + static_cast<size_t>(position) * (HEAD / 2) + element / 2;

    Eight q[GROUP];
#pragma unroll
    for (int g = 0; g < GROUP; g++) {
        q[g] = loadEight(model.qkv + (kvHead * GROUP + g) * HEAD + element);
    }
    if (position < end) {  // the last part: its block sees the new token's key and value first
        if (threadIdx.x < WIDE) {
            const float* newest = model.qkv + (model.heads + kvHead) * HEAD + element;
            Eight key = loadEight(newest);
            turn(key, rope);
            storeEight(keys + static_cast<size_t>(position) * HEAD + element, key);
            storeEight(values + static_cast<size_t>(position) * HEAD + element, loadEight(newest + model.kvHeads * HEAD));
        }
        syncThreads<THREADS>();
    }

    Eight sum[GROUP];
    float greatest[GROUP];
    float total[GROUP];
#pragma unroll
    for (int g = 0; g < GROUP; g++) {
        turn(q[g], rope);
#pragma unroll
        for (int j = 0; j < 8; j++) {
            q[g].at[j] *= rsqrtf(static_cast<float>(HEAD));
            sum[g].at[j] = 0;
        }
        greatest[g] = NEVER;
        total[g] = 0;
    }

    for (int base = begin + warp * DEEP; base < end; base += WARPS * DEEP * KEYS) {
        Eight key[KEYS];
        Eight value[KEYS];
#pragma unroll
        for (int b = 0; b < KEYS; b++) {
            int at = min(base + b * WARPS * DEEP + lane / WIDE, end - 1);
            key[b] = loadEight(keys + static_cast<size_t>(at) * HEAD + element);
            value[b] = loadEight(values + static_cast<size_t>(at) * HEAD + element);
        }
#pragma unroll
        for (int g = 0; g < GROUP; g++) {
            float score[KEYS];
            float most = greatest[g];
#pragma unroll
            for (int b = 0; b < KEYS; b++) {
                float product = 0;
#pragma unroll
                for (int j = 0; j < 8; j++) {
                    product += q[g].at[j] * key[b].at[j];
                }
#pragma unroll
                for (int distance = WIDE / 2; distance > 0; distance /= 2) {
                    product += __shfl_xor_sync(~0u, product, distance);
                }
                score[b] = base + b * WARPS * DEEP + lane / WIDE < end ? product : NEVER;
                most = fmaxf(most, score[b]);
            }
            float smaller = __expf(greatest[g] - most);
            greatest[g] = most;
            total[g] *= smaller;
#pragma unroll
            for (int j = 0; j < 8; j++) {
                sum[g].at[j] *= smaller;
            }
#pragma unroll
            for (int b = 0; b < KEYS; b++) {
                float weight = score[b] == NEVER ? 0 : __expf(score[b] - most);
                total[g] += weight;
#pragma unroll
                for (int j = 0; j < 8; j++) {
                    sum[g].at[j] += weight * value[b].at[j];
                }
            }
        }
    }

    // The lanes of a warp that hold the same elements, then the warps.
    float* warpSums = shared;                             // (WARPS, GROUP, HEAD)
    float* warpTotals = shared + WARPS * GROUP * HEAD;    // (WARPS, GROUP)
    float* warpGreatest = warpTotals + WARPS * GROUP;     // (WARPS, GROUP)
#pragma unroll
    for (int g = 0; g < GROUP; g++) {
        float most = greatest[g];
#pragma unroll
        for (int distance = WIDE; distance < LANES; distance *= 2) {
            most = fmaxf(most, __shfl_xor_sync(~0u, most, distance));
        }
        float smaller = __expf(greatest[g] - most);
        total[g] *= smaller;
#pragma unroll
        for (int j = 0; j < 8; j++) {
            sum[g].at[j] *= smaller;
        }
#pragma unroll
        for (int distance = WIDE; distance < LANES; distance *= 2) {
            total[g] += __shfl_xor_sync(~0u, total[g], distance);
#pragma unroll
            for (int j = 0; j < 8; j++) {
                sum[g].at[j] += __shfl_xor_sync(~0u, sum[g].at[j], distance);
            }
        }
        if (lane < WIDE) {
            storeEight(warpSums + (warp * GROUP + g) * HEAD + element, sum[g]);
            if (lane == 0) {
                warpTotals[warp * GROUP + g] = total[g];
                warpGreatest[warp * GROUP + g] = most;
            }
        }
    }
    syncThreads<THREADS>();
    for (int i = threadIdx.x; i < GROUP * HEAD; i += THREADS) {
        int g = i / HEAD;
        float most = NEVER;
        for (int w = 0; w < WARPS; w++) {
            most = fmaxf(most, warpGreatest[w * GROUP + g]);
        }
        float all = 0;
        float divisor = 0;
        for (int w = 0; w < WARPS; w++) {
            float smaller = __expf(warpGreatest[w * GROUP + g] - most);
            all += smaller * warpSums[(w * GROUP + g) * HEAD + i % HEAD];
            divisor += smaller * warpTotals[w * GROUP + g];
        }
        size_t part = static_cast<size_t>(kvHead * GROUP + g) * model.splits + split;
        model.partial[part * HEAD + i % HEAD] = all;
        if (i % HEAD == 0) {
            model.partialSums[part] = make_float2(most, divisor);
        }
    }
}

// Asks for the keys and values that this block will read, of the positions before this one.
template <class Cached, int HEAD>
__device__ inline void announce(const Model& model, int layer, int position, int kvHead, int split, const Splits& splits) {
    int begin = split * splits.each;
    int end = min(position, begin + splits.each);
    if (begin < end) {
        size_t from = ((static_cast<size_t>(layer) * model.kvHeads + kvHead) * model.context + begin) * HEAD;
        uint32_t bytes = (end - begin) * HEAD * sizeof(Cached);
        prefetchBulk(static_cast<Cached*>(model.keys) + from, bytes);
        prefetchBulk(static_cast<Cached*>(model.values) + from, bytes);
    }
}

// Activations become the attention of all heads, out of that over the parts.
template <int HEAD>
__device__ inline void combine(const Model& model, const Splits& splits, float* activations) {
    float* weights = activations + model.heads * HEAD;  // (heads, splits)
    int lane = threadIdx.x % LANES;
#pragma unroll 4
    for (int head = threadIdx.x / LANES; head < model.heads; head += WARPS) {
        float most = -1e30f;
        float sum = 0;
#pragma unroll 1
        for (int s = lane; s < splits.count; s += LANES) {
            float2 part = __ldcg(model.partialSums + head * model.splits + s);
            float next = fmaxf(most, part.x);
            sum = sum * __expf(most - next) + part.y * __expf(part.x - next);
            most = next;
            weights[head * model.splits + s] = part.x;
        }
        float all = most;
        for (int distance = LANES / 2; distance > 0; distance /= 2) {
            all = fmaxf(all, __shfl_xor_sync(~0u, all, distance));
        }
        float divisor = 1 / warpSum(sum * __expf(most - all));
#pragma unroll 1
        for (int s = lane; s < splits.count; s += LANES) {
            weights[head * model.splits + s] = __expf(weights[head * model.splits + s] - all) * divisor;
        }
    }
    syncThreads<THREADS>();
#pragma unroll 1
    for (int i = threadIdx.x * 8; i < model.heads * HEAD; i += THREADS * 8) {
        int part = i / HEAD * model.splits;
        Eight all = {};
#pragma unroll 8
        for (int s = 0; s < splits.count; s++) {
            Eight of = loadEight(model.partial + (part + s) * HEAD + i % HEAD);
            float weight = weights[part + s];
#pragma unroll
            for (int j = 0; j < 8; j++) {
                all.at[j] += weight * of.at[j];
            }
        }
        keep(activations, i, all);
    }
    syncThreads<THREADS>();
}

// The greater logit; of equal ones the lower token.
__device__ inline Best better(Best a, Best b) {
    return b.logit > a.logit || (b.logit == a.logit && b.token < a.token) ? b : a;
}

// The best of the block's, for every thread. `scratch` (WARPS) may be used again after another barrier.
__device__ inline Best blockBest(Best best, Best* scratch) {
    for (int distance = LANES / 2; distance > 0; distance /= 2) {
        Best other = {__shfl_xor_sync(~0u, best.logit, distance), __shfl_xor_sync(~0u, best.token, distance)};
        best = better(best, other);
    }
    if (threadIdx.x % LANES == 0) {
        scratch[threadIdx.x / LANES] = best;
    }
    syncThreads<THREADS>();
    best = scratch[0];
    for (int i = 1; i < WARPS; i++) {
        best = better(best, scratch[i]);
    }
    return best;
}

// ---------------------------------------------------------------------------------------------------- the kernels

// The stages of a layer, in order; the last one comes once, after all layers.
enum Stage { QKV, ATTENTION, OUTPUT, GATE_UP, DOWN, LOGITS };

template <class Cached, int HEAD, int GROUP>
__device__ inline void decodeTokens(const Model& model, const Run& run) {
    extern __shared__ __align__(128) float shared[];
    __shared__ uint64_t full[MOST_SLOTS];
    __shared__ uint64_t empty[MOST_SLOTS];
    __shared__ float sums[WARPS];
    __shared__ float parts[BATCH_ROWS][WARPS];
    __shared__ Best bests[WARPS];

    float* activations = shared;  // (model.activations); in attention, its scratch
    int lane = threadIdx.x % LANES;
    int warp = threadIdx.x / LANES;
    int kvHead = blockIdx.x % model.kvHeads;
    int split = blockIdx.x / model.kvHeads;

    const char* slots = reinterpret_cast<const char*>(shared + model.activations);
    Ring ring = {slots, sharedAddress(slots), sharedAddress(full), sharedAddress(empty), model.slots};
    if (threadIdx.x == 0) {
        ring.init();
    }
    __syncthreads();
    if (warp == WARPS) {
        if (lane == 0) {
            ring.fill(model, run.steps);
        }
        return;
    }
    Place place = {0, 0};  // of the next unit

    GridBarrier barrier = {model.arrivals, run.arrived, model.trace};
    const Matrix& embedding = model.matrices[EMBEDDING_MATRIX];
    int token = model.tokens[run.position];
#pragma unroll 1
    for (int position = run.position; position < run.position + run.steps; position++) {
        if (blockIdx.x == 0) {
#pragma unroll 1
            for (int i = threadIdx.x * 8; i < model.width; i += THREADS * 8) {
                storeEight(model.x + i, loadEight(embedding.at(token, i)));
            }
        }
        Splits splits(model, position);
        Best best = {-INFINITY, 0};
        Turn turn = {0, 0};
        const float* norm = model.norms;
        int layer = 0;
        int stage = QKV;
#pragma unroll 1
        while (true) {
            float scale = 1;
            switch (stage) {
                case ATTENTION:
                    if (split < splits.count) {
                        attend<Cached, HEAD, GROUP>(model, layer, position, kvHead, split, splits, activations);
                    }
                    break;
                case OUTPUT:
                    combine<HEAD>(model, splits, activations);
                    break;
                case DOWN:
                    for (int i = threadIdx.x * 8; i < model.feedForward; i += THREADS * 8) {
                        keep(activations, i, loadEight(model.hidden + i));
                    }
                    syncThreads<THREADS>();
                    break;
                default:
                    if (stage == QKV && split < splits.count && threadIdx.x == 0) {
                        announce<Cached, HEAD>(model, layer, position, kvHead, split, splits);
                    }
                    bool isEmbedding = stage == QKV && layer == 0;
                    scale = normalize(
                        [&](int i) { return isEmbedding ? loadEight(embedding.at(token, i)) : loadEight(model.x + i); }, norm,
                        model, activations, sums);
                    norm += model.width;
            }

            if (stage != ATTENTION) {
                const Matrix& of = model.matrices[turn.which(model)];
                int parted = min(WARPS, of.tiles);
#pragma unroll 1
                for (int unit = turn.unit(); unit < of.units; unit += BATCH * gridDim.x) {
                    int units = min(BATCH, (of.units - unit + static_cast<int>(gridDim.x) - 1) / static_cast<int>(gridDim.x));
                    int row = (unit + threadIdx.x / TILE_ROWS * gridDim.x) * TILE_ROWS + threadIdx.x % TILE_ROWS;
                    bool isRow = threadIdx.x < units * TILE_ROWS && row < of.rows;
                    float sum = 0;
                    if (isRow && (stage == OUTPUT || stage == DOWN)) {
                        sum = __ldcg(model.x + row);
                    }
#pragma unroll 1
                    for (int u = 0; u < units; u += AT_ONCE) {
                        int count = min(AT_ONCE, units - u);
                        Eight products[AT_ONCE] = {};
#pragma unroll 1
                        for (int tile = warp; tile < of.tiles; tile += WARPS) {
                            Place at[AT_ONCE];
                            const char* tiles[AT_ONCE];
#pragma unroll
                            for (int j = 0; j < AT_ONCE; j++) {
                                at[j] = place;
                                at[j].advance(min(j, count - 1) * of.slots() + tile / SLOT_TILES, model.slots);
                                tiles[j] = ring.acquire(at[j]) + tile % SLOT_TILES * (TILE_ROWS * 2 * of.columns);
                            }
                            if (lane * 8 < of.columns) {
                                Eight x = kept(activations + tile * TILE_COLUMNS, lane);
#pragma unroll
                                for (int j = 0; j < AT_ONCE; j++) {
                                    multiply(reinterpret_cast<const uint4*>(tiles[j]), of.columns, x, lane, products[j]);
                                }
                            }
                            __syncwarp();
                            int missing = tile + 1 < of.tiles ? 0 : SLOT_TILES - 1 - tile % SLOT_TILES;
#pragma unroll
                            for (int j = 0; j < AT_ONCE; j++) {
                                if (j < count) {
                                    ring.release(at[j], 1 + missing);
                                }
                            }
                        }
                        if (warp < parted) {
#pragma unroll
                            for (int j = 0; j < AT_ONCE; j++) {
                                float product = warpSums(products[j], lane);
                                if (lane % 4 == 0) {
                                    parts[(u + j) * TILE_ROWS + lane / 4][warp] = product;
                                }
                            }
                        }
                        place.advance(count * of.slots(), model.slots);
                    }
                    syncThreads<THREADS>();
                    if (threadIdx.x < BATCH_ROWS) {
                        for (int w = 0; w < parted; w++) {
                            sum += parts[threadIdx.x][w] * scale;
                        }
                        float up = __shfl_xor_sync(~0u, sum, 1);
                        if (isRow) {
                            switch (stage) {
                                case QKV:
                                    model.qkv[row] = sum;
                                    break;
                                case GATE_UP:
                                    if (row % 2 == 0) {
                                        model.hidden[row / 2] = sum / (1 + __expf(-sum)) * up;
                                    }
                                    break;
                                case LOGITS:
                                    model.logits[row] = sum;
                                    best = better(best, {sum, row});
                                    break;
                                default:
                                    model.x[row] = sum;
                            }
                        }
                    }
                    syncThreads<THREADS>();
                }
                turn.advance(model);
            }

            if (stage == LOGITS) {
                best = blockBest(best, bests);
                if (threadIdx.x == 0) {
                    model.best[blockIdx.x] = best;
                }
            }
            barrier.wait();
            if (stage == LOGITS) {
                break;
            }
            if (stage == DOWN) {
                layer++;
            }
            stage = stage != DOWN ? stage + 1 : layer < model.layers ? QKV : LOGITS;
        }

        best = {-INFINITY, 0};
        for (int i = threadIdx.x; i < gridDim.x; i += THREADS) {
            float2 other = __ldcg(reinterpret_cast<const float2*>(model.best) + i);
            best = better(best, {other.x, __float_as_int(other.y)});
        }
        best = blockBest(best, bests);
        if (position + 1 < run.given) {
            token = model.tokens[position + 1];
        } else {
            token = best.token;
            if (blockIdx.x == 0 && threadIdx.x == 0) {
                model.tokens[position + 1] = token;
            }
        }
    }
}

// One kernel a file, for what CACHED, HEAD and GROUP are when it is compiled.
extern "C" __global__ void __launch_bounds__(THREADS + LANES, 1)
    decode(const __grid_constant__ Model model, const __grid_constant__ Run run) {
    decodeTokens<CACHED, HEAD_SIZE, HEADS_A_KEY>(model, run);
}
