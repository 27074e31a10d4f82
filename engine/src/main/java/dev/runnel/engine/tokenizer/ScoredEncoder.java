package dev.runnel.engine.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/// A SentencePiece vocabulary: characters are the first symbols, and two neighbours may be joined if they
/// are a token together, the one of best score first. What then is no token is spelled in bytes.
///
/// SentencePiece writes a space as `▁`, and so do the file's tokens.
final class ScoredEncoder implements Encoder {

    private static final String TOKENS_KEY = "tokenizer.ggml.tokens";
    private static final String SCORES_KEY = "tokenizer.ggml.scores";
    private static final char SPACE = '▁';

    /// Several times what any real vocabulary has, and no burden on a heap.
    private static final int MOST_MERGES = 1 << 21;

    private final Vocabulary vocabulary;
    private final boolean addsSpace;
    private final int[] tokenOfByte;

    /// The token of each character that is one, up to U+FFFF; [Vocabulary#NONE] for others.
    private final int[] tokenOfCharacter = new int[Character.MIN_SUPPLEMENTARY_CODE_POINT];

    /// The others of those.
    private final Map<Integer, Integer> tokenOfRareCharacter = new HashMap<>();

    private final MergeTable merges = new MergeTable();

    /// Characters that some token has before a space. Nothing is ever joined across a space after any other
    /// character, so text is cut there, and each word encoded on its own.
    private final BitSet joinedToSpace = new BitSet();

    ScoredEncoder(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        this.addsSpace =
                vocabulary.metadata().flag("tokenizer.ggml.add_space_prefix").orElse(true);
        tokenOfByte = vocabulary.tokensOfBytes(TokenType.BYTE, "<0x%02X>"::formatted, _ -> false);
        refuseOtherBytes();
        findMerges(ranks());
    }

    /// A token that is marked as a byte, and isn't one of the 256.
    private void refuseOtherBytes() {
        BitSet bytes = new BitSet();
        Arrays.stream(tokenOfByte).forEach(bytes::set);
        for (int id = 0; id < vocabulary.size(); id++) {
            if (vocabulary.type(id) == TokenType.BYTE && !bytes.get(id)) {
                throw vocabulary.fault(
                        TOKENS_KEY, "holds %s for a byte, expected <0x00> to <0xFF>".formatted(vocabulary.text(id)));
            }
        }
    }

    /// Each token's place among the scores, the best first; equal scores have the same.
    private int[] ranks() {
        float[] scores = vocabulary.metadata().floats(SCORES_KEY);
        vocabulary.requireOneEach(SCORES_KEY, scores.length);
        float[] sorted = scores.clone();
        Arrays.sort(sorted);
        int[] ranks = new int[scores.length];
        for (int id = 0; id < ranks.length; id++) {
            // Any of several equal scores, but always the same one.
            ranks[id] = scores.length - 1 - Arrays.binarySearch(sorted, scores[id]);
        }
        return ranks;
    }

    /// Finds every pair of symbols that is a token together: the ways to cut a token in two that both can
    /// occur.
    private void findMerges(int[] ranks) {
        Arrays.fill(tokenOfCharacter, Vocabulary.NONE);
        for (int id = 0; id < vocabulary.size(); id++) {
            String text = vocabulary.text(id);
            if (isFromText(id) && isOneCharacter(text)) {
                int codePoint = text.codePointAt(0);
                if (codePoint < tokenOfCharacter.length) {
                    tokenOfCharacter[codePoint] = id;
                } else {
                    tokenOfRareCharacter.put(codePoint, id);
                }
            }
        }
        for (int id = 0; id < vocabulary.size(); id++) {
            if (isFromText(id)) {
                cut(id, ranks[id]);
            }
            if (merges.size() > MOST_MERGES) {
                throw vocabulary.fault(TOKENS_KEY, "joins more than %d pairs of tokens".formatted(MOST_MERGES));
            }
        }
    }

    private void cut(int id, int rank) {
        String text = vocabulary.text(id);
        for (int end = 0; end < text.length(); ) {
            end = text.offsetByCodePoints(end, 1);
            if (end == text.length()) {
                break;
            }
            if (text.charAt(end) == SPACE) {
                joinedToSpace.set(text.charAt(end - 1));
            }
            int left = symbol(text.substring(0, end));
            int right = symbol(text.substring(end));
            if (left != Vocabulary.NONE && right != Vocabulary.NONE) {
                merges.add(left, right, rank, id);
            }
        }
    }

    /// The symbol that this text can be, or [Vocabulary#NONE].
    private int symbol(String text) {
        if (isOneCharacter(text)) {
            return symbol(text.codePointAt(0));
        }
        int id = vocabulary.idOf(text);
        return id != Vocabulary.NONE && isFromText(id) ? id : Vocabulary.NONE;
    }

    /// A character's token, or where it has none, a number above all tokens that stands for it.
    private int symbol(int codePoint) {
        int token = codePoint < tokenOfCharacter.length
                ? tokenOfCharacter[codePoint]
                : tokenOfRareCharacter.getOrDefault(codePoint, Vocabulary.NONE);
        return token == Vocabulary.NONE ? vocabulary.size() + codePoint : token;
    }

    private boolean isFromText(int id) {
        return vocabulary.type(id) == TokenType.NORMAL;
    }

    private static boolean isOneCharacter(String text) {
        return !text.isEmpty() && text.length() == Character.charCount(text.codePointAt(0));
    }

    @Override
    public void encode(String text, Encoding encoding) {
        String escaped = (addsSpace ? SPACE + text : text).replace(' ', SPACE);
        int from = 0;
        for (int end = 1; end < escaped.length(); end++) {
            if (escaped.charAt(end) == SPACE && !joinedToSpace.get(escaped.charAt(end - 1))) {
                encoding.addWord(escaped.substring(from, end), word -> idsOf(word, encoding));
                from = end;
            }
        }
        encoding.addWord(escaped.substring(from), word -> idsOf(word, encoding));
    }

    private int[] idsOf(String word, Encoding encoding) {
        int[] symbols = new int[word.length()];
        int count = 0;
        for (int at = 0; at < word.length(); count++) {
            int codePoint = word.codePointAt(at);
            symbols[count] = symbol(codePoint);
            at += Character.charCount(codePoint);
        }
        int[] merged = encoding.merge(merges, symbols, count);
        Ids ids = new Ids();
        for (int symbol : merged) {
            if (symbol < vocabulary.size()) {
                ids.add(symbol);
            } else {
                for (byte each : Character.toString(symbol - vocabulary.size()).getBytes(UTF_8)) {
                    ids.add(tokenOfByte[each & 0xFF]);
                }
            }
        }
        return ids.toArray();
    }

    @Override
    public byte[] bytes(int id) {
        String text = vocabulary.text(id);
        if (vocabulary.type(id) == TokenType.BYTE) {
            return new byte[] {(byte) Integer.parseInt(text, 3, 5, 16)};
        }
        return text.replace(SPACE, ' ').getBytes(UTF_8);
    }

    @Override
    public boolean addsBos() {
        return true;
    }

    @Override
    public boolean addsSpace() {
        return addsSpace;
    }
}
