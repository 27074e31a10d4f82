package dev.runnel.app;

import dev.runnel.core.BackendException;
import dev.runnel.wire.TextReplies;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/// Standard input as requests, one a line, and standard output as their answers, one a line and in their order. Holds
/// one line at a time, and answers a line before it waits for the next.
final class JsonLines {

    /// Longest line that is read, in bytes: far beyond any prompt.
    static final int LONGEST = 16 << 20;

    /// How many bytes of answers are written at once while more lines are there to read.
    private static final int BATCH = 1 << 16;

    private final InputStream in;
    private final Output out;
    private final ByteArrayOutputStream answers = new ByteArrayOutputStream();
    private final byte[] buffer = new byte[1 << 16];
    private int next;
    private int end;

    private JsonLines(InputStream in, Output out) {
        this.in = in;
        this.out = out;
    }

    /// Answers every line that is not blank. One that can't be answered gets `{"error": …}` and keeps none of the
    /// others from being answered.
    ///
    /// @param answering throws a [BackendException] for a line that can't be answered
    /// @throws CommandFailure at the end, if there was such a line
    static void answer(Shell shell, CommandSpec command, UnaryOperator<byte[]> answering) {
        if (shell.isTerminal(Shell.Channel.IN)) {
            throw new ParameterException(
                    command.commandLine(), "there is nothing to do; expected an argument, or JSON on standard input");
        }
        try {
            new JsonLines(shell.in(), shell.out()).answer(answering);
        } catch (IOException failure) {
            throw new UncheckedIOException("standard input can't be read: " + failure.getMessage(), failure);
        }
    }

    private void answer(UnaryOperator<byte[]> answering) throws IOException {
        long lines = 0;
        long failed = 0;
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (read(line)) {
            byte[] request = line.toByteArray();
            if (isBlank(request)) {
                continue;
            }
            lines++;
            try {
                if (request.length > LONGEST) {
                    throw new BackendException(
                            BackendException.Kind.INVALID_REQUEST,
                            "the line is longer than %d bytes".formatted(LONGEST));
                }
                answers.writeBytes(answering.apply(request));
            } catch (BackendException refused) {
                failed++;
                answers.writeBytes(TextReplies.error(refused.getMessage()));
            }
            answers.write('\n');
            if (answers.size() >= BATCH || (next == end && in.available() == 0)) {
                write();
            }
        }
        write();
        if (failed > 0) {
            throw new CommandFailure(
                    "%d of %d lines can't be answered; in place of each answer it says why".formatted(failed, lines));
        }
    }

    private void write() {
        out.write(answers.toByteArray());
        answers.reset();
    }

    /// Reads a line without its end; of one that is too long only the start, and a byte more than a line may have.
    ///
    /// @return whether there was one
    private boolean read(ByteArrayOutputStream line) throws IOException {
        line.reset();
        boolean begun = false;
        while (next < end || fill()) {
            begun = true;
            int from = next;
            while (next < end && buffer[next] != '\n') {
                next++;
            }
            line.write(buffer, from, Math.min(next - from, LONGEST + 1 - line.size()));
            if (next < end) {
                next++;
                return true;
            }
        }
        return begun;
    }

    private boolean fill() throws IOException {
        next = 0;
        end = Math.max(0, in.read(buffer));
        return end > 0;
    }

    private static boolean isBlank(byte[] line) {
        for (byte each : line) {
            if (each != ' ' && each != '\t' && each != '\r') {
                return false;
            }
        }
        return true;
    }
}
