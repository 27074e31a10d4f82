package dev.runnel.engine.bench;

import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.DoubleStream;

/// Measures how fast a vocabulary encodes text, on one core. The command is in `bench/NOTES.md`.
final class TokenizerBench {

    private static final int ROUNDS = 9;

    /// Repeated to a megabyte: what is quadratic takes many minutes.
    private static final String[] PIECES = {"a", " ", "a ", "\n", "世", "🦊", "7", "'", "<"};

    private TokenizerBench() {}

    /// @param arguments a file with a vocabulary, and any number of UTF-8 text files
    static void main(String[] arguments) throws IOException {
        if (arguments.length < 2) {
            throw new IllegalArgumentException("expected a file with a vocabulary, and text files");
        }
        Path model = Path.of(arguments[0]);
        Tokenizer tokenizer;
        try (GgufFile file = GgufFile.open(model)) {
            tokenizer = Tokenizer.of(file);
        }
        for (int i = 1; i < arguments.length; i++) {
            Path path = Path.of(arguments[i]);
            report(tokenizer, model.getFileName() + ", " + path.getFileName(), Files.readString(path));
        }
        for (String piece : PIECES) {
            String text = piece.repeat(1_000_000 / piece.getBytes(StandardCharsets.UTF_8).length);
            report(tokenizer, model.getFileName() + ", 1 MB of '" + piece.replace("\n", "\\n") + "'", text);
        }
    }

    private static void report(Tokenizer tokenizer, String what, String text) {
        double megabytes = text.getBytes(StandardCharsets.UTF_8).length * 1e-6;
        int tokens = tokenizer.encode(text, false).length;
        double[] rates = DoubleStream.generate(() -> megabytes / seconds(tokenizer, text))
                .limit(ROUNDS)
                .sorted()
                .toArray();
        IO.println("%-50s  %8d tokens  best %6.1f  median %6.1f MB/s"
                .formatted(what, tokens, rates[ROUNDS - 1], rates[ROUNDS / 2]));
    }

    private static double seconds(Tokenizer tokenizer, String text) {
        long start = System.nanoTime();
        tokenizer.encode(text, false);
        return (System.nanoTime() - start) * 1e-9;
    }
}
