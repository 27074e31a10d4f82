package dev.runnel.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;

/// A conversation with a person at a terminal.
final class TerminalScreen implements ChatScreen {

    private final Terminal terminal;
    private final Style style;
    private final LineReader reader;
    private final PrintWriter writer;
    private final ReplyWriter out;
    private boolean thinking;
    private volatile Runnable stop = () -> {};

    TerminalScreen(Terminal terminal, Style style) {
        this.terminal = terminal;
        this.style = style;
        // What is typed is prose: quotes, backslashes and exclamation marks stand for themselves.
        DefaultParser prose = new DefaultParser();
        prose.setQuoteChars(new char[0]);
        prose.setEscapeChars(new char[0]);
        reader = LineReaderBuilder.builder()
                .terminal(terminal)
                .parser(prose)
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .option(LineReader.Option.BRACKETED_PASTE, true)
                .build();
        writer = terminal.writer();
        out = new ReplyWriter(this::print, true);
        terminal.handle(Terminal.Signal.INT, _ -> stop.run());
    }

    @Override
    public Optional<String> readLine() {
        while (true) {
            try {
                return Optional.of(reader.readLine(style.bold("> ")));
            } catch (UserInterruptException interrupt) {
                if (interrupt.getPartialLine().isEmpty()) {
                    note("Ctrl-D leaves");
                }
            } catch (EndOfFileException left) {
                return Optional.empty();
            }
        }
    }

    @Override
    public void reply(String piece) {
        if (thinking) {
            thinking = false;
            out.endLine();
        }
        out.print(piece);
    }

    @Override
    public void thinking(String piece) {
        thinking = true;
        out.print(piece, style::dim);
    }

    @Override
    public void endReply() {
        thinking = false;
        out.endLine();
    }

    @Override
    public void note(String text) {
        print(style.dim(Style.harmless(text)) + "\n");
    }

    @Override
    public void problem(String sentence) {
        print(Style.harmless(sentence) + "\n");
    }

    @Override
    public void onInterrupt(Runnable stopping) {
        stop = stopping;
    }

    private void print(String text) {
        writer.print(text);
        writer.flush();
    }

    @Override
    public void close() {
        try {
            terminal.close();
        } catch (IOException failure) {
            throw new UncheckedIOException("the terminal can't be given back: " + failure.getMessage(), failure);
        }
    }
}
