package dev.runnel.engine.tokenizer;

import static dev.runnel.engine.tokenizer.PreTokenizer.Trait.ADDS_BOS;
import static dev.runnel.engine.tokenizer.PreTokenizer.Trait.COMPOSES;
import static dev.runnel.engine.tokenizer.PreTokenizer.Trait.TAKES_WHOLE_WORDS;
import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What happens to text before a byte-level vocabulary's merges. A family of models is a line in its table,
/// and where it cuts text in a way of its own, a [WordPattern].
///
/// @param names what files call it
/// @param stages how text is cut, at least one pattern: each cuts the pieces of the one before it, and for
///     the next one a piece is all there is; nothing is merged across
record PreTokenizer(List<String> names, List<WordPattern> stages, Set<Trait> traits) {

    enum Trait {
        /// Text is brought into Unicode's form NFC first.
        COMPOSES,
        /// A word that is a token is taken as it is, even if merging would not lead to it.
        TAKES_WHOLE_WORDS,
        /// A prompt begins with the beginning-of-sequence token where the file doesn't say.
        ADDS_BOS
    }

    /// Takes a word: a stretch of a text.
    @FunctionalInterface
    interface Words {
        void add(int from, int to);
    }

    private static final String KEY = "tokenizer.ggml.pre";

    private static final List<PreTokenizer> KNOWN = List.of(
            known("gpt-2 phi-2 mpt olmo jais trillion gigachat exaone4 mellum modern-bert granite-docling a.x-4.0"
                            + " jina-es jina-de jina-v2-es jina-v2-de")
                    .cutting(WordPattern.GPT_2),
            known("starcoder refact smollm codeshell exaone minerva-7b mellum2")
                    .cutting(Cuts.DIGITS, WordPattern.GPT_2),
            known("command-r").cutting(Cuts.DIGITS, WordPattern.GPT_2).with(COMPOSES),
            known("falcon").cutting(Cuts.SIGNS, WordPattern.GPT_2, Cuts.THREE_DIGITS),
            known("bloom poro-chat gpt3-finnish").cutting(Cuts.BETWEEN_SIGNS),
            known("viking").cutting(Cuts.BETWEEN_SIGNS, Cuts.DIGITS),
            known("llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano")
                    .cutting(WordPattern.LLAMA_3)
                    .with(TAKES_WHOLE_WORDS, ADDS_BOS),
            known("dbrx smaug-bpe glm4 chatglm-bpe").cutting(WordPattern.LLAMA_3),
            known("minicpm5").cutting(Cuts.TRIPLES, WordPattern.MINICPM_5).with(TAKES_WHOLE_WORDS),
            known("qwen2 deepseek-r1-qwen megrez").cutting(WordPattern.QWEN_2).with(COMPOSES),
            known("stablelm2 hunyuan solar-open grok-2 kormo f2llmv2 bailingmoe bailingmoe2 llada-moe")
                    .cutting(WordPattern.QWEN_2),
            known("qwen35").cutting(WordPattern.QWEN_3_5).with(COMPOSES),
            known("seed-coder").cutting(WordPattern.SEED),
            known("gpt-4o llama4 kanana2 talkie minimax-m2").cutting(WordPattern.GPT_4O),
            known("granite-embed-multi-97m").cutting(WordPattern.GPT_4O).with(TAKES_WHOLE_WORDS),
            known("tekken").cutting(WordPattern.TEKKEN).with(TAKES_WHOLE_WORDS, ADDS_BOS),
            known("deepseek-llm")
                    .cutting(
                            Cuts.NEWLINES,
                            Cuts.CASED_LETTERS,
                            Cuts.WIDE_SIGNS,
                            Cuts.TRAILING_SPACE,
                            Cuts.CHINESE_KOREAN,
                            Cuts.NUMBERS),
            known("deepseek-coder")
                    .cutting(Cuts.NEWLINES, Cuts.LETTERS, Cuts.PUNCTUATION, Cuts.CHINESE_KOREAN, Cuts.DIGITS),
            known("deepseek-v3 hunyuan-dense joyai-llm hy_v4")
                    .cutting(Cuts.TRIPLES, Cuts.CHINESE, WordPattern.DEEPSEEK_3));

    private static PreTokenizer known(String names) {
        return new PreTokenizer(List.of(names.split(" ")), List.of(), Set.of());
    }

    private PreTokenizer cutting(WordPattern... stages) {
        return new PreTokenizer(names, List.of(stages), traits);
    }

    private PreTokenizer with(Trait... traits) {
        return new PreTokenizer(names, stages, Set.of(traits));
    }

    /// The one that the file names.
    static PreTokenizer of(Vocabulary vocabulary) {
        String name = vocabulary.metadata().requireString(KEY);
        return named(name)
                .orElseThrow(() -> vocabulary.fault(KEY, "is %s; this engine knows %s".formatted(name, allNames())));
    }

    static Optional<PreTokenizer> named(String name) {
        return KNOWN.stream().filter(known -> known.names().contains(name)).findAny();
    }

    private static String allNames() {
        return KNOWN.stream().flatMap(known -> known.names().stream()).sorted().collect(joining(", "));
    }

    boolean has(Trait trait) {
        return traits.contains(trait);
    }

    /// Gives the words of a text, in order.
    void cut(String text, Words words) {
        cut(text, 0, text.length(), 0, words);
    }

    private void cut(String text, int from, int to, int stage, Words words) {
        WordPattern pattern = stages.get(stage);
        boolean last = stage + 1 == stages.size();
        for (int at = from; at < to; ) {
            int end = pattern.end(text, at, to);
            if (last) {
                words.add(at, end);
            } else {
                cut(text, at, end, stage + 1, words);
            }
            at = end;
        }
    }
}
