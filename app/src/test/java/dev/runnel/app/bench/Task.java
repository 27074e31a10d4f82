package dev.runnel.app.bench;

/// What an engine is timed at. All are tokens a second, and more is better.
enum Task {
    /// Reads a prompt that nothing of is cached.
    PROMPT("prompt of 512", 512, 1),
    /// Writes one text after an empty prompt.
    DECODE("decode, 1 sequence", 64, 1),
    /// Writes 16 texts at the same time.
    DECODE_16("decode, 16 sequences in all", 32, 16),
    /// Writes one text after 8192 tokens.
    DECODE_DEEP("decode with 8 k tokens held", 32, 1);

    /// Tokens held before [#DECODE_DEEP] writes.
    static final int DEPTH = 8192;

    final String title;

    /// That each sequence reads, or writes.
    final int tokens;

    final int sequences;

    Task(String title, int tokens, int sequences) {
        this.title = title;
        this.tokens = tokens;
        this.sequences = sequences;
    }
}
