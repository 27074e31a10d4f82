package dev.runnel.app;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

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

    // What the system calls a file's kind: POSIX's S_IFMT, S_IFIFO and S_IFSOCK.
    private static final int KIND = 0xF000;
    private static final int PIPE = 0x1000;
    private static final int SOCKET = 0xC000;

    private final OutputStream sink;
    private final BooleanSupplier isPipe;

    /// @param isPipe whether writing fails when nobody reads any more, and for no other reason; asked once it has
    ///     failed, since the system tells why in the language of its locale
    Output(OutputStream sink, BooleanSupplier isPipe) {
        this.sink = sink;
        this.isPipe = isPipe;
    }

    /// Whether standard output of this process is a pipe or a socket, as far as the system can tell.
    static boolean isPipeOfThisProcess() {
        try {
            int kind = (Integer) Files.getAttribute(Path.of("/dev/fd/1"), "unix:mode") & KIND;
            return kind == PIPE || kind == SOCKET;
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException untold) {
            return false;
        }
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
            throw isPipe.getAsBoolean()
                    ? new Closed(failure)
                    : new CommandFailure("standard output can't be written: " + failure.getMessage(), failure);
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
