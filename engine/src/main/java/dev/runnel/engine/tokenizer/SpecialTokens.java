package dev.runnel.engine.tokenizer;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;

/// Finds tokens that are recognised in the text itself, before it is split: always the user-defined ones,
/// structure only if asked.
final class SpecialTokens {

    private static final Set<String> NO_MARKERS = Set.of("<unk>", "<s>", "<|endoftext|>");
    private static final String WHITE_SPACE = " \t\n\u000B\f\r";

    private final Vocabulary vocabulary;

    /// Their ids in the order of their texts.
    private final int[] sorted;

    /// The ids of those that swallow the white space behind them.
    private final BitSet stripping;

    /// What their texts begin with: rules out most places at once.
    private final BitSet starts = new BitSet();

    SpecialTokens(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        sorted = IntStream.range(0, vocabulary.size())
                .filter(id -> vocabulary.type(id).isStructure() || vocabulary.type(id) == TokenType.USER_DEFINED)
                .filter(id -> !vocabulary.text(id).isEmpty())
                .boxed()
                .sorted(Comparator.comparing(vocabulary::text))
                .mapToInt(Integer::intValue)
                .toArray();
        stripping = stripping(vocabulary, sorted);
        Arrays.stream(sorted).forEach(id -> starts.set(vocabulary.text(id).charAt(0)));
    }

    /// Phi-3's templates end the lines of their markers, and its tokenizer drops these ends. GGUF files don't say so:
    /// their
    /// readers go by the model's name, and know which tokens are no markers.
    private static BitSet stripping(Vocabulary vocabulary, int[] specials) {
        String name = vocabulary.metadata().string("general.name").orElse("").toLowerCase(Locale.ROOT);
        BitSet stripping = new BitSet();
        if (name.contains("phi-3") || name.contains("phi3")) {
            Arrays.stream(specials)
                    .filter(id -> !NO_MARKERS.contains(vocabulary.text(id)))
                    .forEach(stripping::set);
        }
        return stripping;
    }

    /// Where a text goes on behind a special token that ends at `end`.
    int goesOn(int special, String text, int end) {
        int at = end;
        while (stripping.get(special) && at < text.length() && WHITE_SPACE.indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return at;
    }

    /// The longest special token at `from`, or [Vocabulary#NONE].
    ///
    /// @param structureEnd where one that is structure has to end at the latest
    int match(String text, int from, int structureEnd) {
        int match = Vocabulary.NONE;
        if (!starts.get(text.charAt(from))) {
            return match;
        }
        // Those that begin as the text does are next to each other: one character more, and there are fewer.
        int low = 0;
        int high = sorted.length;
        for (int depth = 0; from + depth < text.length() && low < high; depth++) {
            char next = text.charAt(from + depth);
            low = firstNotBelow(next, depth, low, high);
            high = firstNotBelow(next + 1, depth, low, high);
            // The shortest comes first.
            if (low < high
                    && vocabulary.text(sorted[low]).length() == depth + 1
                    && (from + depth < structureEnd
                            || !vocabulary.type(sorted[low]).isStructure())) {
                match = sorted[low];
            }
        }
        return match;
    }

    /// Where in `sorted[low..high)` the texts begin whose character at `depth` is not below `least`.
    private int firstNotBelow(int least, int depth, int low, int high) {
        int from = low;
        int to = high;
        while (from < to) {
            int middle = (from + to) >>> 1;
            String text = vocabulary.text(sorted[middle]);
            if (depth >= text.length() || text.charAt(depth) < least) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from;
    }
}
