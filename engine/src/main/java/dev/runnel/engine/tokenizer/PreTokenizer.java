package dev.runnel.engine.tokenizer;

import static java.util.stream.Collectors.joining;

import java.util.List;

/// What happens to text before a byte-level vocabulary's merges.
///
/// @param names what files call it
/// @param words how text is cut; nothing is merged across
/// @param composes whether text is brought into Unicode's form NFC first
/// @param takesWholeWords whether a word that is a token is taken as it is, even if merging would not lead
///     to it
/// @param addsBos whether a prompt begins with the beginning-of-sequence token where the file doesn't say
record PreTokenizer(List<String> names, WordPattern words, boolean composes, boolean takesWholeWords, boolean addsBos) {

    private static final String KEY = "tokenizer.ggml.pre";

    private static final List<PreTokenizer> KNOWN = List.of(
            new PreTokenizer(List.of("gpt-2", "phi-2"), WordPattern.GPT_2, false, false, false),
            new PreTokenizer(
                    List.of("starcoder", "refact", "smollm", "codeshell"),
                    WordPattern.DIGITS_APART,
                    false,
                    false,
                    false),
            new PreTokenizer(List.of("command-r"), WordPattern.DIGITS_APART, true, false, false),
            new PreTokenizer(
                    List.of("llama-bpe", "llama3", "llama-v3", "falcon3", "lfm2"),
                    WordPattern.LLAMA_3,
                    false,
                    true,
                    true),
            new PreTokenizer(
                    List.of("dbrx", "smaug-bpe", "glm4", "chatglm-bpe"), WordPattern.LLAMA_3, false, false, false),
            new PreTokenizer(List.of("qwen2", "deepseek-r1-qwen", "megrez"), WordPattern.QWEN_2, true, false, false),
            new PreTokenizer(List.of("gpt-4o", "llama4"), WordPattern.GPT_4O, false, false, false),
            new PreTokenizer(List.of("tekken"), WordPattern.TEKKEN, false, true, true));

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
}
