package dev.runnel.engine.model;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.Metadata;

/// The sizes and constants of a model, as its file gives them, checked against each other.
///
/// @param width elements of a token's vector between layers
/// @param heads of queries
/// @param keyValueHeads of keys and values; each serves `heads / keyValueHeads` heads of queries
/// @param keySize elements of a key and of a query, per head
/// @param valueSize elements of a value, per head
/// @param feedForward width of the feed-forward layers
/// @param context positions that the model was trained for
/// @param epsilon of the RMS norms
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
        float epsilon) {

    private static final int MOST_LAYERS = 1 << 10;
    private static final int MOST_HEADS = 1 << 12;
    private static final int WIDEST = 1 << 19;
    private static final int LONGEST = 1 << 24;

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
        if (metadata.integer(prefix + "expert_count", 0, Integer.MAX_VALUE).orElse(0) > 0) {
            throw new ModelFileException(
                    file.name(),
                    "is a mixture of experts; this engine runs " + family.architecture() + " without them");
        }
        float epsilon = metadata.requireNumber(prefix + "attention.layer_norm_rms_epsilon");
        if (epsilon < 0) {
            throw new ModelFileException(
                    file.name(), "has the norm epsilon %s, expected a number from 0 up".formatted(epsilon));
        }
        return new Hyperparameters(
                family,
                metadata.requireInteger(prefix + "block_count", 1, MOST_LAYERS),
                width,
                heads,
                keyValueHeads,
                headSize(file, prefix + "attention.key_length", width, heads),
                headSize(file, prefix + "attention.value_length", width, heads),
                metadata.requireInteger(prefix + "feed_forward_length", 1, WIDEST),
                metadata.requireInteger(prefix + "context_length", 1, LONGEST),
                epsilon);
    }

    /// Heads of queries that share a head of keys and values.
    int group() {
        return heads / keyValueHeads;
    }

    /// What scores are multiplied by, so that their size doesn't grow with the keys'.
    float attentionScale() {
        return (float) (1 / Math.sqrt(keySize));
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
}
