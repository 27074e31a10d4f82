package dev.runnel.app;

import dev.runnel.core.TokenText;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/// Tokens as people see them.
final class Pieces {

    private Pieces() {}

    /// Text in quotation marks, or hexadecimal where that is not to be read.
    static String shown(TokenText token) {
        String text = token.text().replace("\n", "\\n").replace("\t", "\\t");
        boolean whole = text.indexOf('\uFFFD') < 0 && Style.harmless(text).equals(text);
        return whole
                ? "'" + text + "'"
                : bytes(token).stream().map("%02X"::formatted).collect(Collectors.joining(" "));
    }

    /// Its text's, where a server has told no more.
    private static List<Integer> bytes(TokenText token) {
        return token.bytes().isEmpty()
                ? TokenText.of(token.text().getBytes(StandardCharsets.UTF_8)).bytes()
                : token.bytes();
    }
}
