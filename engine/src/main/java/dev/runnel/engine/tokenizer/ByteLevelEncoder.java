package dev.runnel.engine.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.text.Normalizer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A vocabulary in the manner of GPT-2: text is cut into words, a word's bytes are the first symbols, and a
/// list of merges says in which order they are joined.
///
/// A token's text in the file has one character for each byte: a printable Latin-1 character stands for
/// itself, the other bytes, in order, for U+0100 and what follows.
final class ByteLevelEncoder implements Encoder {

    private static final String MERGES_KEY = "tokenizer.ggml.merges";

    private static final char[] CHARACTER_OF_BYTE = new char[256];
    private static final Map<Character, Byte> BYTE_OF_CHARACTER = new HashMap<>();

    static {
        char next = 0x100;
        for (int value = 0; value < 256; value++) {
            boolean printable = (value >= '!' && value <= '~') || (value >= 0xA1 && value != 0xAD);
            CHARACTER_OF_BYTE[value] = printable ? (char) value : next++;
            BYTE_OF_CHARACTER.put(CHARACTER_OF_BYTE[value], (byte) value);
        }
    }

    private final Vocabulary vocabulary;
    private final PreTokenizer preTokenizer;
    private final int[] tokenOfByte;
    private final MergeTable merges = new MergeTable();

    ByteLevelEncoder(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        this.preTokenizer = PreTokenizer.of(vocabulary);
        tokenOfByte = vocabulary.tokensOfBytes(
                TokenType.NORMAL, value -> Character.toString(CHARACTER_OF_BYTE[value]), ByteLevelEncoder::isRare);
        readMerges();
    }

    /// Bytes that vocabularies learned from text may lack: control characters that no text has, bytes that
    /// no UTF-8 has, and the first bytes of planes 4 to 11, where Unicode has no characters.
    private static boolean isRare(int value) {
        return isRareControl(value) || value == 0xC0 || value == 0xC1 || value == 0xF1 || value == 0xF2 || value > 0xF4;
    }

    private static boolean isRareControl(int value) {
        return value < ' ' && value != '\t' && value != '\n' && value != '\r';
    }

    private void readMerges() {
        if (!vocabulary.metadata().has(MERGES_KEY)) {
            throw vocabulary.fault(MERGES_KEY, "is missing, expected an array of string");
        }
        List<String> lines = vocabulary.metadata().strings(MERGES_KEY);
        for (int rank = 0; rank < lines.size(); rank++) {
            String line = lines.get(rank);
            int space = line.indexOf(' ', 1);
            // With nothing on one side a token would be joined to itself.
            if (space < 0 || space == line.length() - 1) {
                throw vocabulary.fault(MERGES_KEY, "holds '%s', expected two tokens".formatted(line));
            }
            String left = line.substring(0, space);
            String right = line.substring(space + 1);
            int joined = mergedToken(left + right, line);
            if (!vocabulary.type(joined).isStructure()) {
                merges.add(mergedToken(left, line), mergedToken(right, line), rank, joined);
            }
        }
    }

    private int mergedToken(String text, String line) {
        int id = vocabulary.idOf(text);
        if (id == Vocabulary.NONE) {
            throw vocabulary.fault(MERGES_KEY, "holds '%s', but there is no token %s".formatted(line, text));
        }
        return id;
    }

    @Override
    public void encode(String text, Encoding encoding) {
        String composed =
                preTokenizer.has(PreTokenizer.Trait.COMPOSES) ? Normalizer.normalize(text, Normalizer.Form.NFC) : text;
        preTokenizer.cut(
                composed, (from, to) -> encoding.addWord(composed.substring(from, to), word -> idsOf(word, encoding)));
    }

    private int[] idsOf(String word, Encoding encoding) {
        byte[] bytes = word.getBytes(UTF_8);
        if (preTokenizer.has(PreTokenizer.Trait.TAKES_WHOLE_WORDS)) {
            int whole = vocabulary.idOf(text(bytes));
            if (whole != Vocabulary.NONE && vocabulary.type(whole) == TokenType.NORMAL) {
                return new int[] {whole};
            }
        }
        int[] symbols = new int[bytes.length];
        int unspelled = 0; // left out, and nothing is joined across them
        for (int i = 0; i < bytes.length; i++) {
            symbols[i] = tokenOfByte[bytes[i] & 0xFF];
            if (symbols[i] != Vocabulary.NONE) {
                continue;
            }
            if (!isRareControl(bytes[i] & 0xFF)) {
                return idsOf(word.replaceAll("[\\x{40000}-\\x{BFFFF}]", "\uFFFD"), encoding);
            }
            unspelled++;
            symbols[i] = vocabulary.size();
        }
        int[] ids = encoding.merge(merges, symbols, symbols.length);
        return unspelled == 0
                ? ids
                : Arrays.stream(ids).filter(id -> id < vocabulary.size()).toArray();
    }

    /// How a file writes these bytes.
    private static String text(byte[] bytes) {
        char[] text = new char[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            text[i] = CHARACTER_OF_BYTE[bytes[i] & 0xFF];
        }
        return new String(text);
    }

    @Override
    public byte[] bytes(int id) {
        String text = vocabulary.text(id);
        byte[] bytes = new byte[text.length()];
        for (int i = 0; i < bytes.length; i++) {
            Byte value = BYTE_OF_CHARACTER.get(text.charAt(i));
            if (value == null) {
                // Some vocabularies hold a few tokens as plain text.
                return text.getBytes(UTF_8);
            }
            bytes[i] = value;
        }
        return bytes;
    }

    @Override
    public boolean addsBos() {
        return preTokenizer.has(PreTokenizer.Trait.ADDS_BOS);
    }

    @Override
    public boolean addsSpace() {
        return false;
    }
}
