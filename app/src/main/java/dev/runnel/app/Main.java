package dev.runnel.app;

import java.util.List;

/// The program's entry.
public final class Main {

    private Main() {}

    public static void main(String[] arguments) {
        Shell shell = Shell.ofThisProcess();
        ConsoleLog.install(shell.err());
        // Ends threads that still work for nobody, such as the loading of a model that is no longer wanted.
        System.exit(new Cli(shell, new CompositionRoot()).run(List.of(arguments)));
    }
}
