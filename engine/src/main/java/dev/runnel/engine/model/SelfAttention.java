package dev.runnel.engine.model;

import dev.runnel.engine.kernel.Kernels;
import dev.runnel.engine.kernel.PageLayout;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.IntStream;

/// Attention of each token to those before it and itself (Vaswani et al., https://arxiv.org/abs/1706.03762),
/// with several heads of queries to one head of keys and values (Ainslie et al.,
/// https://arxiv.org/abs/2305.13245).
final class SelfAttention {

    /// The linear layers of one layer of the model.
    record Projections(Linear query, Linear key, Linear value, Linear output) {}

    /// Queries that are computed together, so that a page is read once for all of them.
    private static final int BLOCK = 16;

    private final Hyperparameters model;
    private final Rope rope;
    private final KvCache cache;
    private final Compute compute;
    private final Buffers[] buffers;

    SelfAttention(Hyperparameters model, Rope rope, KvCache cache, Compute compute) {
        this.model = model;
        this.rope = rope;
        this.cache = cache;
        this.compute = compute;
        int queries = blockTokens(model) * model.group();
        this.buffers = IntStream.range(0, compute.workers())
                .mapToObj(i -> new Buffers(queries, cache.layout()))
                .toArray(Buffers[]::new);
    }

    /// Tokens whose queries, of the heads that share keys, make one block.
    static int blockTokens(Hyperparameters model) {
        return Math.max(1, BLOCK / model.group());
    }

    /// One thread's room for a block of queries.
    private static final class Buffers {
        final float[] q; // (queries, keySize)
        private float[] scores = {}; // (queries, positions), grows with the longest sequence
        final float[] out; // (queries, paddedValueSize)

        Buffers(int queries, PageLayout layout) {
            q = new float[queries * layout.keySize()];
            out = new float[queries * layout.paddedValueSize()];
        }

        float[] scores(int size) {
            if (scores.length < size) {
                scores = new float[Math.max(size, 2 * scores.length)];
            }
            return scores;
        }
    }

    /// `h (tokens, width) -> h`, through one layer's weights; keys and values go to the cache.
    void forward(Step step, int layer, Projections weights) {
        int n = step.tokens();
        compute.apply(weights.query(), step.h, n, step.q);
        compute.apply(weights.key(), step.h, n, step.k);
        compute.apply(weights.value(), step.h, n, step.v);
        compute.inParallel(n, (worker, token) -> place(step, layer, token));
        compute.inParallel(step.blocks.size() * model.keyValueHeads(), (worker, part) -> {
            Step.Block block = step.blocks.get(part / model.keyValueHeads());
            attend(step, layer, block, part % model.keyValueHeads(), worker);
        });
        compute.apply(weights.output(), step.attended, n, step.h);
    }

    /// Turns a token's queries and keys by its position and stores its keys and values.
    private void place(Step step, int layer, int token) {
        int keySize = model.keySize();
        int valueSize = model.valueSize();
        int turns = token * rope.pairs();
        for (int head = 0; head < model.heads(); head++) {
            rope.turn(step.q, (token * model.heads() + head) * keySize, step.cos, step.sin, turns);
        }
        int position = step.positions[token];
        MemorySegment page = step.sequences[token].page(position / PageLayout.POSITIONS);
        for (int head = 0; head < model.keyValueHeads(); head++) {
            int key = (token * model.keyValueHeads() + head) * keySize;
            int value = (token * model.keyValueHeads() + head) * valueSize;
            rope.turn(step.k, key, step.cos, step.sin, turns);
            cache.layout()
                    .write(
                            page,
                            cache.offset(layer, head),
                            position % PageLayout.POSITIONS,
                            step.k,
                            key,
                            step.v,
                            value);
        }
    }

    /// One head of keys and values for a block of tokens and their `group` heads of queries.
    private void attend(Step step, int layer, Step.Block block, int head, int worker) {
        Kernels kernels = compute.kernels();
        PageLayout layout = cache.layout();
        Buffers buffers = this.buffers[worker];
        int group = model.group();
        int tokens = block.to() - block.from();
        int queries = tokens * group; // query i belongs to the block's token i / group
        gather(step, block, head, buffers.q);

        // The block's first token sees `least` positions, itself included, each further one a position more.
        int least = step.positions[block.from()] + 1;
        int pages = Math.ceilDiv(least + tokens - 1, PageLayout.POSITIONS);
        int stride = pages * PageLayout.POSITIONS;
        float[] scores = buffers.scores(queries * stride);
        long offset = cache.offset(layer, head);
        float scale = model.attentionScale();
        for (int p = 0; p < pages; p++) {
            MemorySegment page = block.sequence().page(p);
            int at = p * PageLayout.POSITIONS;
            kernels.scores(buffers.q, queries, layout, page, offset, scale, scores, at, stride);
        }
        for (int i = 0; i < queries; i++) {
            kernels.softmax(scores, i * stride, least + i / group, compute.scratch(worker));
        }

        int size = layout.paddedValueSize();
        Arrays.fill(buffers.out, 0, queries * size, 0);
        for (int p = 0; p < pages; p++) {
            MemorySegment page = block.sequence().page(p);
            int at = p * PageLayout.POSITIONS;
            if (at + PageLayout.POSITIONS <= least) {
                kernels.weigh(scores, at, stride, queries, PageLayout.POSITIONS, layout, page, offset, buffers.out, 0);
                continue;
            }
            for (int t = 0; t < tokens; t++) {
                int seen = Math.clamp(least + t - at, 0, PageLayout.POSITIONS);
                int first = t * group;
                kernels.weigh(
                        scores,
                        first * stride + at,
                        stride,
                        group,
                        seen,
                        layout,
                        page,
                        offset,
                        buffers.out,
                        first * size);
            }
        }
        scatter(buffers.out, step, block, head);
    }

    /// Copies the block's queries of one group of heads: `-> q (tokens, group, keySize)`.
    private void gather(Step step, Step.Block block, int head, float[] q) {
        int length = model.group() * model.keySize();
        for (int token = block.from(); token < block.to(); token++) {
            int from = (token * model.heads() + head * model.group()) * model.keySize();
            System.arraycopy(step.q, from, q, (token - block.from()) * length, length);
        }
    }

    /// Copies results to their places: `out (tokens, group, paddedValueSize) ->`.
    private void scatter(float[] out, Step step, Step.Block block, int head) {
        int from = 0;
        for (int token = block.from(); token < block.to(); token++) {
            for (int i = 0; i < model.group(); i++) {
                int to = (token * model.heads() + head * model.group() + i) * model.valueSize();
                System.arraycopy(out, from, step.attended, to, model.valueSize());
                from += cache.layout().paddedValueSize();
            }
        }
    }
}
