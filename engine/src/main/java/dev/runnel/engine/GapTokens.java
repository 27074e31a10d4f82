package dev.runnel.engine;

import dev.runnel.engine.gguf.Metadata;
import dev.runnel.engine.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/// The tokens with which a model is asked to fill a gap, before the prefix, the suffix and what it shall write
/// (Bavarian et al., "Efficient training of language models to fill in the middle",
/// https://arxiv.org/abs/2207.14255, in the order prefix, suffix, middle).
record GapTokens(int prefix, int suffix, int middle) {

    /// Where a file says which, newest key first.
    private static final List<List<String>> KEYS = List.of(
            List.of("fim_pre_token_id", "fim_suf_token_id", "fim_mid_token_id"),
            List.of("prefix_token_id", "suffix_token_id", "middle_token_id"));

    /// What they are called where the file says nothing, by family of models.
    private static final List<List<String>> NAMES = List.of(
            List.of("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"), // Qwen
            List.of("<fim_prefix>", "<fim_suffix>", "<fim_middle>"), // StarCoder, Granite
            List.of("<fim-prefix>", "<fim-suffix>", "<fim-middle>"), // SantaCoder
            List.of("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"), // DeepSeek
            List.of("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"), // GLM
            List.of("<PRE>", "<SUF>", "<MID>"), // Code Llama
            List.of("▁<PRE>", "▁<SUF>", "▁<MID>"));

    /// Those of a model's file, if it has all three.
    static Optional<GapTokens> of(Metadata metadata, Tokenizer tokenizer) {
        for (List<String> keys : KEYS) {
            int[] ids = keys.stream()
                    .map(key -> metadata.integer("tokenizer.ggml." + key, 0, tokenizer.size() - 1))
                    .flatMapToInt(OptionalInt::stream)
                    .toArray();
            if (ids.length == 3) {
                return Optional.of(new GapTokens(ids[0], ids[1], ids[2]));
            }
        }
        for (List<String> names : NAMES) {
            int[] ids =
                    names.stream().flatMapToInt(name -> idOf(name, tokenizer)).toArray();
            if (ids.length == 3) {
                return Optional.of(new GapTokens(ids[0], ids[1], ids[2]));
            }
        }
        return Optional.empty();
    }

    private static IntStream idOf(String name, Tokenizer tokenizer) {
        return IntStream.of(tokenizer.special(name)).filter(id -> id >= 0);
    }

    /// A prompt after which the model writes what stands between.
    int[] around(int[] before, int[] after) {
        int[] prompt = new int[before.length + after.length + 3];
        prompt[0] = prefix;
        System.arraycopy(before, 0, prompt, 1, before.length);
        prompt[before.length + 1] = suffix;
        System.arraycopy(after, 0, prompt, before.length + 2, after.length);
        prompt[prompt.length - 1] = middle;
        return prompt;
    }
}
