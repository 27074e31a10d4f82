package dev.runnel.training.vocabulary;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The tokens of a model, by id.
///
/// @param tokens as a GGUF file writes them: a character for each byte, see [#spelled]
/// @param types what each is for, in the file's numbers
/// @param merges two tokens and a space between, the first to be merged first
public record Vocabulary(List<String> tokens, List<Integer> types, List<String> merges) {

    public static final int NORMAL = 1;
    public static final int CONTROL = 3;
    public static final int USER_DEFINED = 4;
    public static final int UNUSED = 5;

    public static final String END_OF_TEXT = "<|endoftext|>";
    public static final String END_OF_TURN = "<|im_end|>";

    /// Tokens that are never put together from others. A tool call is text that the model writes, so its borders are
    /// user-defined; a tool's response is the template's alone.
    static final Map<String, Integer> SPECIAL = specials();

    private static final char[] CHARACTER_OF_BYTE = new char[256];

    static {
        char next = 0x100;
        for (int value = 0; value < 256; value++) {
            boolean isPrintable = (value >= '!' && value <= '~') || (value >= 0xA1 && value != 0xAD);
            CHARACTER_OF_BYTE[value] = isPrintable ? (char) value : next++;
        }
    }

    private static Map<String, Integer> specials() {
        Map<String, Integer> specials = new LinkedHashMap<>();
        specials.put(END_OF_TEXT, CONTROL);
        specials.put("<|im_start|>", CONTROL);
        specials.put(END_OF_TURN, CONTROL);
        specials.put("<tool_call>", USER_DEFINED);
        specials.put("</tool_call>", USER_DEFINED);
        specials.put("<tool_response>", CONTROL);
        specials.put("</tool_response>", CONTROL);
        return specials;
    }

    public Vocabulary {
        tokens = List.copyOf(tokens);
        types = List.copyOf(types);
        merges = List.copyOf(merges);
    }

    /// A text's bytes as a file of this kind writes them: a printable Latin-1 character stands for itself, the other
    /// bytes, in order, for U+0100 and what follows.
    static String spelled(String text) {
        StringBuilder spelled = new StringBuilder();
        for (byte value : text.getBytes(UTF_8)) {
            spelled.append(CHARACTER_OF_BYTE[value & 0xFF]);
        }
        return spelled.toString();
    }

    static String spelled(int value) {
        return String.valueOf(CHARACTER_OF_BYTE[value]);
    }

    public int size() {
        return tokens.size();
    }

    public int id(String token) {
        int id = tokens.indexOf(token);
        if (id < 0) {
            throw new IllegalArgumentException("there is no token " + token);
        }
        return id;
    }

    /// The ids of the numbers that are one token, by number.
    public Map<Integer, Integer> numbers() {
        Map<Integer, Integer> numbers = new HashMap<>();
        for (int id = 0; id < tokens.size(); id++) {
            String token = tokens.get(id);
            boolean isNumber = types.get(id) == NORMAL && token.matches("0|[1-9][0-9]{0,2}");
            if (isNumber) {
                numbers.put(Integer.parseInt(token), id);
            }
        }
        return numbers;
    }
}
