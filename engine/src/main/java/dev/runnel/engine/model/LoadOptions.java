package dev.runnel.engine.model;

import dev.runnel.engine.CacheType;
import java.nio.file.Path;
import java.util.Optional;

/// How much memory a model may take beside its weights, and whether those are looked at first.
///
/// @param cacheBytes for keys and values of all sequences; allocated as it is used
/// @param contextLength most tokens of one sequence, where the model and the cache allow as many
/// @param batchTokens most tokens that are computed at once; longer batches are cut
/// @param cacheType how keys and values are stored
/// @param isTrusted whether the weights are known to be numbers, and needn't be read to see that
/// @param keptBeside the model's file, beside which its matrices are kept in the order that the kernels want them in,
///     see [PackedFile]; empty: they aren't
public record LoadOptions(
        long cacheBytes,
        int contextLength,
        int batchTokens,
        CacheType cacheType,
        boolean isTrusted,
        Optional<Path> keptBeside) {

    /// Half a gibibyte of cache, the model's own context, 512 tokens at once.
    public static final LoadOptions DEFAULT = new LoadOptions(1L << 29, Integer.MAX_VALUE, 512);

    /// Most tokens that can be computed at once.
    public static final int LARGEST_BATCH = 1 << 11;

    public LoadOptions(long cacheBytes, int contextLength, int batchTokens) {
        this(cacheBytes, contextLength, batchTokens, CacheType.F32, false, Optional.empty());
    }

    public LoadOptions {
        check("the cache's bytes", cacheBytes, Long.MAX_VALUE);
        check("the context's tokens", contextLength, Integer.MAX_VALUE);
        check("the batch's tokens", batchTokens, LARGEST_BATCH);
    }

    private static void check(String what, long number, long most) {
        if (number < 1 || number > most) {
            throw new IllegalArgumentException("%s are %d, expected 1 to %d".formatted(what, number, most));
        }
    }
}
