package dev.runnel.app;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/// Options that are set in the environment: `--max-tokens` as `RUNNEL_MAX_TOKENS`, and so each. A variable that is
/// empty is not set, and the command line wins.
record Environment(Map<String, String> variables) implements IDefaultValueProvider {

    /// Options that exclude each other: where one is on the command line, the other is not looked for here.
    private static final Map<String, String> RIVALS = Map.of(
            "--concurrency", "--request-rate",
            "--request-rate", "--concurrency",
            "--against", "--whole",
            "--whole", "--against",
            "--prompt", "--dataset",
            "--dataset", "--prompt",
            "--raw", "--system",
            "--system", "--raw",
            "--text", "--file",
            "--file", "--text");

    static String variable(OptionSpec option) {
        return "RUNNEL_"
                + option.longestName().substring(2).toUpperCase(Locale.ROOT).replace('-', '_');
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option) || option.usageHelp() || option.versionHelp()) {
            return null;
        }
        String value = variables.getOrDefault(variable(option), "");
        if (value.isEmpty() || isRuledOut(option)) {
            return null;
        }
        return option.arity().max() > 0
                ? value
                : switch (value) {
                    case "1" -> "true";
                    case "0" -> "false";
                    default -> value;
                };
    }

    /// Defaults are asked for when the command line has been read.
    private static boolean isRuledOut(OptionSpec option) {
        String rival = RIVALS.get(option.longestName());
        if (rival == null) {
            return false;
        }
        ParseResult typed = option.command().commandLine().getParseResult();
        return typed != null && typed.hasMatchedOption(rival);
    }
}
