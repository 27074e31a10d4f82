package dev.runnel.app;

import java.util.List;
import java.util.Locale;

/// The program's entry.
public final class Main {

    private Main() {}

    public static void main(String[] arguments) {
        Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT); // what is printed is read by programs, too
        Shell shell = Shell.ofThisProcess();
        ConsoleLog.install(shell.err());
        // Ends threads that still work for nobody, such as the loading of a model that is no longer wanted.
        System.exit(new Cli(shell, new CompositionRoot()).run(List.of(arguments)));
    }
}
