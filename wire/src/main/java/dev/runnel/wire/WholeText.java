package dev.runnel.wire;

/// Makes pieces of whole characters out of pieces that were cut anywhere: half of a surrogate pair waits
/// for the other half, and what never gets one becomes U+FFFD.
final class WholeText {

    private static final String REPLACEMENT = "\uFFFD";

    /// Half of a surrogate pair, or empty.
    private String held = "";

    /// The whole characters up to the end of `piece`; may be empty.
    String append(String piece) {
        String text = held + piece;
        boolean cut = !text.isEmpty() && Character.isHighSurrogate(text.charAt(text.length() - 1));
        int whole = cut ? text.length() - 1 : text.length();
        held = text.substring(whole);
        return repaired(text.substring(0, whole));
    }

    /// What is left when no piece follows.
    String end() {
        String rest = held.isEmpty() ? "" : REPLACEMENT;
        held = "";
        return rest;
    }

    static boolean isWhole(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (!Character.isSurrogatePair(text.charAt(i), i + 1 < text.length() ? text.charAt(i + 1) : 0)) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    static String repaired(String text) {
        if (isWhole(text)) {
            return text;
        }
        StringBuilder repaired = new StringBuilder(text.length());
        text.codePoints()
                .map(codePoint -> codePoint >= 0xD800 && codePoint <= 0xDFFF ? 0xFFFD : codePoint)
                .forEach(repaired::appendCodePoint);
        return repaired.toString();
    }
}
