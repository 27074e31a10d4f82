package dev.runnel.engine.model;

import dev.runnel.engine.kernel.Kernels;
import dev.runnel.engine.kernel.PageFormat;
import dev.runnel.engine.kernel.PageLayout;
import dev.runnel.engine.kernel.PartialAttention;
import dev.runnel.engine.kernel.Scratch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Attention of each token to those before it and itself (Vaswani et al., https://arxiv.org/abs/1706.03762),
/// with several heads of queries to one head of keys and values (Ainslie et al.,
/// https://arxiv.org/abs/2305.13245).
///
/// Positions are attended to in stretches of [#STRETCH], and what comes of them is added in their order, whoever
/// computed it: so the result has the same bits, however many threads there are and whatever else is in the step.
final class SelfAttention {

    /// Queries that are computed together, so that a page is read once for all of them.
    private static final int BLOCK = 16;

    /// Positions whose scores are held at a time.
    private static final int STRETCH = 256;

    private static final int PAGES = STRETCH / PageLayout.POSITIONS;

    /// Parts of the work for each worker from which on there are enough of them.
    private static final int ENOUGH = 2;

    /// What may be kept of stretches and heads in a step: some megabytes.
    private static final int MOST_PARTIALS = 4096;

    private final Hyperparameters model;
    private final KvCache cache;
    private final Compute compute;
    private final int queries; // at most in a block
    private final Buffers[] buffers;
    private final Partials ofBlocks;
    private final Partials ofLone; // tokens
    private int[] starts = {}; // (blocks + 1): the first of each one's stretches

    SelfAttention(Hyperparameters model, KvCache cache, Compute compute) {
        this.model = model;
        this.cache = cache;
        this.compute = compute;
        this.queries = blockTokens(model) * model.group();
        this.ofBlocks = new Partials(queries, cache.format().layout());
        this.ofLone = new Partials(model.group(), cache.format().layout());
        this.buffers = IntStream.range(0, compute.workers())
                .mapToObj(_ -> new Buffers(model, queries, cache.format().layout()))
                .toArray(Buffers[]::new);
    }

    /// Tokens whose queries, of the heads that share keys, make one block.
    static int blockTokens(Hyperparameters model) {
        return Math.max(1, BLOCK / model.group());
    }

    /// What each stretch of each block gives each head: `(stretches, heads)`.
    private static final class Partials {
        private final int queries;
        private final PageLayout layout;
        final List<PartialAttention> all = new ArrayList<>();

        Partials(int queries, PageLayout layout) {
            this.queries = queries;
            this.layout = layout;
        }

        void growTo(int count) {
            while (all.size() < count) {
                all.add(new PartialAttention(queries, layout.paddedValueSize()));
            }
        }
    }

    /// One thread's room for the queries of a block and a head, or of a token and all heads, whichever are more.
    private static final class Buffers {
        final float[] q; // (most, keySize)
        final float[] scores; // (most, STRETCH)
        final List<PartialAttention> one; // a head's, of a stretch
        final PartialAttention whole;
        final MemorySegment page; // a head's keys, or its values, as floats, as PageLayout has them

        Buffers(Hyperparameters model, int queries, PageLayout layout) {
            int most = Math.max(queries, model.heads());
            q = new float[most * layout.keySize()];
            scores = new float[most * STRETCH];
            one = List.of(new PartialAttention(queries, layout.paddedValueSize()));
            whole = new PartialAttention(queries, layout.paddedValueSize());
            long bytes = Math.max(layout.keyBytes(), layout.valueBytes());
            page = Arena.ofAuto().allocate(bytes, Float.BYTES * Kernels.STRANDS);
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
        attend(step, index, layer);
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
                            cache.keys(index, head),
                            cache.values(index, head),
                            position % PageLayout.POSITIONS,
                            step.k,
                            at * model.keySize(),
                            step.v,
                            at * model.valueSize());
        }
    }

    /// `q -> attended`, for all blocks and heads of keys and values.
    private void attend(Step step, int index, LayerAttention layer) {
        int heads = model.keyValueHeads();
        int enough = ENOUGH * compute.workers();
        int stretches = number(step, layer, step.lone);
        if (heads > 1 && stretches >= enough * step.lone.size() && stretches * heads <= MOST_PARTIALS) {
            byStretch(step, index, layer, step.lone, heads, ofLone);
        } else {
            attendApart(step, index, layer, step.lone, ofLone);
        }
        attendApart(step, index, layer, step.blocks, ofBlocks);
    }

    /// Each head is a part of the work, or, where those are too few, each head of a stretch.
    private void attendApart(Step step, int index, LayerAttention layer, List<Step.Block> blocks, Partials partials) {
        int parts = blocks.size() * model.keyValueHeads();
        if (parts >= ENOUGH * compute.workers()) {
            byHead(step, index, layer, blocks);
        } else {
            byStretch(step, index, layer, blocks, 1, partials);
        }
    }

    /// Each head of a block is a part of the work, with all its stretches.
    private void byHead(Step step, int index, LayerAttention layer, List<Step.Block> blocks) {
        int heads = model.keyValueHeads();
        compute.inParallel(blocks.size() * heads, (worker, part) -> {
            Step.Block block = blocks.get(part / heads);
            int head = part % heads;
            Buffers mine = buffers[worker];
            begin(layer, block, head, mine.whole);
            gather(step, block, head, mine.q, 0);
            int end = end(step, block);
            for (int stretch = first(step, layer, block); stretch < end; stretch++) {
                attend(step, index, layer, block, stretch, head, head + 1, mine.one, 0, worker);
                mine.whole.add(mine.one.getFirst(), queries(block));
            }
            finish(step, block, head, mine.whole);
        });
    }

    /// Each stretch of a block is a part of the work, with some heads or all: in a page they lie one behind another,
    /// and memory is read fastest in its order.
    ///
    /// @param together how many heads
    private void byStretch(
            Step step, int index, LayerAttention layer, List<Step.Block> blocks, int together, Partials partials) {
        if (blocks.isEmpty()) {
            return;
        }
        int heads = model.keyValueHeads();
        int groups = heads / together;
        int stretches = number(step, layer, blocks);
        partials.growTo(stretches * heads);
        compute.inParallel(stretches * groups, (worker, part) -> {
            int at = part / groups;
            int from = part % groups * together;
            int number = blockOf(at);
            Step.Block block = blocks.get(number);
            for (int head = 0; head < together; head++) {
                gather(step, block, from + head, buffers[worker].q, head * queries(block) * model.keySize());
            }
            int stretch = first(step, layer, block) + at - starts[number];
            attend(step, index, layer, block, stretch, from, from + together, partials.all, at * heads + from, worker);
        });
        compute.inParallel(blocks.size() * heads, (worker, part) -> {
            int number = part / heads;
            int head = part % heads;
            Step.Block block = blocks.get(number);
            PartialAttention whole = buffers[worker].whole;
            begin(layer, block, head, whole);
            for (int at = starts[number]; at < starts[number + 1]; at++) {
                whole.add(partials.all.get(at * heads + head), queries(block));
            }
            finish(step, block, head, whole);
        });
    }

    /// Numbers the stretches of all blocks.
    ///
    /// @return how many there are
    private int number(Step step, LayerAttention layer, List<Step.Block> blocks) {
        if (starts.length <= blocks.size()) {
            starts = new int[blocks.size() + 1];
        }
        for (int i = 0; i < blocks.size(); i++) {
            Step.Block block = blocks.get(i);
            starts[i + 1] = starts[i] + end(step, block) - first(step, layer, block);
        }
        return starts[blocks.size()];
    }

    private int blockOf(int stretch) {
        int block = 0;
        while (stretch >= starts[block + 1]) {
            block++;
        }
        return block;
    }

    private int queries(Step.Block block) {
        return (block.to() - block.from()) * model.group(); // query i belongs to the block's token i / group
    }

    /// How many positions a block's first token sees; each further one sees one more.
    private static int seen(Step step, Step.Block block) {
        return step.positions[block.from()] + 1;
    }

    /// The first page that a block's first token sees something of.
    private static int firstPage(Step step, LayerAttention layer, Step.Block block) {
        return Math.max(0, seen(step, block) - layer.window()) / PageLayout.POSITIONS;
    }

    /// A block's first stretch.
    private static int first(Step step, LayerAttention layer, Step.Block block) {
        return firstPage(step, layer, block) / PAGES;
    }

    /// One past a block's last stretch.
    private static int end(Step step, Step.Block block) {
        return Math.ceilDiv(step.positions[block.to() - 1] + 1, STRETCH);
    }

    private void begin(LayerAttention layer, Step.Block block, int head, PartialAttention whole) {
        int queries = queries(block);
        whole.clear(queries);
        for (int i = 0; i < queries; i++) {
            float sink = layer.sinks()[head * model.group() + i % model.group()];
            if (sink > Float.NEGATIVE_INFINITY) {
                whole.count(i, sink, 1);
            }
        }
    }

    private void finish(Step step, Step.Block block, int head, PartialAttention whole) {
        whole.finish(queries(block));
        scatter(whole.out(), step, block, head);
    }

    /// Some heads of keys and values in one stretch of positions, for a block of tokens and their `group` heads of
    /// queries to each.
    ///
    /// @param from the first head, whose queries stand first in the worker's `q`
    /// @param to one past the last head
    /// @param results one for each head, from `at` on
    private void attend(
            Step step,
            int index,
            LayerAttention layer,
            Step.Block block,
            int stretch,
            int from,
            int to,
            List<PartialAttention> results,
            int at,
            int worker) {
        Kernels kernels = compute.kernels();
        PageFormat format = cache.format();
        PageLayout layout = format.layout();
        Buffers mine = buffers[worker];
        int group = model.group();
        int queries = queries(block);
        int least = seen(step, block);
        int firstPage = Math.max(firstPage(step, layer, block), stretch * PAGES);
        int seenPages = Math.ceilDiv(least + block.to() - block.from() - 1, PageLayout.POSITIONS);
        int pages = Math.min(seenPages, (stretch + 1) * PAGES) - firstPage;
        int start = firstPage * PageLayout.POSITIONS;
        float[] scores = mine.scores; // (heads, queries, STRETCH)
        for (int p = 0; p < pages; p++) {
            for (int head = from; head < to; head++) {
                MemorySegment page = block.sequence().page(firstPage + p);
                long keys = cache.keys(index, head);
                if (!format.isFloats()) {
                    format.readKeys(kernels, page, keys, mine.page);
                    page = mine.page;
                    keys = 0;
                }
                int query = (head - from) * queries;
                kernels.scores(
                        mine.q,
                        query * layout.keySize(),
                        queries,
                        layout,
                        page,
                        keys,
                        model.scales().attention(),
                        scores,
                        query * STRETCH + p * PageLayout.POSITIONS,
                        STRETCH);
            }
        }
        for (int head = from; head < to; head++) {
            PartialAttention result = results.get(at + head - from);
            result.clear(queries);
            for (int i = 0; i < queries; i++) {
                int seen = least + i / group - start;
                int end = Math.clamp(seen, 0, pages * PageLayout.POSITIONS);
                int begin = Math.clamp(seen - (long) layer.window(), 0, end);
                weigh(scores, ((head - from) * queries + i) * STRETCH, begin, end, result, i, compute.scratch(worker));
            }
        }
        for (int p = 0; p < pages; p++) {
            for (int head = from; head < to; head++) {
                MemorySegment page = block.sequence().page(firstPage + p);
                long values = cache.values(index, head);
                if (!format.isFloats()) {
                    format.readValues(kernels, page, values, mine.page);
                    page = mine.page;
                    values = 0;
                }
                float[] out = results.get(at + head - from).out();
                int weights = (head - from) * queries * STRETCH + p * PageLayout.POSITIONS;
                int before = start + p * PageLayout.POSITIONS;
                if (before + PageLayout.POSITIONS <= least) {
                    kernels.weigh(
                            scores, weights, STRETCH, queries, PageLayout.POSITIONS, layout, page, values, out, 0);
                    continue;
                }
                for (int first = 0; first < queries; first += group) {
                    int seen = Math.clamp(least + first / group - before, 0, PageLayout.POSITIONS);
                    kernels.weigh(
                            scores,
                            weights + first * STRETCH,
                            STRETCH,
                            group,
                            seen,
                            layout,
                            page,
                            values,
                            out,
                            first * layout.paddedValueSize());
                }
            }
        }
    }

    /// Makes weights of one query's scores of a stretch, which begin at `at`: those from `from` to `to` count, those
    /// before weigh nothing.
    private void weigh(float[] scores, int at, int from, int to, PartialAttention stretch, int query, Scratch scratch) {
        Arrays.fill(scores, at, at + from, 0);
        if (from == to) {
            return;
        }
        if (model.caps().attention() > 0) {
            compute.kernels().softCap(model.caps().attention(), scores, at + from, at + to);
        }
        float most = compute.kernels().most(scores, at + from, to - from);
        float sum = compute.kernels().exponentials(scores, at + from, to - from, most, scratch);
        stretch.count(query, most, sum);
    }

    /// Copies the block's queries of one group of heads: `-> q (tokens, group, keySize)`, from `at` on.
    private void gather(Step step, Step.Block block, int head, float[] q, int at) {
        int length = model.group() * model.keySize();
        for (int token = block.from(); token < block.to(); token++) {
            int from = (token * model.heads() + head * model.group()) * model.keySize();
            System.arraycopy(step.q, from, q, at + (token - block.from()) * length, length);
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
