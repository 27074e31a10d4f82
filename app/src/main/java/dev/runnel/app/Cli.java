package dev.runnel.app;

import dev.runnel.app.hub.HubException;
import dev.runnel.core.BackendException;
import dev.runnel.engine.ModelFileException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    /// In the order they are written in, the most wanted first.
    private final Map<String, Supplier<Object>> commands = new LinkedHashMap<>();

    Cli(Shell shell, Rooms rooms) {
        this.shell = shell;
        commands.put("serve", () -> new ServeCommand(shell, rooms));
        commands.put("chat", () -> new ChatCommand(shell, rooms));
        commands.put("complete", () -> new CompleteCommand(shell, rooms));
        commands.put("pull", () -> new PullCommand(shell));
        commands.put("inspect", () -> new InspectCommand(shell, rooms));
        commands.put("tokenize", () -> new TokenizeCommand(shell, rooms));
        commands.put("detokenize", () -> new DetokenizeCommand(shell, rooms));
        commands.put("render", () -> new RenderCommand(shell, rooms));
        commands.put("score", () -> new ScoreCommand(shell, rooms));
        commands.put("compare", () -> new CompareCommand(shell, rooms));
        commands.put("bench", () -> new BenchCommand(shell, rooms));
        commands.put("notebook", () -> new NotebookCommand(shell, rooms));
        commands.put("help", CommandLine.HelpCommand::new);
    }

    /// The commands and options that there are.
    CommandSpec spec() {
        return program(commands.values()).getCommandSpec();
    }

    /// Runs a command to its end.
    ///
    /// @return one of [ExitCode]
    int run(List<String> arguments) {
        try {
            return program(needed(arguments)).execute(arguments.toArray(String[]::new));
        } catch (OutOfMemoryError exhausted) {
            return ended(exhausted);
        }
    }

    /// The command that is named first, or all: the options of each are found by reflection, and those of all
    /// of them take as long as the JVM takes to start.
    private Collection<Supplier<Object>> needed(List<String> arguments) {
        Supplier<Object> named = arguments.isEmpty() ? null : commands.get(arguments.getFirst());
        return named == null || arguments.getFirst().equals("help") ? commands.values() : List.of(named);
    }

    private CommandLine program(Collection<Supplier<Object>> offered) {
        CommandLine program = new CommandLine(runnel);
        offered.forEach(command -> program.addSubcommand(command.get()));
        program.setExpandAtFiles(false) // a text may begin with @
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
            command.getCommandSpec().usageMessage().sortOptions(false).abbreviateSynopsis(true);
        }
        return program;
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
        shell.err().println("runnel: " + Style.harmless(sentence(failure))); // it may quote a server
        if (runnel.debug) {
            failure.printStackTrace(shell.err());
        }
        return ExitCode.FAILED;
    }

    /// What is told of a failure.
    static String sentence(Throwable failure) {
        return switch (failure) {
            case BackendException fault
            when fault.kind() == BackendException.Kind.INTERNAL && fault.getCause() != null ->
                "%s: %s; with RUNNEL_DEBUG=1 it tells where".formatted(fault.getMessage(), fault.getCause());
            case CommandFailure _, BackendException _, HubException _, ModelFileException _, UncheckedIOException _ ->
                String.valueOf(failure.getMessage());
            case OutOfMemoryError exhausted ->
                "not enough memory (" + exhausted.getMessage() + "); RUNNEL_JAVA_OPTS=-Xmx8g gives the program 8 GB";
            default -> "a fault of the program's own: " + failure + "; with RUNNEL_DEBUG=1 it tells where";
        };
    }
}
