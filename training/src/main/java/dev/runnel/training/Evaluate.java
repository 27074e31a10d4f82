package dev.runnel.training;

import dev.runnel.core.Backend;
import dev.runnel.engine.Engine;
import dev.runnel.relay.Upstream;
import dev.runnel.relay.UpstreamOptions;
import dev.runnel.training.data.Examination;
import dev.runnel.training.data.Split;
import dev.runnel.training.evaluation.Evaluation;
import dev.runnel.training.evaluation.Report;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Judges a model:
///
/// ```
/// training/evaluate                       the model in the engine's jar
/// training/evaluate --model FILE          a GGUF file
/// training/evaluate --url BASE            a server, such as http://127.0.0.1:8080/v1
///     --sample                            a few questions of each kind, in under a minute
///     --aside                             the questions that are kept aside, instead of those held out
///     --wrong N                           how many wrong answers are shown, of a category, a split and a language (3)
/// ```
///
/// Exits with 1 where a model is worse than the one in the jar is said to be.
public final class Evaluate {

    private Evaluate() {}

    public static void main(String[] arguments) throws Exception {
        Flags flags = Flags.orExit(arguments, Set.of("--model", "--url", "--wrong"), Set.of("--sample", "--aside"));
        List<Split> splits = flags.has("--aside") ? List.of(Split.KEPT_ASIDE) : Examination.USUAL;
        try (Backend backend = backend(flags)) {
            Report report = Evaluation.of(backend, splits, flags.has("--sample"));
            IO.println(report.markdown(flags.number("--wrong", 3)));
            List<String> worse = report.fallenShort();
            if (!worse.isEmpty()) {
                IO.println("worse than training/MODEL_CARD.md says: " + String.join(", ", worse));
                System.exit(1);
            }
        }
    }

    private static Backend backend(Flags flags) {
        Optional<String> url = flags.value("--url");
        if (url.isPresent()) {
            return Upstream.open(URI.create(url.get()), Optional.empty(), UpstreamOptions.DEFAULT);
        }
        return flags.value("--model").map(file -> Engine.open(Path.of(file))).orElseGet(Engine::embedded);
    }
}
