package dev.runnel.engine.constraint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/// Few tokens, and of every kind that makes trouble: each byte, tokens across what JSON keeps apart,
/// halves of characters, two with the same text, long ones, and control tokens.
final class SmallVocabulary {

    private static final List<byte[]> TOKENS = new ArrayList<>();

    static {
        for (int value = 0; value < 256; value++) {
            TOKENS.add(new byte[] {(byte) value});
        }
        for (String text : List.of(
                "{\"",
                "\":",
                "\": ",
                "\": \"",
                "\"},",
                "\",",
                "\", \"",
                "\"}",
                "\"]",
                "\"}]}",
                "{}",
                "[]",
                "{{",
                "[[",
                "]]",
                "]}",
                "}}",
                "},{",
                "], [",
                ", ",
                ": ",
                "\n",
                "\n  ",
                "  ",
                "\n        ",
                "true",
                "false",
                "null",
                "tru",
                "12",
                "123",
                "000",
                "0.",
                ".5",
                "1.5",
                "e+",
                "-1",
                "10",
                "99",
                "abc",
                "the ",
                " name",
                "name",
                "value",
                "é",
                "日本",
                "😀",
                "\\n",
                "\\u",
                "\\u00",
                "\\ud83d",
                "\\\"",
                "\\\\",
                "a",
                "a\"",
                "\"a",
                "20",
                "2024-",
                "-01",
                ":00",
                "T",
                "00:",
                "this is a longer text",
                "and an even longer text, with \"quotes\" in it",
                "                                ",
                "<tool_call>",
                "</tool_call>",
                "<tool",
                "_call>\n")) {
            TOKENS.add(text.getBytes(StandardCharsets.UTF_8));
        }
        for (String half : List.of("c3", "e697", "f09f98", "80", "22c3", "5c75")) {
            TOKENS.add(HexFormat.of().parseHex(half));
        }
    }

    static final int CONTROL = TOKENS.size();
    static final int END = CONTROL + 1;
    static final int OTHER_END = CONTROL + 2;
    static final int SIZE = CONTROL + 3;

    static final ConstraintVocabulary VOCABULARY =
            ConstraintVocabulary.of(SIZE, SmallVocabulary::bytes, token -> token == END || token == OTHER_END);

    private SmallVocabulary() {}

    static byte[] bytes(int token) {
        return token < CONTROL ? TOKENS.get(token) : new byte[0];
    }

    static boolean isEnd(int token) {
        return token == END || token == OTHER_END;
    }

    /// Whether a constraint accepts a text, byte by byte, and that it may end there.
    static boolean accepts(Constraint constraint, String text) {
        ConstraintState state = constraint.start();
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            if (!state.accept(each & 0xFF)) {
                return false;
            }
        }
        return state.isComplete();
    }
}
