package dev.runnel.engine.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufFile;
import java.util.BitSet;
import java.util.OptionalInt;

/// Text to token ids and back, as a model's file describes it. For any number of threads.
public final class Tokenizer {

    private static final byte[] NOTHING = {};

    private final Vocabulary vocabulary;
    private final Encoder encoder;
    private final SpecialTokens specials;
    private final OptionalInt bos;
    private final OptionalInt eos;
    private final boolean addsBos;
    private final boolean addsEos;

    private Tokenizer(Vocabulary vocabulary, Encoder encoder) {
        this.vocabulary = vocabulary;
        this.encoder = encoder;
        specials = new SpecialTokens(vocabulary);
        bos = vocabulary.idAt("tokenizer.ggml.bos_token_id");
        eos = vocabulary.idAt("tokenizer.ggml.eos_token_id");
        addsBos = adds("tokenizer.ggml.add_bos_token", "tokenizer.ggml.bos_token_id", bos, encoder.addsBos());
        addsEos = adds("tokenizer.ggml.add_eos_token", "tokenizer.ggml.eos_token_id", eos, false);
    }

    private boolean adds(String flagKey, String idKey, OptionalInt id, boolean ifUnsaid) {
        boolean adds = vocabulary.metadata().flag(flagKey).orElse(ifUnsaid && id.isPresent());
        if (adds && id.isEmpty()) {
            throw vocabulary.fault(flagKey, "is true, but " + idKey + " is missing");
        }
        return adds;
    }

    /// The tokenizer that a file describes.
    ///
    /// @throws ModelFileException if it is of a kind that isn't known here, or inconsistent
    public static Tokenizer of(GgufFile file) {
        String key = "tokenizer.ggml.model";
        String model = file.metadata().requireString(key);
        Vocabulary vocabulary = new Vocabulary(file);
        Encoder encoder = switch (model) {
            case "llama" -> new ScoredEncoder(vocabulary);
            case "gpt2" -> new ByteLevelEncoder(vocabulary);
            default -> throw vocabulary.fault(key, "is %s; this engine knows gpt2 and llama".formatted(model));
        };
        return new Tokenizer(vocabulary, encoder);
    }

    /// The ids of a text; none for an empty one. Nothing is put before or behind it, see [#addsBos] and
    /// [#addsEos].
    ///
    /// @param text what is not well-formed in it, a lone surrogate, counts as U+FFFD
    /// @param parseSpecial whether what looks like a control token is one; false for text of which one
    ///     doesn't know who wrote it
    public int[] encode(String text, boolean parseSpecial) {
        BitSet trusted = new BitSet();
        trusted.set(0, parseSpecial ? text.length() : 0);
        return encode(text, trusted);
    }

    /// The ids of a text that several have written, as [#encode(String, boolean)]; words and merges go across
    /// the borders between them.
    ///
    /// @param trusted the characters whose writer may spell control tokens; one that another has written a
    ///     part of is text
    public int[] encode(String text, BitSet trusted) {
        String sound = wellFormed(text);
        Encoding encoding = new Encoding();
        int from = 0;
        int trustedEnd = 0;
        for (int at = 0; at < sound.length(); ) {
            if (at >= trustedEnd) {
                trustedEnd = trusted.nextClearBit(at);
            }
            int special = specials.match(sound, at, trustedEnd);
            if (special == Vocabulary.NONE) {
                at++;
                continue;
            }
            encodeText(sound, from, at, encoding);
            encoding.add(special);
            at = specials.goesOn(special, sound, at + vocabulary.text(special).length());
            from = at;
        }
        encodeText(sound, from, sound.length(), encoding);
        return encoding.ids();
    }

    /// Fewest tokens that a text can be, told without reading it: none stands for more characters than the longest
    /// has. What is left out of a text, or composed in it, counts as it came.
    public int leastTokens(String text) {
        return Math.ceilDiv(text.length(), vocabulary.longest());
    }

    private void encodeText(String text, int from, int end, Encoding encoding) {
        if (from < end) {
            encoder.encode(text.substring(from, end), encoding);
        }
    }

    private static String wellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return text.codePoints()
                        .map(each -> each >= Character.MIN_SURROGATE && each <= Character.MAX_SURROGATE ? 0xFFFD : each)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString();
            }
        }
        return text;
    }

    /// How many tokens there are; ids count from zero.
    public int size() {
        return vocabulary.size();
    }

    /// The token that begins a sequence, where the file names one.
    public OptionalInt bos() {
        return bos;
    }

    /// The token that ends a sequence, where the file names one.
    public OptionalInt eos() {
        return eos;
    }

    /// Whether the model expects [#bos] before a prompt; then there is one.
    public boolean addsBos() {
        return addsBos;
    }

    /// Whether the model expects [#eos] behind a prompt; then there is one.
    public boolean addsEos() {
        return addsEos;
    }

    /// Whether [#encode] puts a space before a text: then the text of a sequence that begins with its first
    /// token is its tokens' bytes without the first space.
    public boolean addsSpace() {
        return encoder.addsSpace();
    }

    /// Whether a reply ends with this token.
    public boolean isEndOfGeneration(int id) {
        return vocabulary.isEnd(id);
    }

    /// The token that stands for this text as a whole, and is never put together from parts: structure, or
    /// text that a file declares as one token; -1 if there is none.
    public int special(String text) {
        int id = vocabulary.idOf(text);
        return id != Vocabulary.NONE
                        && (vocabulary.type(id).isStructure() || vocabulary.type(id) == TokenType.USER_DEFINED)
                ? id
                : Vocabulary.NONE;
    }

    /// The bytes a token adds to a text: often not whole characters, and none for a control token.
    public byte[] bytes(int id) {
        return switch (vocabulary.type(id)) {
            case NORMAL, BYTE -> encoder.bytes(id);
            case USER_DEFINED -> vocabulary.text(id).getBytes(UTF_8);
            case CONTROL, UNKNOWN, UNUSED, UNDEFINED -> NOTHING.clone();
        };
    }

    /// As [#bytes], with control tokens by their names.
    public byte[] bytesWithSpecial(int id) {
        return switch (vocabulary.type(id)) {
            case NORMAL, BYTE -> encoder.bytes(id);
            case USER_DEFINED, CONTROL, UNKNOWN -> vocabulary.text(id).getBytes(UTF_8);
            case UNUSED, UNDEFINED -> NOTHING.clone();
        };
    }
}
