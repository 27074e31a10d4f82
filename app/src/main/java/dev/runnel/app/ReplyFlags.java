package dev.runnel.app;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.core.Stopping;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// How replies shall be.
final class ReplyFlags {

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec command;

    @Option(names = "--system", paramLabel = "TEXT", description = "Instructions that the model reads first.")
    @Nullable
    String system;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "0 to 2: how freely tokens are drawn; 0 always takes the most probable. "
                    + "Default: 1, or what another server takes for granted.")
    @Nullable
    Double temperature;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            description = "0 to 1: draw among the most probable tokens that together reach this. "
                    + "Default: 1, or what another server takes for granted.")
    @Nullable
    Double topP;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "The same seed and prompt give the same reply. Default: a fresh one each time.")
    @Nullable
    Long seed;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "Most tokens of a reply. Default: as many as the context holds.")
    @Nullable
    Integer maxTokens;

    @Option(
            names = "--stop",
            paramLabel = "TEXT",
            description = "End a reply where this would begin. May be given several times.")
    List<String> stop = List.of();

    Optional<String> system() {
        return Optional.ofNullable(system).filter(text -> !text.isEmpty());
    }

    /// A request to a model that is still to be named.
    ///
    /// @throws picocli.CommandLine.ParameterException if a flag's value is out of bounds
    CompletionRequest request(Prompt prompt) {
        return Cli.checked(
                command,
                () -> CompletionRequest.of("", prompt)
                        .withSampling(new Sampling(
                                optional(temperature),
                                optional(topP),
                                seed == null ? OptionalLong.empty() : OptionalLong.of(seed)))
                        .withStopping(new Stopping(
                                maxTokens == null ? OptionalInt.empty() : OptionalInt.of(maxTokens),
                                stop,
                                Set.of(),
                                false)));
    }

    private static OptionalDouble optional(@Nullable Double number) {
        return number == null ? OptionalDouble.empty() : OptionalDouble.of(number);
    }
}
