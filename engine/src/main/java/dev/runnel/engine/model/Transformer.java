package dev.runnel.engine.model;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.Tensor;
import dev.runnel.engine.kernel.Kernels;
import dev.runnel.engine.kernel.Matrix;
import dev.runnel.engine.kernel.PageFormat;
import dev.runnel.engine.kernel.PageLayout;
import dev.runnel.engine.kernel.Workers;
import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A decoder-only transformer from a GGUF file: layers of attention and feed-forward over a residual stream.
///
/// Weight matrices stay where the file is mapped, unless the kernels like another order of their numbers. All
/// buffers are made when it is loaded. It owns its cache and such matrices, not the file and the workers that
/// it was given.
public final class Transformer implements LanguageModel {

    /// Tokens whose logits are computed together, which bounds their buffer.
    private static final int LOGITS_AT_ONCE = 16;

    private final Arena memory; // of arranged matrices
    private final Set<String> copied; // names of tensors that are read no more
    private final Set<String> finite; // of those that are, and whose numbers have been looked through
    private final Hyperparameters model;
    private final Ropes ropes;
    private final Matrix embedding; // (vocabulary, width)
    private final @Nullable Matrix positions; // (context, width)  where positions are learned
    private final List<Layer> layers;
    private final Norm outputNorm;
    private final Linear output; // (vocabulary, width)

    private final KvCache cache;
    private final int contextLength;
    private final Compute compute;
    private final SelfAttention attention;
    private final Step step;
    private final float[] logits; // (LOGITS_AT_ONCE, vocabulary)

    /// Reads a model, and every weight of it once unless the options trust it.
    ///
    /// @param file stays open while the model is used
    /// @param workers run nothing else meanwhile
    /// @throws ModelFileException if the file holds no model that this engine runs
    @SuppressWarnings("MustBeClosedChecker") // the model closes its memory
    public static Transformer load(
            GgufFile file, Kernels kernels, Workers workers, LoadOptions options, LoadProgress progress) {
        Arena memory = Arena.ofShared();
        try {
            return load(file, kernels, workers, options, memory, progress);
        } catch (RuntimeException | Error failure) {
            memory.close();
            throw failure;
        }
    }

    private static Transformer load(
            GgufFile file, Kernels kernels, Workers workers, LoadOptions options, Arena memory, LoadProgress progress) {
        Transformer model = new Transformer(file, kernels, workers, options, memory);
        FiniteWeights check = new FiniteWeights(file.name(), model.compute);
        long total = file.tensors().stream()
                .mapToLong(tensor -> tensor.data().byteSize())
                .sum();
        long loaded = 0;
        for (Tensor tensor : file.tensors()) {
            if (model.copied.contains(tensor.name())) {
                tensor.unload(); // nobody reads it again
            } else {
                tensor.load();
                if (!options.isTrusted() && !model.finite.contains(tensor.name())) {
                    check.require(tensor);
                }
            }
            loaded += tensor.data().byteSize();
            progress.loaded(loaded, total);
        }
        return model;
    }

