package dev.runnel.engine.kernel;

/// A packed matrix times a batch: the packed numbers themselves where the batch is small, else some
/// columns of a block of rows unpacked, and as many tokens at a time as the registers hold sums for.
///
/// Columns are taken a piece at a time, or as many as stay unpacked in the cache that a core has to itself while all
/// tokens pass by. Totals are in [Scratch] until the last of them is done.
///
/// @param w packed
@SuppressWarnings("ArrayRecordComponent") // never compared
record PackedProduct(PackedFormat format, Matrix w, Operand x, int tokens, float[] y) {

    /// How the tokens of a batch meet a piece of weights.
    enum Way {
        /// One token, or one after another; numbers and scales are multiplied as they are read.
        SINGLY,
        /// Several tokens side by side; numbers of four bits are multiplied as they are read.
        IN_TILES,
        /// The same with numbers that have been unpacked.
        UNPACKED;

        /// From so many tokens on there are tiles of numbers as they are read, a tile costing the same however many
        /// tokens there are in it,
        private static final int SOME = 4;

        /// and to so many: then memory is hardly read any more, and unpacked numbers are as fast, see
        /// [Packing4Blocks]. A tile of four takes elements out for half as many.
        private static final int MANY = WIDE == PackedBlocks.MOST ? 32 : NARROW;

        static Way of(PackedFormat format, int tokens) {
            if (format.packing() instanceof Packing4 && tokens <= MANY) {
                return tokens < SOME ? SINGLY : IN_TILES;
            }
            return tokens > WIDE / 2 ? UNPACKED : SINGLY;
        }
    }

    /// Most columns that are unpacked at a time: they take 256 KiB.
    static final int COLUMNS = 2048;

    /// Runs with sums of their own: those of a tile, which are more than those of a piece.
    static final int RUNS = PackedBlocks.MOST * PackedBlocks.RUNS;

    private static final int ROWS = Packing.ROWS;

    /// Tokens of a tile,
    private static final int WIDE = PackedBlocks.WIDEST;

    /// and of a last one that few are left for, of numbers as they are read.
    private static final int NARROW = 4;

    /// A part of the work on a block of rows. Where steps are called there are too many kinds of them for C2 to
    /// inline any; so it compiles each alone, and its budget suffices for each.
    ///
    /// What differs between formats is a step of each format's own. A method that several share is compiled anew
    /// as soon as it meets another: with that one's code inlined, of which there is no profile yet, and its
    /// vectors on the heap.
    @FunctionalInterface
    interface Step {

        /// @param from first column
        /// @param n number of a token, or of a tile of them; of a step that loads, columns loaded before
        void run(int block, int from, int n, Scratch scratch);
    }

    private static int tiles(int tokens) {
        return Math.ceilDiv(tokens, WIDE);
    }

    /// Tokens that there is room for in all.
    private static int room(Way way, int tokens) {
        return way == Way.SINGLY ? tokens : tiles(tokens) * WIDE;
    }

    /// Tokens that there is room for in a tile.
    private static int width(Way way, int tokens, int tile) {
        return way == Way.UNPACKED || tokens - tile * WIDE > NARROW ? WIDE : NARROW;
    }

    /// As [Kernels#preparationParts] says.
    static int preparationParts(PackedFormat format, int tokens) {
        return Way.of(format, tokens) == Way.SINGLY ? tokens : tiles(tokens);
    }

    /// As [Kernels#preparation] says.
    static Workers.Task preparation(
            PackedFormat format, Matrix w, float[] x, int tokens, Operand to, Scratch[] scratches) {
        Way way = Way.of(format, tokens);
        int room = room(way, tokens);
        to.reserve(room * w.columns(), room * format.groups(w));
        return way == Way.SINGLY
                ? (_, t) -> format.prepare(w, x, t, to)
                : (worker, tile) -> format.prepareTile(
                        w, x, tokens, tile * WIDE, width(way, tokens, tile), to, scratches[worker].rounded);
    }

    /// The task that [Kernels#multiplication] describes.
    Workers.Task task(int rows, Scratch[] scratches) {
        Way way = Way.of(format, tokens);
        Step[] first = stepsOfPiece(way);
        Step[] each = stepsOfTurn(way);
        int columns = way == Way.UNPACKED ? COLUMNS : PackedFormat.PIECE;
        int turns = preparationParts(format, tokens);
        int totals = room(way, tokens) * ROWS;
        return (worker, part) -> {
            Scratch scratch = scratches[worker];
            int to = Math.min((part + 1) * rows, w.rows());
            for (int r = part * rows, next; r < to; r = next) {
                int block = r / ROWS;
                next = Math.min((block + 1) * ROWS, to);
                scratch.clearTotals(totals);
                for (int from = 0; from < w.columns(); from += columns) {
                    int end = Math.min(from + columns, w.columns());
                    for (int at = from; at < end; at += PackedFormat.PIECE) {
                        run(first, block, at, at - from, scratch);
                    }
                    for (int t = 0; t < turns; t++) {
                        run(each, block, from, t, scratch);
                    }
                }
                for (int t = 0; t < tokens; t++) {
                    System.arraycopy(scratch.totals, t * ROWS + r % ROWS, y, t * w.rows() + r, next - r);
                }
            }
        };
    }

    /// What is done with a piece before any token meets it.
    private Step[] stepsOfPiece(Way way) {
        if (way == Way.SINGLY) {
            return new Step[] {};
        }
        Step scales = format.scales().loading(this);
        return way == Way.UNPACKED ? new Step[] {format.packing().unpacking(this), scales} : new Step[] {scales};
    }

