package dev.runnel.engine.model;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.Tensor;
import dev.runnel.engine.kernel.Kernels;
import dev.runnel.engine.kernel.Matrix;
import dev.runnel.engine.kernel.PageLayout;
import dev.runnel.engine.kernel.Workers;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/// A decoder-only transformer from a GGUF file: layers of attention and feed-forward over a residual stream.
///
/// Weight matrices stay where the file is mapped. All buffers are made when it is loaded. It owns its cache,
/// not the file and the workers that it was given.
public final class Transformer implements LanguageModel {

    /// Tokens whose logits are computed together, which bounds their buffer.
    private static final int LOGITS_AT_ONCE = 16;

    private final Hyperparameters model;
    private final Rope rope;
    private final Matrix embedding; // (vocabulary, width)
    private final List<Layer> layers;
    private final float[] outputNorm; // (width)
    private final Matrix output; // (vocabulary, width)

    private final KvCache cache;
    private final int contextLength;
    private final Compute compute;
    private final SelfAttention attention;
    private final Step step;
    private final float[] logits; // (LOGITS_AT_ONCE, vocabulary)

    /// Reads a model.
    ///
    /// @param file stays open while the model is used
    /// @param workers run nothing else meanwhile
    /// @throws ModelFileException if the file holds no model that this engine runs
    public static Transformer load(
            GgufFile file, Kernels kernels, Workers workers, LoadOptions options, LoadProgress progress) {
        Transformer model = new Transformer(file, kernels, workers, options);
        long total = file.tensors().stream()
                .mapToLong(tensor -> tensor.data().byteSize())
                .sum();
        long loaded = 0;
        for (Tensor tensor : file.tensors()) {
            if (tensor.data().isMapped()) {
                tensor.data().load();
            }
            loaded += tensor.data().byteSize();
            progress.loaded(loaded, total);
        }
        return model;
    }

    private Transformer(GgufFile file, Kernels kernels, Workers workers, LoadOptions options) {
        model = Hyperparameters.of(file);
        Weights weights = new Weights(file, kernels);
        rope = Rope.of(file, model, weights);
        embedding = weights.matrixOfWidth("token_embd.weight", model.width());
        layers = IntStream.range(0, model.layers())
                .mapToObj(index -> Layer.of(weights, model, index))
                .toList();
        outputNorm = weights.vector("output_norm.weight", model.width());
        output = weights.has("output.weight")
                ? weights.matrix("output.weight", embedding.rows(), model.width())
                : embedding;
        weights.requireAllTaken(model.family());

        PageLayout layout = new PageLayout(model.keySize(), model.valueSize());
        long pageBytes = KvCache.pageBytes(layout, model.layers(), model.keyValueHeads());
        long pages = Math.min(options.cacheBytes() / pageBytes, Integer.MAX_VALUE / PageLayout.POSITIONS);
        if (pages == 0) {
            throw new ModelFileException(
                    file.name(),
                    "needs %d bytes of cache for %d tokens, and may have %d"
                            .formatted(pageBytes, PageLayout.POSITIONS, options.cacheBytes()));
        }
        cache = new KvCache(layout, model.layers(), model.keyValueHeads(), (int) pages);
        contextLength = Math.min(cache.capacity(), Math.min(model.context(), options.contextLength()));
        int widest = Math.max(model.width(), Math.max(model.feedForward(), model.heads() * model.valueSize()));
        compute = new Compute(kernels, workers, widest);
        attention = new SelfAttention(model, rope, cache, compute);
        step = new Step(model, options.batchTokens(), SelfAttention.blockTokens(model), rope.pairs());
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
    public Optional<KvSequence> reserve(int tokens) {
        if (tokens < 1 || tokens > contextLength) {
            throw new IllegalArgumentException(
                    "%d tokens were to be reserved, expected 1 to %d".formatted(tokens, contextLength));
        }
        return cache.reserve(tokens);
    }

    @Override
    public void forward(List<Slice> batch) {
        check(batch);
        for (Slice slice : batch) {
            KvCache.Sequence sequence = (KvCache.Sequence) slice.sequence();
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
    }

    private void run() {
        try {
            int n = step.tokens();
            float epsilon = model.epsilon();

            // x (tokens, width): the tokens' own vectors, to which each part of each layer adds.
            compute.inParallel(n, (worker, token) -> start(token));
            for (int i = 0; i < layers.size(); i++) {
                Layer layer = layers.get(i);

                // x += attention(norm(x))
                compute.rmsNorm(step.x, n, layer.attentionNorm(), epsilon, step.h);
                attention.forward(step, i, layer.attention());
                compute.add(step.x, step.h, n, model.width());

                // x += feedForward(norm(x))
                compute.rmsNorm(step.x, n, layer.feedForwardNorm(), epsilon, step.h);
                layer.feedForward().forward(step, compute);
                compute.add(step.x, step.h, n, model.width());
            }
            for (int from = 0; from < step.wanted.size(); from += LOGITS_AT_ONCE) {
                int to = Math.min(from + LOGITS_AT_ONCE, step.wanted.size());
                computeLogits(step.wanted.subList(from, to));
            }
            for (Step.Block block : step.blocks) {
                block.sequence().grow(block.to() - block.from());
            }
        } finally {
            step.clear();
        }
    }

    /// Puts a token's vector at the start of the residual stream, and computes its position's turns.
    private void start(int token) {
        compute.kernels().row(embedding, step.ids[token], step.x, token * model.width());
        rope.turnsAt(step.positions[token], step.cos, step.sin, token * rope.pairs());
    }

    /// `x (tokens, width) -> logits (wanted, vocabulary)`.
    private void computeLogits(List<Step.Wanted> wanted) {
        int width = model.width();
        int vocabulary = vocabularySize();
        for (int i = 0; i < wanted.size(); i++) {
            System.arraycopy(step.x, wanted.get(i).token() * width, step.h, i * width, width);
        }
        compute.rmsNorm(step.h, wanted.size(), outputNorm, model.epsilon(), step.h);
        compute.multiply(output, step.h, wanted.size(), logits);
        for (int i = 0; i < wanted.size(); i++) {
            System.arraycopy(logits, i * vocabulary, wanted.get(i).destination(), 0, vocabulary);
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
            if (sequence.length() + slice.length() > sequence.room()) {
                throw new IllegalArgumentException("a sequence of %d tokens was to grow by %d, and has room for %d"
                        .formatted(sequence.length(), slice.length(), sequence.room()));
            }
            float[] destination = slice.logits();
            if (destination != null && destination.length != vocabularySize()) {
                throw new IllegalArgumentException(
                        "there is room for %d logits, expected %d".formatted(destination.length, vocabularySize()));
            }
            for (int i = slice.from(); i < slice.to(); i++) {
                if (slice.tokens()[i] < 0 || slice.tokens()[i] >= vocabularySize()) {
                    throw new IllegalArgumentException(
                            "token %d is not in the vocabulary of %d".formatted(slice.tokens()[i], vocabularySize()));
                }
            }
        }
    }

    @Override
    public void close() {
        cache.close();
    }
}
