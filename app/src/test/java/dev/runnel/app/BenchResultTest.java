package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.TokenEvent;
import dev.runnel.lab.Load;
import dev.runnel.lab.Measurement;
import dev.runnel.lab.Objective;
import dev.runnel.lab.Outcome;
import dev.runnel.lab.Plan;
import dev.runnel.lab.Round;
import dev.runnel.lab.Series;
import dev.runnel.lab.Target;
import dev.runnel.lab.Workload;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BenchResultTest {

    private static final int REQUESTS = 1000;
    private static final Load LOAD = new Load.Closed(1, REQUESTS);

    @Test
    void howLateTheLabWasUpToIsHowLateItWasAtMost() {
        assertThat(result(20, 900).remarks())
                .singleElement()
                .asString()
                .startsWith("a, 1 at once: the lab itself was up to 900 ms late to send requests;");
    }

    @Test
    void aSingleLateRequestOfAThousandIsNotWorthAWord() {
        assertThat(result(0, 900).remarks()).isEmpty();
    }

    /// @param lagMillis by how much the lab was late for each request but one
    /// @param longestLagMillis for that one
    private static BenchResult result(int lagMillis, int longestLagMillis) {
        Workload workload = new Workload(List.of(CompletionRequest.of("m", "hi")), false);
        Plan plan = new Plan(workload, List.of(LOAD), 0, 1, Duration.ofSeconds(9), Objective.NONE, 0);
        Target target = new Target("a", new ScriptedBackend("m", Script.of()), "m", Target.Reading.STREAMED);
        List<Measurement> measured = IntStream.range(0, REQUESTS)
                .mapToObj(i -> late(i, i == 7 ? longestLagMillis : lagMillis))
                .toList();
        Round round = new Round(1, Duration.ofSeconds(10), measured, false);
        return BenchResult.of(
                plan, List.of(new Series(target, LOAD, List.of(round))), _ -> Optional.empty(), false, Instant.EPOCH);
    }

    private static Measurement late(int index, int lagMillis) {
        return new Measurement(
                index,
                Duration.ZERO,
                Duration.ofMillis(lagMillis),
                Duration.ZERO,
                List.of(Duration.ofMillis(10)),
                Duration.ofMillis(10),
                new Outcome.Complete(new TokenEvent.Usage(1, 2), "stop"),
                "x",
                OptionalInt.empty(),
                true);
    }
}
