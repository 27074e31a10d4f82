package dev.runnel.engine.tokenizer;

/// What a token is for; its number in a file is its place here.
enum TokenType {
    UNDEFINED,
    /// Made from text, and decoded to it.
    NORMAL,
    /// Stands for what the vocabulary can't express.
    UNKNOWN,
    /// Structure, such as a turn's end: never made from text, and without text of its own.
    CONTROL,
    /// Text that is always one token, found before anything is split.
    USER_DEFINED,
    /// A place kept free.
    UNUSED,
    /// One byte of a character that has no token.
    BYTE;

    private static final TokenType[] BY_CODE = values();

    /// Whether text that nobody vouches for must never become it.
    boolean isStructure() {
        return this == CONTROL || this == UNKNOWN;
    }

    static TokenType ofCode(int code) {
        return BY_CODE[code];
    }

    static boolean hasCode(int code) {
        return code >= 0 && code < BY_CODE.length;
    }
}