    /// What is done for each token, or for each tile of them.
    private Step[] stepsOfTurn(Way way) {
        return switch (way) {
            case SINGLY -> new Step[] {this::multiply, format.scales().adding(this)};
            case IN_TILES -> {
                Packing4 packing = (Packing4) format.packing();
                yield new Step[] {
                    (block, from, tile, scratch) -> multiplyTile(packing, block, from, tile, scratch), this::addTile
                };
            }
            case UNPACKED -> new Step[] {this::multiplyUnpacked};
        };
    }

    private static void run(Step[] steps, int block, int from, int n, Scratch scratch) {
        for (Step step : steps) {
            step.run(block, from, n, scratch);
        }
    }

    /// Columns of the piece that begins at `from`.
    private int columns(int from) {
        return format.columns(w, from);
    }

    /// Blocks of a row in the piece that begins at `from`.
    int blocks(int from) {
        return columns(from) / format.definition().block;
    }

    /// Runs of a row in the piece that begins at `from`.
    int runs(int from) {
        return columns(from) / format.packing().run;
    }

    /// Where in [Scratch] the scales come that are behind those of `n` columns.
    int scalesAt(int n) {
        return n / format.definition().group * ROWS;
    }

    /// Bytes from the start of the weights to the scales of the piece.
    long scalesOffset(int block, int from) {
        return format.scalesOffset(w, block, from);
    }

    /// Bytes from the start of the weights to the numbers of the piece.
    long quantsOffset(int block, int from) {
        return format.quantsOffset(w, block, from);
    }

    /// Where in an [Operand] the groups of token `t` begin that are those of the columns from `from` on.
    int groupAt(int from, int t) {
        return t * format.groups(w) + from / format.definition().group;
    }

    // One token after another

    private void multiply(int block, int from, int t, Scratch scratch) {
        int xAt = t * w.columns() + from;
        Packing packing = format.packing();
        long at = quantsOffset(block, from);
        packing.multiply(w.data(), at, runs(from), x.quants, xAt, x.starts, groupAt(from, t), scratch.sums);
    }

    // A tile of tokens

    private void multiplyTile(Packing4 packing, int block, int from, int tile, Scratch scratch) {
        int wide = width(Way.IN_TILES, tokens, tile);
        int xAt = tile * WIDE * w.columns() + from * wide;
        int start = groupAt(from, tile * WIDE);
        int starts = format.groups(w);
        long at = quantsOffset(block, from);
        packing.multiplyTile(w.data(), at, runs(from), x.quants, xAt, wide, x.starts, start, starts, scratch.sums);
    }

    private void addTile(int block, int from, int tile, Scratch scratch) {
        int wide = width(Way.IN_TILES, tokens, tile);
        int groups = columns(from) / format.definition().group;
        add(0, groupAt(from, tile * WIDE), groups, wide, tile * WIDE * ROWS, scratch);
    }

    // A tile of tokens, and numbers that are unpacked

    private void multiplyUnpacked(int block, int from, int tile, Scratch scratch) {
        int group = format.definition().group;
        int runs = format.runsOfGroup();
        int groups = Math.min(COLUMNS, w.columns() - from) / group;
        int atOnce = PackedBlocks.RUNS / runs;
        int xAt = tile * w.columns() + from;
        int xGroup = tile * WIDE * format.groups(w) + from / group;
        for (int g = 0; g < groups; g += atOnce) {
            int n = Math.min(atOnce, groups - g);
            for (int run = 0; run < n * runs; run++) {
                multiplyRun(g * runs + run, xAt, run * ROWS, scratch);
            }
            add(g, xGroup + g, n, WIDE, tile * WIDE * ROWS, scratch);
        }
    }

    private void multiplyRun(int run, int xAt, int to, Scratch scratch) {
        int n = format.packing().run;
        int wAt = run * n * ROWS;
        int at = (xAt + run * n) * WIDE;
        if (WIDE == 8) {
            PackedBlocks.times8(scratch.quants, wAt, x.quants, at, n, scratch.sums, to);
        } else {
            PackedBlocks.times4(scratch.quants, wAt, x.quants, at, n, scratch.sums, to);
        }
    }

    /// See [PackedSums] for what is what.
    private void add(int g, int xAt, int groups, int tokens, int to, Scratch scratch) {
        short[] sums = scratch.sums;
        float[] scales = scratch.scales;
        float[] minima = scratch.minima;
        float[] totals = scratch.totals;
        int stride = PackedBlocks.STRIDE;
        int wAt = g * ROWS;
        int xStride = format.groups(w);
        boolean hasMinima = format.definition().hasMinima();
        if (format.runsOfGroup() == 1 && hasMinima) {
            PackedSums.addOneWithMinima(sums, stride, scales, minima, wAt, x, xAt, xStride, groups, tokens, totals, to);
        } else if (format.runsOfGroup() == 1) {
            PackedSums.addOne(sums, stride, scales, wAt, x, xAt, xStride, groups, tokens, totals, to);
        } else if (hasMinima) {
            PackedSums.addTwoWithMinima(sums, stride, scales, minima, wAt, x, xAt, xStride, groups, tokens, totals, to);
        } else {
            PackedSums.addTwo(sums, stride, scales, wAt, x, xAt, xStride, groups, tokens, totals, to);
        }
    }
}