    private Transformer(GgufFile file, Kernels kernels, Workers workers, LoadOptions options, Arena memory) {
        this.memory = memory;
        model = Hyperparameters.of(file);
        PageFormat format = model.pageFormat(options.cacheType());
        int pages = KvCache.pages(file.name(), model, format, options.cacheBytes());
        contextLength = Math.min(pages * PageLayout.POSITIONS, Math.min(model.context(), options.contextLength()));

        PackedFile kept = options.keptBeside()
                .map(path -> PackedFile.beside(path, file, workers, memory))
                .orElse(null);
        Weights weights = new Weights(file, kernels, workers, memory, kept);
        ropes = Ropes.of(file, model, weights, contextLength, options.batchTokens());
        embedding = weights.matrixOfWidth("token_embd.weight", model.width());
        positions = model.family().positions() == Positions.LEARNED
                ? weights.matrix("position_embd.weight", model.context(), model.width())
                : null;
        layers = IntStream.range(0, model.layers())
                .mapToObj(index -> Layer.of(weights, model, ropes, index))
                .toList();
        outputNorm = model.family().norm().of(weights, "output_norm", model.width(), model.epsilon());
        output = weights.has("output.weight")
                ? weights.linear("output", embedding.rows(), model.width())
                : new Linear(embedding, null);
        weights.requireAllTaken(model.family());
        if (kept != null) {
            kept.keep(workers);
        }
        copied = weights.copied();
        finite = weights.finite();

        cache = new KvCache(format, model.layers(), model.keyValueHeads(), pages);
        int widest = Math.max(model.width(), Math.max(model.widestFeedForward(), model.heads() * model.valueSize()));
        compute = new Compute(kernels, workers, widest);
        attention = new SelfAttention(model, cache, compute);
        step = new Step(model, options.batchTokens(), SelfAttention.blockTokens(model));
        logits = new float[Math.min(LOGITS_AT_ONCE, options.batchTokens()) * embedding.rows()];
    }

    @Override
    public int vocabularySize() {
        return embedding.rows();
    }

    @Override
    public int contextLength() {
        return contextLength;
    }

    @Override
    public int capacity() {
        return cache.capacity();
    }

    @Override
    public CacheUse cacheUse() {
        return cache.use();
    }

    @Override
    public Optional<KvSequence> reserve(int tokens) {
        checkRoom(tokens);
        return cache.reserve(tokens);
    }

    @Override
    public Optional<KvSequence> reserve(int tokens, int[] beginning) {
        checkRoom(tokens);
        if (beginning.length > tokens) {
            throw new IllegalArgumentException("%d tokens were to be reserved for a sequence that begins with %d"
                    .formatted(tokens, beginning.length));
        }
        return cache.reserve(tokens, beginning);
    }

    private void checkRoom(int tokens) {
        if (tokens < 1 || tokens > contextLength) {
            throw new IllegalArgumentException(
                    "%d tokens were to be reserved, expected 1 to %d".formatted(tokens, contextLength));
        }
    }

    @Override
    public void forward(List<Slice> batch) {
        check(batch);
        try {
            for (Slice slice : batch) {
                KvCache.Sequence sequence = (KvCache.Sequence) slice.sequence();
                if (slice.guesses() > 0 && slice.length() > step.room()) {
                    run(); // guesses are in one run, at whose end it is known where they begin
                }
                for (int from = slice.from(), to; from < slice.to(); from = to) {
                    to = Math.min(slice.to(), from + step.room());
                    step.add(slice, sequence, from, to);
                    if (step.room() == 0) {
                        run();
                    }
                }
            }
            if (step.tokens() > 0) {
                run();
            }
        } finally {
            step.clear();
        }
    }

    private void run() {
        int n = step.tokens();
        int width = model.width();
        float scale = model.scales().residual();

        // x (tokens, width): the tokens' own vectors, to which each part of each layer adds.
        compute.inParallel(n, (worker, token) -> start(token));
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);

            // x += norm(attention(norm(x)))
            compute.normalize(layer.attentionNorm(), step.x, n, step.h);
            attention.forward(step, i, layer.attention());
            compute.normalize(layer.attentionOutputNorm(), step.out, n);
            compute.add(step.x, scale, step.out, n, width);

