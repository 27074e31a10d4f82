package dev.runnel.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// A conversation with a program: a line in, a reply out, and nothing else.
final class PipeScreen implements ChatScreen {

    private final BufferedReader in;
    private final ReplyWriter out;

    PipeScreen(Shell shell) {
        in = new BufferedReader(new InputStreamReader(shell.in(), StandardCharsets.UTF_8));
        out = new ReplyWriter(shell.out()::print, shell.isTerminal(Shell.Channel.OUT));
    }

    @Override
    public Optional<String> readLine() {
        try {
            return Optional.ofNullable(in.readLine());
        } catch (IOException failure) {
            throw new UncheckedIOException("standard input can't be read: " + failure.getMessage(), failure);
        }
    }

    @Override
    public void reply(String piece) {
        out.print(piece);
    }

    @Override
    public void thinking(String piece) {}

    @Override
    public void endReply() {
        out.endLine();
    }

    @Override
    public void note(String text) {}

    @Override
    public void problem(String sentence) {
        throw new CommandFailure(sentence);
    }

    /// Ctrl-C ends the program, which ends the reply.
    @Override
    public void onInterrupt(Runnable stop) {}

    @Override
    public void close() {}
}
