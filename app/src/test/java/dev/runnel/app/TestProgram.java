package dev.runnel.app;

import dev.runnel.app.Shell.Channel;
import dev.runnel.testing.Await;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// The program in this JVM, with a test as its surroundings.
final class TestProgram {

    private final Rooms rooms;
    private final Map<String, String> environment = new HashMap<>();
    private final Set<Channel> terminals = EnumSet.noneOf(Channel.class);
    private final List<Runnable> onStop = new CopyOnWriteArrayList<>();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private InputStream in = InputStream.nullInputStream();
    private OutputStream sink = out;
    private boolean isPipe;
    private Shell.TerminalOpener terminal = () -> {
        throw new IOException("this test has no terminal");
    };

    TestProgram(Rooms rooms) {
        this.rooms = rooms;
    }

    TestProgram in(String text) {
        in = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    TestProgram in(InputStream stream) {
        in = stream;
        return this;
    }

    TestProgram environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    TestProgram terminals(Channel... channels) {
        terminals.addAll(List.of(channels));
        return this;
    }

    TestProgram terminal(Shell.TerminalOpener opener) {
        terminal = opener;
        return terminals(Channel.values());
    }

    /// Standard output goes here instead of being kept.
    TestProgram sink(OutputStream instead) {
        sink = instead;
        return this;
    }

    /// As [#sink], through a pipe.
    TestProgram pipe(OutputStream reader) {
        isPipe = true;
        return sink(reader);
    }

    Shell shell() {
        return new Shell(
                in,
                new Output(sink, () -> isPipe),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                environment,
                terminals,
                onStop::add,
                terminal);
    }

    /// Runs a command to its end.
    ///
    /// @return the exit code
    int run(String... arguments) {
        return new Cli(shell(), rooms).run(List.of(arguments));
    }

    /// Runs a command that goes on until it is stopped.
    Running start(String... arguments) {
        CompletableFuture<Integer> exitCode = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> exitCode.complete(run(arguments)));
        return new Running(exitCode);
    }

    /// A command that runs.
    final class Running {

        private final CompletableFuture<Integer> exitCode;

        private Running(CompletableFuture<Integer> exitCode) {
            this.exitCode = exitCode;
        }

        /// Waits for `text` on standard output.
        Running awaitOut(String text) {
            Await.until(
                    "'" + text + "' on standard output, which is: " + out() + err(),
                    () -> out().contains(text) || exitCode.isDone());
            return this;
        }

        /// Waits for `text` on standard error.
        Running awaitErr(String text) {
            Await.until("'" + text + "' on standard error", () -> err().contains(text) || exitCode.isDone());
            return this;
        }

        /// Asks it to stop, as Ctrl-C does.
        Running stop() {
            Await.until("the program to listen for signals", () -> !onStop.isEmpty() || exitCode.isDone());
            onStop.forEach(Runnable::run);
            return this;
        }

        int exitCode() throws InterruptedException {
            try {
                return exitCode.get(20, TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException failure) {
                throw new AssertionError("the command did not end; so far: " + out() + err(), failure);
            }
        }
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
