package dev.runnel.app;

import dev.runnel.app.hub.HubException;
import dev.runnel.core.BackendException;
import dev.runnel.engine.ModelFileException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/// The commands as one program: how they are called, and how each of them ends.
final class Cli {

    private final Shell shell;
    private final RunnelCommand runnel = new RunnelCommand();
    private final CommandLine program;

    Cli(Shell shell, Rooms rooms) {
        this.shell = shell;
        program = new CommandLine(runnel)
                .addSubcommand(new ServeCommand(shell, rooms))
                .addSubcommand(new ChatCommand(shell, rooms))
                .addSubcommand(new CompleteCommand(shell, rooms))
                .addSubcommand(new PullCommand(shell))
                .addSubcommand(new InspectCommand(shell, rooms))
                .addSubcommand(new TokenizeCommand(shell, rooms))
                .addSubcommand(new DetokenizeCommand(shell, rooms))
                .addSubcommand(new RenderCommand(shell, rooms))
                .addSubcommand(new ScoreCommand(shell, rooms))
                .addSubcommand(new CompareCommand(shell, rooms))
                .addSubcommand(new BenchCommand(shell, rooms))
                .addSubcommand(new NotebookCommand(shell, rooms))
                .addSubcommand(new CommandLine.HelpCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(shell.out().writer())
                .setColorScheme(
                        Help.defaultColorScheme(shell.style(Shell.Channel.OUT) == Style.COLOURED ? Ansi.ON : Ansi.OFF))
                .setUsageHelpWidth(100)
                .setUsageHelpLongOptionsMaxWidth(24)
                .setDefaultValueProvider(new Environment(shell.environment()))
                .setParameterExceptionHandler(this::misused)
                .setExecutionExceptionHandler((failure, _, _) -> ended(failure));
        for (CommandLine command : program.getSubcommands().values()) {
            // In the order they are written in, the most wanted first.
            command.getCommandSpec().usageMessage().sortOptions(false).abbreviateSynopsis(true);
        }
    }

    /// The commands and options that there are.
    CommandSpec spec() {
        return program.getCommandSpec();
    }

    /// Runs a command to its end.
    ///
    /// @return one of [ExitCode]
    int run(List<String> arguments) {
        try {
            return program.execute(arguments.toArray(String[]::new));
        } catch (OutOfMemoryError exhausted) {
            return ended(exhausted);
        }
    }

    /// What `making` makes of options; a value that it refuses is a mistake of whoever gave the options.
    static <T> T checked(CommandSpec command, Supplier<T> making) {
        try {
            return making.get();
        } catch (IllegalArgumentException refused) {
            throw new ParameterException(command.commandLine(), String.valueOf(refused.getMessage()), refused);
        }
    }

    /// Refuses options that only mean something beside an argument that was not given.
    static void refuseWithoutArgument(CommandSpec command, String argument, String... options) {
        for (String option : options) {
            if (command.commandLine().getParseResult().hasMatchedOption(option)) {
                throw new ParameterException(
                        command.commandLine(),
                        "%s belongs to %s; a line of standard input says for itself".formatted(option, argument));
            }
        }
    }

    private int misused(ParameterException failure, String[] arguments) {
        String command = failure.getCommandLine().getCommandSpec().qualifiedName();
        String fault = String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
        if (failure.getArgSpec() instanceof OptionSpec option && !isIn(arguments, option)) {
            fault += " (from " + Environment.variable(option) + ")";
        }
        shell.err().println("runnel: " + fault + "; `" + command + " --help` tells what there is");
        return ExitCode.USAGE;
    }

    private static boolean isIn(String[] arguments, OptionSpec option) {
        return Arrays.stream(arguments)
                .anyMatch(argument -> Arrays.stream(option.names())
                        .anyMatch(name -> argument.equals(name) || argument.startsWith(name + "=")));
    }

    private int ended(Throwable thrown) {
        // The loading of a model fails on another thread.
        Throwable failure =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        if (failure instanceof Output.Closed) {
            return ExitCode.OUTPUT_CLOSED;
        }
        shell.err().println("runnel: " + sentence(failure));
        if (runnel.debug) {
            failure.printStackTrace(shell.err());
        }
        return ExitCode.FAILED;
    }

    private static String sentence(Throwable failure) {
        return switch (failure) {
            case CommandFailure _, BackendException _, HubException _, ModelFileException _, UncheckedIOException _ ->
                String.valueOf(failure.getMessage());
            case OutOfMemoryError exhausted ->
                "not enough memory (" + exhausted.getMessage() + "); RUNNEL_JAVA_OPTS=-Xmx8g gives the program 8 GB";
            default -> "a fault of the program's own: " + failure + "; with RUNNEL_DEBUG=1 it tells where";
        };
    }
}
