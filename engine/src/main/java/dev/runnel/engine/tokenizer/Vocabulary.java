package dev.runnel.engine.tokenizer;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.Metadata;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;

/// The tokens of a model: their texts as the file writes them, what each is for, and which have a role of
/// their own.
final class Vocabulary {

    /// Not an id.
    static final int NONE = -1;

    private static final String TOKENS_KEY = "tokenizer.ggml.tokens";
    private static final String TYPES_KEY = "tokenizer.ggml.token_type";

    /// Far above any real token, and short enough that looking at its parts takes no time.
    private static final int LONGEST_TOKEN = 1024;

    /// Keys of tokens that end a generation.
    private static final List<String> END_KEYS = List.of(
            "tokenizer.ggml.eos_token_id",
            "tokenizer.ggml.eot_token_id",
            "tokenizer.ggml.eom_token_id",
            "tokenizer.ggml.fim_pad_token_id",
            "tokenizer.ggml.fim_rep_token_id",
            "tokenizer.ggml.fim_sep_token_id");

    /// Tokens that end a generation in the models that have them. Most files name only one of theirs by key,
    /// and the models emit the others too; llama.cpp goes by the text as well.
    private static final Set<String> END_TEXTS = Set.of(
            "</s>",
            "<eos>",
            "<|endoftext|>",
            "<|end_of_text|>",
            "<|eot_id|>",
            "<|eom_id|>",
            "<|im_end|>",
            "<|end|>",
            "<|return|>",
            "<|call|>",
            "<|flush|>",
            "<|calls|>",
            "<end_of_turn>",
            "<turn|>",
            "<|tool_response>",
            "<end_of_utterance>",
            "<EOT>",
            "_<EOT>",
            "[EOT]",
            "[EOS]",
            "[e~[",
            "<｜end▁of▁sentence｜>",
            "<|fim_pad|>",
            "<fim-pad>",
            "<fim_pad>",
            "<PAD>",
            "[PAD]",
            "<|fim_repo|>",
            "<|repo_name|>",
            "<fim-repo>",
            "<REPO>",
            "<reponame>",
            "<|file_sep|>");

    /// Tokens around a gap that a model is to fill. Some files declare them as text.
    private static final Set<String> GAP_TEXTS = Set.of(
            "<|fim_prefix|>",
            "<|fim_suffix|>",
            "<|fim_middle|>",
            "<fim-prefix>",
            "<fim-suffix>",
            "<fim-middle>",
            "<fim_prefix>",
            "<fim_suffix>",
            "<fim_middle>",
            "<｜fim▁begin｜>",
            "<｜fim▁hole｜>",
            "<｜fim▁end｜>",
            "<PRE>",
            "<SUF>",
            "<MID>",
            "▁<PRE>",
            "▁<SUF>",
            "▁<MID>",
            "<|code_prefix|>",
            "<|code_suffix|>",
            "<|code_middle|>",
            "<|prefix|>",
            "<|suffix|>",
            "<|middle|>");

    private final GgufFile file;
    private final List<String> texts;
    private final TokenType[] types;
    private final Map<String, Integer> ids;
    private final int longest;
    private final BitSet ends = new BitSet();

    Vocabulary(GgufFile file) {
        this.file = file;
        texts = file.metadata().strings(TOKENS_KEY);
        if (texts.isEmpty()) {
            throw fault(TOKENS_KEY, "holds no tokens, expected at least one");
        }
        types = readTypes();
        ids = HashMap.newHashMap(texts.size());
        for (int id = 0; id < texts.size(); id++) {
            if (texts.get(id).length() > LONGEST_TOKEN) {
                throw fault(
                        TOKENS_KEY,
                        "holds a token of %d characters, expected at most %d"
                                .formatted(texts.get(id).length(), LONGEST_TOKEN));
            }
            Integer earlier = ids.putIfAbsent(texts.get(id), id);
            if (earlier != null) {
                throw fault(TOKENS_KEY, "holds %s as token %d and as token %d".formatted(texts.get(id), earlier, id));
            }
        }
        longest = texts.stream().mapToInt(String::length).max().orElseThrow();
        findEnds();
        GAP_TEXTS.forEach(this::structure);
    }

    private TokenType[] readTypes() {
        int[] codes = file.metadata().ints(TYPES_KEY);
        requireOneEach(TYPES_KEY, codes.length);
        TokenType[] types = new TokenType[codes.length];
        for (int id = 0; id < codes.length; id++) {
            if (!TokenType.hasCode(codes[id])) {
                throw fault(TYPES_KEY, "holds %d for token %d, expected 0 to 6".formatted(codes[id], id));
            }
            types[id] = TokenType.ofCode(codes[id]);
        }
        return types;
    }

    private void findEnds() {
        for (String key : END_KEYS) {
            idAt(key).ifPresent(ends::set);
        }
        for (String text : END_TEXTS) {
            int id = structure(text); // else what a user writes could end the reply
            if (id != NONE) {
                ends.set(id);
            }
        }
        // In the format of gpt-oss a reply goes on after this one: it ends a message, not the turn.
        if (ids.containsKey("<|end|>") && ids.containsKey("<|return|>") && ids.containsKey("<|call|>")) {
            ends.clear(idOf("<|end|>"));
        }
    }

    /// The token of this text as structure, even where the file declares it as text; or [#NONE].
    private int structure(String text) {
        int id = idOf(text);
        if (id == NONE || (types[id] != TokenType.CONTROL && types[id] != TokenType.USER_DEFINED)) {
            return NONE;
        }
        types[id] = TokenType.CONTROL;
        return id;
    }

    /// Refuses an array that has not one element for each token.
    void requireOneEach(String key, int length) {
        if (length != size()) {
            throw fault(key, "holds %d values, expected one for each of the %d tokens".formatted(length, size()));
        }
    }

    Metadata metadata() {
        return file.metadata();
    }

    int size() {
        return texts.size();
    }

    /// Characters of the longest token, as the file writes it.
    int longest() {
        return longest;
    }

    /// A token's text as the file writes it.
    String text(int id) {
        return texts.get(id);
    }

    TokenType type(int id) {
        return types[id];
    }

    /// The token of this text, as the file writes it, or [#NONE].
    int idOf(String text) {
        return ids.getOrDefault(text, NONE);
    }

    /// The token of each byte.
    ///
    /// @param textOfByte the token's text in the file
    /// @param mayMiss whether a vocabulary can do without the byte's token, which then is [#NONE]
    int[] tokensOfBytes(TokenType type, IntFunction<String> textOfByte, IntPredicate mayMiss) {
        int[] tokens = new int[256];
        for (int value = 0; value < 256; value++) {
            String text = textOfByte.apply(value);
            int id = idOf(text);
            boolean usable = id != NONE && types[id] == type;
            if (!usable && !mayMiss.test(value)) {
                throw fault(TOKENS_KEY, "has no token %s for the byte %d".formatted(text, value));
            }
            tokens[value] = usable ? id : NONE;
        }
        return tokens;
    }

    /// The token that `key` names.
    OptionalInt idAt(String key) {
        return metadata().integer(key, 0, size() - 1);
    }

    boolean isEnd(int id) {
        return ends.get(id);
    }

    ModelFileException fault(String key, String fault) {
        return new ModelFileException(file.name(), "metadata key " + key + " " + fault);
    }
}
