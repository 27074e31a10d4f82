package dev.runnel.engine.model;

import dev.runnel.engine.kernel.Kernels;
import dev.runnel.engine.kernel.PageFormat;
import dev.runnel.engine.kernel.PageLayout;
import dev.runnel.engine.kernel.Scratch;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Attention of each token to those before it and itself (Vaswani et al., https://arxiv.org/abs/1706.03762),
/// with several heads of queries to one head of keys and values (Ainslie et al.,
/// https://arxiv.org/abs/2305.13245).
final class SelfAttention {

    /// Queries that are computed together, so that a page is read once for all of them.
    private static final int BLOCK = 16;

    private final Hyperparameters model;
    private final KvCache cache;
    private final Compute compute;
    private final Buffers[] buffers;

    SelfAttention(Hyperparameters model, KvCache cache, Compute compute) {
        this.model = model;
        this.cache = cache;
        this.compute = compute;
        int queries = blockTokens(model) * model.group();
        this.buffers = IntStream.range(0, compute.workers())
                .mapToObj(i -> new Buffers(queries, cache.format()))
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
        final PageFormat.Floats page; // a head of it

        Buffers(int queries, PageFormat format) {
            PageLayout layout = format.layout();
            page = PageFormat.Floats.of(layout);
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

    /// `h (tokens, width) -> out (tokens, width)`, through one layer; keys and values go to the cache.
    void forward(Step step, int index, LayerAttention layer) {
        int n = step.tokens();
        compute.apply(
                step.h,
                n,
                new Compute.Output(layer.query(), step.q),
                new Compute.Output(layer.key(), step.k),
                new Compute.Output(layer.value(), step.v));
        compute.inParallel(n, (worker, token) -> {
            place(step, layer, token, compute.scratch(worker));
            store(step, index, token);
        });
        compute.inParallel(step.blocks.size() * model.keyValueHeads(), (worker, part) -> {
            Step.Block block = step.blocks.get(part / model.keyValueHeads());
            attend(step, index, layer, block, part % model.keyValueHeads(), worker);
        });
        compute.apply(layer.output(), step.attended, n, step.out);
    }

    /// Normalizes a token's queries and keys and turns them by its position.
    private void place(Step step, LayerAttention layer, int token, Scratch scratch) {
        place(layer.queryNorm(), layer.rope(), token, step.q, model.heads(), scratch);
        place(layer.keyNorm(), layer.rope(), token, step.k, model.keyValueHeads(), scratch);
    }

    private void place(Norm norm, @Nullable Rope rope, int token, float[] x, int heads, Scratch scratch) {
        int from = token * heads * model.keySize();
        int to = from + heads * model.keySize();
        for (int at = from; at < to; at += norm.size()) {
            norm.apply(compute.kernels(), x, at, x, at, scratch);
        }
        if (rope != null) {
            for (int head = from; head < to; head += model.keySize()) {
                rope.turn(token, x, head);
            }
        }
    }

    /// Stores a token's keys and values.
    private void store(Step step, int index, int token) {
        int position = step.positions[token];
        MemorySegment page = step.sequences[token].page(position / PageLayout.POSITIONS);
        for (int head = 0; head < model.keyValueHeads(); head++) {
            int at = token * model.keyValueHeads() + head;
            cache.format()
                    .write(
                            page,
                            cache.offset(index, head),
                            position % PageLayout.POSITIONS,
                            step.k,
                            at * model.keySize(),
                            step.v,
                            at * model.valueSize());
        }
    }

    /// One head of keys and values for a block of tokens and their `group` heads of queries.
    private void attend(Step step, int index, LayerAttention layer, Step.Block block, int head, int worker) {
        Kernels kernels = compute.kernels();
        PageFormat format = cache.format();
        PageLayout layout = format.layout();
        Buffers buffers = this.buffers[worker];
        int group = model.group();
        int tokens = block.to() - block.from();
        int queries = tokens * group; // query i belongs to the block's token i / group
        gather(step, block, head, buffers.q);

        // The block's first token sees positions below `least`, each further one a position more. The first
        // page that is looked at has the first position that its first token sees.
        int least = step.positions[block.from()] + 1;
        int firstPage = Math.max(0, least - layer.window()) / PageLayout.POSITIONS;
        int start = firstPage * PageLayout.POSITIONS;
        int pages = Math.ceilDiv(least + tokens - 1, PageLayout.POSITIONS) - firstPage;
        int stride = pages * PageLayout.POSITIONS;
        float[] scores = buffers.scores(queries * stride);
        long offset = cache.offset(index, head);
        for (int p = 0; p < pages; p++) {
            MemorySegment page = block.sequence().page(firstPage + p);
            int at = p * PageLayout.POSITIONS;
            long keys = offset;
            if (!format.isFloats()) {
                format.readKeys(page, offset, buffers.page);
                page = buffers.page.memory();
                keys = 0;
            }
            kernels.scores(
                    buffers.q, queries, layout, page, keys, model.scales().attention(), scores, at, stride);
        }
        for (int i = 0; i < queries; i++) {
            int to = least + i / group - start;
            int from = Math.max(0, to - layer.window());
            float sink = layer.sinks()[head * group + i % group];
            weights(scores, i * stride, from, to, sink, compute.scratch(worker));
        }

        int size = layout.paddedValueSize();
        Arrays.fill(buffers.out, 0, queries * size, 0);
        for (int p = 0; p < pages; p++) {
            MemorySegment page = block.sequence().page(firstPage + p);
            int at = p * PageLayout.POSITIONS;
            long values = offset;
            if (!format.isFloats()) {
                format.readValues(page, offset, buffers.page);
                page = buffers.page.memory();
                values = 0;
            }
            if (start + at + PageLayout.POSITIONS <= least) {
                kernels.weigh(scores, at, stride, queries, PageLayout.POSITIONS, layout, page, values, buffers.out, 0);
                continue;
            }
            for (int t = 0; t < tokens; t++) {
                int seen = Math.clamp(least + t - start - at, 0, PageLayout.POSITIONS);
                int first = t * group;
                kernels.weigh(
                        scores,
                        first * stride + at,
                        stride,
                        group,
                        seen,
                        layout,
                        page,
                        values,
                        buffers.out,
                        first * size);
            }
        }
        scatter(buffers.out, step, block, head);
    }

    /// Makes weights of one query's scores, which begin at `at`: those from `from` to `to` count, and those
    /// before weigh nothing.
    private void weights(float[] scores, int at, int from, int to, float sink, Scratch scratch) {
        Arrays.fill(scores, at, at + from, 0);
        if (model.caps().attention() > 0) {
            compute.kernels().softCap(model.caps().attention(), scores, at + from, at + to);
        }
        compute.kernels().softmax(scores, at + from, to - from, sink, scratch);
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
                from += cache.format().layout().paddedValueSize();
            }
        }
    }
}
