package dev.runnel.app;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/// Standard output: UTF-8 whatever the locale, sent at once, and, unlike a `PrintStream`, not silent when nobody takes
/// it.
final class Output {

    /// Nobody reads any more: whoever writes should end, and need not say why.
    static final class Closed extends RuntimeException {

        private static final long serialVersionUID = 1;

        Closed(IOException cause) {
            super("nobody reads the output any more", cause);
        }
    }

    private final OutputStream sink;

    Output(OutputStream sink) {
        this.sink = sink;
    }

    /// @throws Closed if the other end of the pipe is gone
    /// @throws CommandFailure if it can't be written for another reason, such as a full disk
    void print(String text) {
        write(text.getBytes(StandardCharsets.UTF_8));
    }

    /// As [#print], of text in UTF-8.
    void write(byte[] text) {
        try {
            sink.write(text);
            sink.flush();
        } catch (IOException failure) {
            String why = String.valueOf(failure.getMessage());
            throw why.contains("Broken pipe")
                    ? new Closed(failure)
                    : new CommandFailure("standard output can't be written: " + why, failure);
        }
    }

    void println(String line) {
        print(line + "\n");
    }

    /// For help texts.
    PrintWriter writer() {
        return new PrintWriter(sink, true, StandardCharsets.UTF_8);
    }
}