            // x += norm(feedForward(norm(x))), or side by side with attention, whose input h still is
            if (model.family().normPlaces() != NormPlaces.SHARED) {
                compute.normalize(layer.feedForwardNorm(), step.x, n, step.h);
            }
            layer.feedForward().forward(step, compute);
            compute.normalize(layer.feedForwardOutputNorm(), step.out, n);
            compute.add(step.x, scale, step.out, n, width);
        }
        for (int from = 0; from < step.wanted.size(); from += LOGITS_AT_ONCE) {
            int to = Math.min(from + LOGITS_AT_ONCE, step.wanted.size());
            computeLogits(step.wanted.subList(from, to));
        }
        for (Step.Growth growth : step.growths) {
            growth.sequence().grow(growth.tokens(), growth.guesses());
        }
        step.clear();
    }

    /// Puts a token's vector at the start of the residual stream, and tells what its position is.
    private void start(int token) {
        Kernels kernels = compute.kernels();
        int at = token * model.width();
        kernels.row(embedding, step.ids[token], step.x, at);
        kernels.scale(model.scales().embedding(), step.x, at, at + model.width());
        if (positions != null) {
            kernels.row(positions, step.positions[token], step.h, at);
            kernels.add(step.x, at, 1, step.h, at, model.width());
        }
        ropes.prepare(token, step.positions[token]);
    }

    /// `x (tokens, width) -> logits (wanted, vocabulary)`.
    private void computeLogits(List<Step.Wanted> wanted) {
        int width = model.width();
        int vocabulary = vocabularySize();
        int n = wanted.size();
        for (int i = 0; i < n; i++) {
            System.arraycopy(step.x, wanted.get(i).token() * width, step.h, i * width, width);
        }
        compute.normalize(outputNorm, step.h, n);
        compute.apply(output, step.h, n, logits);
        compute.inParallel(n, (worker, i) -> scaleAndCap(i * vocabulary, (i + 1) * vocabulary));
        for (int i = 0; i < n; i++) {
            Step.Wanted each = wanted.get(i);
            System.arraycopy(logits, i * vocabulary, each.destination(), 0, vocabulary);
            IntConsumer listener = each.each();
            if (listener != null) {
                listener.accept(each.index());
            }
        }
    }

    private void scaleAndCap(int from, int to) {
        if (model.scales().logits() != 1) {
            compute.kernels().scale(model.scales().logits(), logits, from, to);
        }
        if (model.caps().logits() > 0) {
            compute.kernels().softCap(model.caps().logits(), logits, from, to);
        }
    }

    /// Refuses a batch that breaks the rules of [LanguageModel#forward], before anything of it is computed.
    private void check(List<Slice> batch) {
        if (batch.isEmpty()) {
            throw new IllegalArgumentException("the batch is empty, expected at least one slice");
        }
        Set<KvSequence> seen = new HashSet<>();
        for (Slice slice : batch) {
            if (!(slice.sequence() instanceof KvCache.Sequence sequence) || !sequence.isOpenIn(cache)) {
                throw new IllegalArgumentException("a slice's sequence is closed or of another model");
            }
            if (!seen.add(sequence)) {
                throw new IllegalArgumentException("a sequence has two slices in one batch, expected one");
            }
            int length = sequence.end(slice.guesses() == slice.length());
            if (length + slice.length() > sequence.room()) {
                throw new IllegalArgumentException("a sequence of %d tokens was to grow by %d, and has room for %d"
                        .formatted(length, slice.length(), sequence.room()));
            }
            if (slice.guesses() > 0 && slice.length() > step.most()) {
                throw new IllegalArgumentException("a slice with guesses has %d tokens, expected at most %d"
                        .formatted(slice.length(), step.most()));
            }
            checkSize(slice.logits());
            for (int i = 0; i < slice.guesses(); i++) {
                checkSize(slice.guessLogits()[i]);
            }
            for (int i = slice.from(); i < slice.to(); i++) {
                if (slice.tokens()[i] < 0 || slice.tokens()[i] >= vocabularySize()) {
                    throw new IllegalArgumentException(
                            "token %d is not in the vocabulary of %d".formatted(slice.tokens()[i], vocabularySize()));
                }
            }
        }
    }

    private void checkSize(float @Nullable [] destination) {
        if (destination != null && destination.length != vocabularySize()) {
            throw new IllegalArgumentException(
                    "there is room for %d logits, expected %d".formatted(destination.length, vocabularySize()));
        }
    }

    @Override
    public int threads() {
        return compute.workers();
    }

    @Override
    public void inParallel(int parts, Workers.Task task) {
        compute.inParallel(parts, task);
    }

    @Override
    public void close() {
        cache.close();
        memory.close();
    }
}
