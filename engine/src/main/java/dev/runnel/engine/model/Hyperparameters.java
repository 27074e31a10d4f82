package dev.runnel.engine.model;

import dev.runnel.engine.CacheType;
import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.Metadata;
import dev.runnel.engine.kernel.PageFormat;
import dev.runnel.engine.kernel.PageLayout;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// The sizes and constants of a model, as its file gives them, checked against each other.
///
/// @param width elements of a token's vector between layers
/// @param heads of queries
/// @param keyValueHeads of keys and values; each serves `heads / keyValueHeads` heads of queries
/// @param keySize elements of a key and of a query, per head
/// @param valueSize elements of a value, per head
/// @param feedForward width of the feed-forward layers
/// @param context positions that the model was trained for
/// @param epsilon of the norms
/// @param window positions that a local layer sees, itself included
/// @param localLayers the layers that see no more than the window
record Hyperparameters(
        Family family,
        int layers,
        int width,
        int heads,
        int keyValueHeads,
        int keySize,
        int valueSize,
        int feedForward,
        int context,
        float epsilon,
        Scales scales,
        Caps caps,
        int window,
        Set<Integer> localLayers,
        Routing routing) {

    /// What results are multiplied by on their way.
    ///
    /// @param embedding of the tokens' vectors
    /// @param residual of what each part of a layer adds
    /// @param attention of scores, so that their size doesn't grow with the keys'
    /// @param logits of the model's result
    record Scales(float embedding, float residual, float attention, float logits) {}

    private static final int MOST_LAYERS = 1 << 10;
    private static final int MOST_HEADS = 1 << 12;
    private static final int MOST_EXPERTS = 1 << 12;
    private static final int WIDEST = 1 << 19;
    private static final int LONGEST = 1 << 24;
    private static final float LARGEST_SCALE = 1e6f;

    static Hyperparameters of(GgufFile file) {
        Family family = Family.of(file);
        Metadata metadata = file.metadata();
        String prefix = family.architecture() + ".";
        String headsKey = prefix + "attention.head_count";
        int width = metadata.requireInteger(prefix + "embedding_length", 1, WIDEST);
        int heads = metadata.requireInteger(headsKey, 1, MOST_HEADS);
        int keyValueHeads = metadata.integer(headsKey + "_kv", 1, MOST_HEADS).orElse(heads);
        if (heads % keyValueHeads != 0) {
            throw new ModelFileException(
                    file.name(),
                    "has %d heads for %d heads of keys and values, expected a multiple"
                            .formatted(heads, keyValueHeads));
        }
        float epsilon =
                metadata.requireNumber(family.architecture() + family.norm().epsilonKey());
        if (epsilon < 0) {
            throw new ModelFileException(
                    file.name(), "has the norm epsilon %s, expected a number from 0 up".formatted(epsilon));
        }
        int layers = metadata.requireInteger(prefix + "block_count", 1, MOST_LAYERS);
        int keySize = headSize(file, prefix + "attention.key_length", width, heads);
        int feedForward = metadata.requireInteger(prefix + "feed_forward_length", 1, WIDEST);
        int window = window(file, family);
        return new Hyperparameters(
                family,
                layers,
                width,
                heads,
                keyValueHeads,
                keySize,
                headSize(file, prefix + "attention.value_length", width, heads),
                feedForward,
                metadata.requireInteger(prefix + "context_length", 1, LONGEST),
                epsilon,
                scales(file, family, layers, width, heads, keySize),
                new Caps(
                        positive(
                                file,
                                prefix + "attn_logit_softcapping",
                                family.caps().attention()),
                        positive(
                                file,
                                prefix + "final_logit_softcapping",
                                family.caps().logits())),
                window,
                window == 0 ? Set.of() : localLayers(file, family, layers),
                routing(file, family, feedForward));
    }

    /// How the cache stores keys and values.
    PageFormat pageFormat(CacheType type) {
        return PageFormat.of(type, new PageLayout(keySize, valueSize));
    }

    /// Heads of queries that share a head of keys and values.
    int group() {
        return heads / keyValueHeads;
    }

    /// Width of the feed-forward layers that there are.
    int widestFeedForward() {
        return routing.experts() > 0 ? routing.feedForward() : feedForward;
    }

    boolean isLocal(int layer) {
        return localLayers.contains(layer);
    }

    private static int headSize(GgufFile file, String key, int width, int heads) {
        return file.metadata().integer(key, 1, WIDEST / heads).orElseGet(() -> {
            if (width % heads != 0) {
                throw new ModelFileException(
                        file.name(),
                        "has %d heads for a width of %d and no %s, expected a divisor".formatted(heads, width, key));
            }
            return width / heads;
        });
    }

    private static Scales scales(GgufFile file, Family family, int layers, int width, int heads, int keySize) {
        String prefix = family.architecture() + ".";
        double rootOfWidth = family.has(Quirk.EMBEDDING_TIMES_ROOT_OF_WIDTH) ? Math.sqrt(width) : 1;
        boolean byWidth = layers == family.scaleByWidth().layers();
        double attention = 1 / Math.sqrt(byWidth ? (double) width / heads : keySize);
        float logits = positive(file, prefix + "logit_scale", 1);
        return new Scales(
                positive(file, prefix + "embedding_scale", (float) rootOfWidth),
                positive(file, prefix + "residual_scale", 1),
                positive(file, prefix + "attention.scale", (float) attention),
                family.has(Quirk.LOGITS_DIVIDED_BY_SCALE) ? 1 / logits : logits);
    }

    /// A scale, where 0 says what is usual too.
    private static float positive(GgufFile file, String key, float usual) {
        float number = file.metadata().number(key).orElse(0f);
        if (number < 0 || number > LARGEST_SCALE || (number > 0 && number < 1 / LARGEST_SCALE)) {
            throw new ModelFileException(
                    file.name(),
                    "metadata key %s is %s, expected a number above 0, up to %s".formatted(key, number, LARGEST_SCALE));
        }
        return number == 0 ? usual : number;
    }

    private static int window(GgufFile file, Family family) {
        Locality locality = family.locality();
        if (locality.equals(Locality.NONE)) {
            return 0; // also where a file has a window: Phi-3's say nothing that its makers stand by
        }
        String key = family.architecture() + ".attention.sliding_window";
        return locality.usualWindow().isPresent()
                ? file.metadata()
                        .integer(key, 0, Integer.MAX_VALUE)
                        .orElse(locality.usualWindow().getAsInt())
                : file.metadata().requireInteger(key, 1, Integer.MAX_VALUE);
    }

    /// By a list of all layers in the file, by a period in the file, or by the family's.
    private static Set<Integer> localLayers(GgufFile file, Family family, int layers) {
        Metadata metadata = file.metadata();
        String key = family.architecture() + ".attention.sliding_window_pattern";
        if (metadata.isArray(key)) {
            boolean[] local = metadata.flags(key);
            if (local.length != layers) {
                throw new ModelFileException(
                        file.name(),
                        "metadata key %s is for %d layers, expected %d".formatted(key, local.length, layers));
            }
            return IntStream.range(0, layers)
                    .filter(layer -> local[layer])
                    .boxed()
                    .collect(Collectors.toUnmodifiableSet());
        }
        int period =
                metadata.integer(key, 0, MOST_LAYERS).orElse(family.locality().period());
        return IntStream.range(0, layers)
                .filter(layer -> period == 0 || layer % period < period - 1)
                .boxed()
                .collect(Collectors.toUnmodifiableSet());
    }

    private static Routing routing(GgufFile file, Family family, int feedForward) {
        Metadata metadata = file.metadata();
        String prefix = family.architecture() + ".expert_";
        int experts = metadata.integer(prefix + "count", 0, MOST_EXPERTS).orElse(0);
        if (experts == 0) {
            return Routing.NONE;
        }
        int function = metadata.integer(prefix + "gating_func", 0, 3).orElse(1);
        if (function == 2) {
            throw new ModelFileException(
                    file.name(), "routes its experts by sigmoid; this engine routes them by softmax");
        }
        int used = metadata.requireInteger(prefix + "used_count", 1, experts);
        int usual = family.has(Quirk.EXPERTS_SHARE_FEED_FORWARD) ? Math.max(1, feedForward / used) : feedForward;
        return new Routing(
                experts,
                used,
                metadata.flag(prefix + "weights_norm").orElse(!family.has(Quirk.SHARES_AS_ROUTED)),
                positive(file, prefix + "weights_scale", 1),
                metadata.integer(prefix + "feed_forward_length", 1, WIDEST).orElse(usual));
    }
}
