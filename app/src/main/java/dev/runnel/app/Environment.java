package dev.runnel.app;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/// Options that are set in the environment: `--max-tokens` as `RUNNEL_MAX_TOKENS`, and so each. A variable that is
/// empty is not set, and the command line wins.
record Environment(Map<String, String> variables) implements IDefaultValueProvider {

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
        if (value.isEmpty()) {
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
}
