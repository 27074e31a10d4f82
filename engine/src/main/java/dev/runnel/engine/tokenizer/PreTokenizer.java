package dev.runnel.engine.tokenizer;

import static dev.runnel.engine.tokenizer.PreTokenizer.Trait.ADDS_BOS;
import static dev.runnel.engine.tokenizer.PreTokenizer.Trait.COMPOSES;
import static dev.runnel.engine.tokenizer.PreTokenizer.Trait.TAKES_WHOLE_WORDS;
import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.Set;

/// What happens to text before a byte-level vocabulary's merges. A family of models is a line in its table,
/// and where it cuts text in a way of its own, a [WordPattern].
///
/// @param names what files call it
/// @param words how text is cut; nothing is merged across
record PreTokenizer(List<String> names, WordPattern words, Set<Trait> traits) {

    enum Trait {
        /// Text is brought into Unicode's form NFC first.
        COMPOSES,
        /// A word that is a token is taken as it is, even if merging would not lead to it.
        TAKES_WHOLE_WORDS,
        /// A prompt begins with the beginning-of-sequence token where the file doesn't say.
        ADDS_BOS
    }

    private static final String KEY = "tokenizer.ggml.pre";

    private static final List<PreTokenizer> KNOWN = List.of(
            new PreTokenizer(List.of("gpt-2", "phi-2"), WordPattern.GPT_2, Set.of()),
            new PreTokenizer(List.of("starcoder", "refact", "smollm", "codeshell"), WordPattern.DIGITS_APART, Set.of()),
            new PreTokenizer(List.of("command-r"), WordPattern.DIGITS_APART, Set.of(COMPOSES)),
            new PreTokenizer(
                    List.of("llama-bpe", "llama3", "llama-v3", "falcon3", "lfm2"),
                    WordPattern.LLAMA_3,
                    Set.of(TAKES_WHOLE_WORDS, ADDS_BOS)),
            new PreTokenizer(List.of("dbrx", "smaug-bpe", "glm4", "chatglm-bpe"), WordPattern.LLAMA_3, Set.of()),
            new PreTokenizer(List.of("qwen2", "deepseek-r1-qwen", "megrez"), WordPattern.QWEN_2, Set.of(COMPOSES)),
            new PreTokenizer(List.of("gpt-4o", "llama4"), WordPattern.GPT_4O, Set.of()),
            new PreTokenizer(List.of("tekken"), WordPattern.TEKKEN, Set.of(TAKES_WHOLE_WORDS, ADDS_BOS)));

    /// The one that the file names.
    static PreTokenizer of(Vocabulary vocabulary) {
        String name = vocabulary.metadata().requireString(KEY);
        return KNOWN.stream()
                .filter(known -> known.names().contains(name))
                .findAny()
                .orElseThrow(() -> vocabulary.fault(KEY, "is %s; this engine knows %s".formatted(name, allNames())));
    }

    private static String allNames() {
        return KNOWN.stream().flatMap(known -> known.names().stream()).sorted().collect(joining(", "));
    }

    boolean has(Trait trait) {
        return traits.contains(trait);
    }
}
