package dev.runnel.app;

import dev.runnel.core.Script;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/// The program as a process of its own, with a model that counts to two hundred, a hundred a second, in words of
/// Chinese.
final class ScriptedProgram {

    private ScriptedProgram() {}

    public static void main(String[] arguments) {
        String[] numbers =
                IntStream.rangeClosed(1, 200).mapToObj(number -> number + "号\n").toArray(String[]::new);
        Script counting = Script.saying("scripted", numbers).paced(Duration.ofMillis(10));
        Shell shell = Shell.ofThisProcess();
        ConsoleLog.install(shell.err());
        System.exit(new Cli(shell, ScriptedRooms.playing(counting)).run(List.of(arguments)));
    }
}
