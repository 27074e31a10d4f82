package dev.runnel.app;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.Signals;

/// What the program sees of the process around it; a test makes its own.
///
/// @param err UTF-8; for people, while `out` is for whatever comes next in a pipe
/// @param terminals which of the three a person looks at or types on
/// @param stopSignals calls its argument each time the program is asked to stop, by Ctrl-C or by its supervisor
/// @param terminal opens the terminal for a dialogue
record Shell(
        InputStream in,
        Output out,
        PrintStream err,
        Map<String, String> environment,
        Set<Channel> terminals,
        Consumer<Runnable> stopSignals,
        TerminalOpener terminal) {

    enum Channel {
        IN,
        OUT,
        ERR
    }

    /// Opens a terminal, which is its caller's to close.
    @FunctionalInterface
    interface TerminalOpener {
        Terminal open() throws IOException;
    }

    static Shell ofThisProcess() {
        return new Shell(
                System.in,
                new Output(new FileOutputStream(FileDescriptor.out), Output::isPipeOfThisProcess),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                System.getenv(),
                terminalsOfThisProcess(),
                Shell::onStopSignal,
                () -> TerminalBuilder.builder()
                        .system(true)
                        .encoding(StandardCharsets.UTF_8)
                        .build());
    }

    /// Whoever asks a second time is not to be kept waiting.
    private static void onStopSignal(Runnable action) {
        AtomicBoolean asked = new AtomicBoolean();
        Runnable atFirst = () -> {
            if (asked.getAndSet(true)) {
                Runtime.getRuntime().halt(ExitCode.STOPPED);
            }
            action.run();
        };
        Signals.register("INT", atFirst);
        Signals.register("TERM", atFirst);
    }

    /// The launcher knows and says it in `runnel.terminals`, such as `in,out,err`; the JDK only knows about all three
    /// or none.
    private static Set<Channel> terminalsOfThisProcess() {
        String told = System.getProperty("runnel.terminals");
        if (told == null) {
            boolean all = Optional.ofNullable(System.console())
                    .map(Console::isTerminal)
                    .orElse(false);
            return all ? EnumSet.allOf(Channel.class) : EnumSet.noneOf(Channel.class);
        }
        List<String> names = List.of(told.split(","));
        Set<Channel> terminals = EnumSet.allOf(Channel.class);
        terminals.removeIf(channel -> !names.contains(channel.name().toLowerCase(Locale.ROOT)));
        return terminals;
    }

    boolean isTerminal(Channel channel) {
        return terminals.contains(channel);
    }

    /// How text may look on `channel`. NO_COLOR is a convention: https://no-color.org.
    Style style(Channel channel) {
        boolean plain = !environment.getOrDefault("NO_COLOR", "").isEmpty()
                || environment.getOrDefault("TERM", "").equals("dumb");
        return isTerminal(channel) && !plain ? Style.COLOURED : Style.PLAIN;
    }
}
