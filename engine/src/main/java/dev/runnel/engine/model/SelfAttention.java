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

    /// Blocks and heads for each worker from which on they are the parts of the work; of fewer, their stretches are.
    private static final int ENOUGH = 2;

    private final Hyperparameters model;
    private final KvCache cache;
    private final Compute compute;
    private final int queries; // at most in a block
    private final Buffers[] buffers;
    private final List<PartialAttention> stretches = new ArrayList<>(); // of all blocks and heads
    private int[] starts = {}; // (blocks + 1): where in `stretches` each one's begin

    SelfAttention(Hyperparameters model, KvCache cache, Compute compute) {
        this.model = model;
        this.cache = cache;
        this.compute = compute;
        this.queries = blockTokens(model) * model.group();
        this.buffers = IntStream.range(0, compute.workers())
                .mapToObj(i -> new Buffers(queries, cache.format().layout()))
                .toArray(Buffers[]::new);
    }

    /// Tokens whose queries, of the heads that share keys, make one block.
    static int blockTokens(Hyperparameters model) {
        return Math.max(1, BLOCK / model.group());
    }

    /// One thread's room for a block of queries.
    private static final class Buffers {
        final float[] q; // (queries, keySize)
        final float[] scores; // (queries, STRETCH)
        final PartialAttention stretch;
        final PartialAttention whole;
        final MemorySegment page; // a head of it as floats, as PageLayout has it

        Buffers(int queries, PageLayout layout) {
            q = new float[queries * layout.keySize()];
            scores = new float[queries * STRETCH];
            stretch = new PartialAttention(queries, layout.paddedValueSize());
            whole = new PartialAttention(queries, layout.paddedValueSize());
            page = Arena.ofAuto().allocate(layout.bytes(), Float.BYTES * Kernels.STRANDS);
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
                            cache.offset(index, head),
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
        int parts = step.blocks.size() * heads;
        int all = parts < ENOUGH * compute.workers() ? lay(step, layer) : parts;
        if (all == parts) {
            compute.inParallel(parts, (worker, part) -> {
                Step.Block block = step.blocks.get(part / heads);
                int head = part % heads;
                Buffers mine = buffers[worker];
                begin(layer, block, head, mine.whole);
                gather(step, block, head, mine.q);
                int end = end(step, block);
                for (int stretch = first(step, layer, block); stretch < end; stretch++) {
                    attend(step, index, layer, block, head, stretch, mine.stretch, worker);
                    mine.whole.add(mine.stretch, queries(block));
                }
                finish(step, block, head, mine.whole);
            });
            return;
        }
        compute.inParallel(all, (worker, part) -> {
            int number = blockOf(part);
            Step.Block block = step.blocks.get(number);
            int from = starts[number];
            int each = (starts[number + 1] - from) / heads;
            int head = (part - from) / each;
            gather(step, block, head, buffers[worker].q);
            int stretch = first(step, layer, block) + (part - from) % each;
            attend(step, index, layer, block, head, stretch, stretches.get(part), worker);
        });
        compute.inParallel(parts, (worker, part) -> {
            int number = part / heads;
            Step.Block block = step.blocks.get(number);
            int head = part % heads;
            PartialAttention whole = buffers[worker].whole;
            begin(layer, block, head, whole);
            int from = starts[number];
            int each = (starts[number + 1] - from) / heads;
            for (int i = from + head * each; i < from + (head + 1) * each; i++) {
                whole.add(stretches.get(i), queries(block));
            }
            finish(step, block, head, whole);
        });
    }

    /// Sees to it that there is room for the stretches of all blocks and heads.
    ///
    /// @return how many there are
    private int lay(Step step, LayerAttention layer) {
        if (starts.length <= step.blocks.size()) {
            starts = new int[step.blocks.size() + 1];
        }
        int all = 0;
        for (int i = 0; i < step.blocks.size(); i++) {
            Step.Block block = step.blocks.get(i);
            all += model.keyValueHeads() * (end(step, block) - first(step, layer, block));
            starts[i + 1] = all;
        }
        while (stretches.size() < all) {
            stretches.add(new PartialAttention(queries, cache.format().layout().paddedValueSize()));
        }
        return all;
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

    /// One head of keys and values in one stretch of positions, for a block of tokens and their `group` heads of
    /// queries.
    private void attend(
            Step step,
            int index,
            LayerAttention layer,
            Step.Block block,
            int head,
            int stretch,
            PartialAttention to,
            int worker) {
        Kernels kernels = compute.kernels();
        PageFormat format = cache.format();
        PageLayout layout = format.layout();
        Buffers mine = buffers[worker];
        int group = model.group();
        int queries = queries(block);
        int least = seen(step, block);
        int from = Math.max(firstPage(step, layer, block), stretch * PAGES);
        int seenPages = Math.ceilDiv(least + block.to() - block.from() - 1, PageLayout.POSITIONS);
        int pages = Math.min(seenPages, (stretch + 1) * PAGES) - from;
        int start = from * PageLayout.POSITIONS;
        float[] scores = mine.scores;
        long offset = cache.offset(index, head);
        for (int p = 0; p < pages; p++) {
            MemorySegment page = block.sequence().page(from + p);
            int at = p * PageLayout.POSITIONS;
            long keys = offset;
            if (!format.isFloats()) {
                format.readKeys(kernels, page, offset, mine.page);
                page = mine.page;
                keys = 0;
            }
            kernels.scores(mine.q, queries, layout, page, keys, model.scales().attention(), scores, at, STRETCH);
        }
        to.clear(queries);
        for (int i = 0; i < queries; i++) {
            int seen = least + i / group - start;
            int end = Math.clamp(seen, 0, pages * PageLayout.POSITIONS);
            int begin = Math.clamp(seen - (long) layer.window(), 0, end);
            weigh(scores, i, begin, end, to, compute.scratch(worker));
        }
        for (int p = 0; p < pages; p++) {
            MemorySegment page = block.sequence().page(from + p);
            int at = p * PageLayout.POSITIONS;
            long values = offset;
            if (!format.isFloats()) {
                format.readValues(kernels, page, offset, mine.page);
                page = mine.page;
                values = 0;
            }
            if (start + at + PageLayout.POSITIONS <= least) {
                kernels.weigh(scores, at, STRETCH, queries, PageLayout.POSITIONS, layout, page, values, to.out(), 0);
                continue;
            }
            for (int first = 0; first < queries; first += group) {
                int seen = Math.clamp(least + first / group - start - at, 0, PageLayout.POSITIONS);
                kernels.weigh(
                        scores,
                        first * STRETCH + at,
                        STRETCH,
                        group,
                        seen,
                        layout,
                        page,
                        values,
                        to.out(),
                        first * layout.paddedValueSize());
            }
        }
    }

    /// Makes weights of one query's scores of a stretch: those from `from` to `to` count, and those before weigh
    /// nothing.
    private void weigh(float[] scores, int query, int from, int to, PartialAttention stretch, Scratch scratch) {
        int at = query * STRETCH;
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
