package dev.runnel.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.Model;
import dev.runnel.core.Prompt;
import dev.runnel.core.Script;
import dev.runnel.core.Script.Step;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.Stopping;
import dev.runnel.core.TokenEvent;
import dev.runnel.lab.Target.Reading;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BenchTest {

    private final VirtualTime time = new VirtualTime();
    private final List<String> asked = new ArrayList<>();

    @Test
    void oneRequestIsMeasuredFromItsSendingToItsUsage() {
        Series series = one(closed(1, 1), target("a", reply(50, 10, 5)));

        Measurement measured = series.measurements().getFirst();
        assertThat(measured.ttft()).contains(millis(50));
        assertThat(measured.gaps()).containsOnly(millis(10)).hasSize(4);
        assertThat(measured.tpot()).as("four tokens and the end token in 40 ms").contains(millis(8));
        assertThat(measured.e2el()).isEqualTo(millis(90));
        assertThat(measured.lag()).isZero();
        assertThat(measured.outcome()).isEqualTo(new Outcome.Complete(new TokenEvent.Usage(1, 6), "stop"));
        assertThat(measured.text()).isEqualTo("xxxxx");
    }

    @Test
    void aClosedLoopCountsFromTheSendingWhereTheBackendTellsIt() {
        Series series = one(closed(1, 2), handedOver(7, reply(50, 10, 5)));

        assertThat(series.measurements()).extracting(Measurement::due).containsExactly(millis(7), millis(7 + 90 + 7));
        assertThat(series.measurements()).allSatisfy(measured -> {
            assertThat(measured.ttft()).contains(millis(50));
            assertThat(measured.gaps()).containsOnly(millis(10));
            assertThat(measured.e2el()).isEqualTo(millis(90));
            assertThat(measured.lag()).as("what it took until then").isEqualTo(millis(7));
        });
    }

    @Test
    void anOpenLoopCountsFromWhenARequestWasDueHoweverLateItIsSent() {
        Series series = one(new Load.Open(1, 10, 2), handedOver(7, reply(50, 10, 5)));

        assertThat(series.measurements()).allSatisfy(measured -> {
            assertThat(measured.ttft()).contains(millis(57));
            assertThat(measured.e2el()).isEqualTo(millis(97));
            assertThat(measured.lag()).isZero();
        });
    }

    @Test
    void aClosedLoopHasItsConcurrencyUnderWayUntilTheRequestsRunOut() {
        Series series = one(closed(3, 7), target("a", reply(100, 0, 1)));

        assertThat(series.measurements())
                .extracting(Measurement::due)
                .containsExactly(millis(0), millis(0), millis(0), millis(100), millis(100), millis(100), millis(200));
        assertThat(series.took()).isEqualTo(millis(300));
        assertThat(summary(series).requestThroughput()).isEqualTo(7 / 0.3);
        assertThat(summary(series).outputThroughput())
                .as("a token and the end token")
                .isEqualTo(14 / 0.3);
    }

    @Test
    void aStallIsFeltByAllThatCameDuringItAndNotOnlyByTheOneItCaught() {
        List<Measurement> measured = one(
                        new Load.Open(100, 1, 200),
                        target("a", request -> index(request) == 50 ? reply(1000, 0, 1) : reply(1, 0, 1)))
                .measurements();

        Measurement caught =
                measured.stream().filter(each -> each.index() == 50).findFirst().orElseThrow();
        List<Measurement> during = measured.stream()
                .filter(each -> each.due().compareTo(caught.due()) > 0
                        && each.due().compareTo(caught.due().plusMillis(900)) < 0)
                .toList();
        assertThat(during).as("a hundred a second").hasSizeBetween(60, 130);
        assertThat(during).allSatisfy(each -> {
            assertThat(each.ttft().orElseThrow()).isEqualTo(each.waited().plusMillis(1));
            assertThat(each.due().plus(each.waited())).isGreaterThanOrEqualTo(caught.ended());
            assertThat(each.lag()).as("that is not the lab's doing").isZero();
        });
    }

    @Test
    void withoutACapAnOpenLoopGoesOnWhateverTheServerDoes() {
        List<Measurement> measured = one(new Load.Open(100, Integer.MAX_VALUE, 50), target("a", reply(5000, 0, 1)))
                .measurements();

        assertThat(measured).extracting(Measurement::e2el).containsOnly(millis(5000));
        assertThat(measured).extracting(Measurement::waited).containsOnly(Duration.ZERO);
    }

    @Test
    void onlyWhoIsNotSentAtOnceHasWaited() {
        time.ticks();

        Series free = one(new Load.Open(100, Integer.MAX_VALUE, 50), target("a", reply(5000, 0, 1)));
        Series capped = one(new Load.Open(100, 1, 50), target("a", reply(5000, 0, 1)));

        assertThat(summary(free).waited()).isZero();
        assertThat(summary(capped).waited()).as("all but the first").isEqualTo(49);
    }

    @Test
    void aLabThatIsLateSaysSoAndItsLatenessCounts() {
        List<Measurement> measured = one(new Load.Open(100, 1000, 100), target("a", request -> {
                    if (index(request) == 10) {
                        time.stall(millis(500));
                    }
                    return reply(1, 0, 1);
                }))
                .measurements();

        assertThat(measured)
                .filteredOn(each -> each.lag().isPositive())
                .hasSizeGreaterThan(20)
                .allSatisfy(each -> {
                    assertThat(each.lag()).isLessThan(millis(500));
                    assertThat(each.ttft()).contains(each.lag().plusMillis(1));
                });
    }

    @Test
    void requestsOfAnOpenLoopComeAtTheSameRandomMomentsForTheSameSeed() {
        Load load = new Load.Open(10, 1000, 400);
        List<Duration> first = dues(load, 7);

        assertThat(dues(load, 7)).isEqualTo(first);
        assertThat(dues(load, 8)).isNotEqualTo(first);
        assertThat(first.getLast()).isBetween(Duration.ofSeconds(32), Duration.ofSeconds(48));
    }

    private List<Duration> dues(Load load, long seed) {
        Plan plan = new Plan(workload(false), List.of(load), 0, 1, Duration.ofSeconds(60), Objective.NONE, seed);
        return run(plan, target("a", reply(1, 0, 1))).getFirst().measurements().stream()
                .map(Measurement::due)
                .sorted()
                .toList();
    }

    @Test
    void aWarmUpIsNotMeasured() {
        Plan plan = plan(2, 1, closed(1, 3));

        List<Series> series = run(plan, target("a", reply(10, 0, 1)));

        assertThat(asked).hasSize(5);
        assertThat(series.getFirst().measurements())
                .extracting(Measurement::index)
                .containsExactly(2, 3, 4);
    }

    @Test
    void targetsTakeTurnsAndEachLeadsInItsTurn() {
        Plan plan = plan(1, 4, closed(1, 8));

        List<Series> series = run(plan, target("a", reply(10, 0, 1)), target("b", reply(20, 0, 1)));

        assertThat(asked)
                .containsExactly(
                        "a0", "b0", "a1", "a2", "b1", "b2", "b3", "b4", "a3", "a4", "a5", "a6", "b5", "b6", "b7", "b8",
                        "a7", "a8");
        assertThat(series)
                .hasSize(2)
                .allSatisfy(each -> assertThat(each.rounds()).hasSize(4));
        assertThat(series.get(1).measurements())
                .extracting(Measurement::index)
                .as("the same requests to both")
                .isEqualTo(series.get(0).measurements().stream()
                        .map(Measurement::index)
                        .toList());
    }

    @Test
    void aSweepMeasuresEachLoadForEachTarget() {
        List<Series> series =
                run(plan(0, 1, closed(1, 2), closed(2, 4)), target("a", reply(10, 0, 1)), target("b", reply(10, 0, 1)));

        assertThat(series)
                .extracting(each -> each.target().name() + " " + each.load().name())
                .containsExactly("a 1 at once", "b 1 at once", "a 2 at once", "b 2 at once");
    }

    @Test
    void failuresAreCountedByTheirCodeOrKindAndTheOthersGoOn() {
        BackendException coded =
                new BackendException(BackendException.Kind.UPSTREAM, "it said <html>").withCode("upstream_not_sse");
        BackendException plain = new BackendException(BackendException.Kind.OVERLOADED, "later");
        Series series = one(closed(1, 6), target("a", request -> switch (index(request)) {
            case 0, 3 -> Script.saying("m", "x").failingAfter(2, coded);
            case 1 -> Script.of().failingAfter(0, plain);
            default -> Script.saying("m", "x");
        }));

        Summary summary = summary(series);

        assertThat(summary.errors()).containsOnly(Map.entry("upstream_not_sse", 2), Map.entry("overloaded", 1));
        assertThat(summary.failed()).isEqualTo(3);
        assertThat(summary.complete()).isEqualTo(3);
        assertThat(summary.ttft().count()).as("of complete replies only").isEqualTo(3);
        assertThat(series.measurements().getFirst().outcome())
                .isEqualTo(new Outcome.Failed("upstream_not_sse", "it said <html>"));
    }

    @Test
    void aRequestThatNeverEndsIsGivenUpAndItsWorkStops() {
        ScriptedBackend hanging = new ScriptedBackend(
                "m",
                request -> index(request) == 0
                        ? Script.saying("m", "x", "y").hangingAfter(2)
                        : Script.saying("m", "x", "y"),
                time);
        Plan plan = new Plan(workload(false), List.of(closed(1, 2)), 0, 1, Duration.ofSeconds(2), Objective.NONE, 1);

        Series series =
                run(plan, new Target("a", hanging, "m", Reading.STREAMED)).getFirst();

        assertThat(summary(series).errors()).containsOnlyKeys("timeout");
        assertThat(summary(series).complete()).isEqualTo(1);
        assertThat(series.measurements().getFirst().e2el()).isBetween(millis(2000), millis(2200));
        assertThat(series.measurements().getFirst().outcome())
                .isEqualTo(new Outcome.Failed("timeout", "not complete after 2000 ms"));
        assertThat(hanging.inProgress()).isZero();
    }

    @Test
    void stoppingKeepsWhatWasMeasuredAndCutsOffWhatRuns() {
        ScriptedBackend backend = new ScriptedBackend("m", _ -> reply(100, 0, 1), time);
        Bench bench = Bench.begin(
                plan(0, 1, closed(2, 100), closed(4, 100)),
                List.of(new Target("a", backend, "m", Reading.STREAMED)),
                time);
        time.at(time.nanoTime() + millis(250).toNanos(), bench::stop);

        List<Series> series = time.until(bench.result());

        assertThat(series).as("the second load was not begun").hasSize(1);
        assertThat(summary(series.getFirst()).complete()).isEqualTo(4);
        assertThat(summary(series.getFirst()).stopped()).isEqualTo(2);
        assertThat(summary(series.getFirst()).failed()).isZero();
        assertThat(backend.inProgress()).isZero();
    }

    @Test
    void whatIsCutOffJustWhenItIsSentHasTakenNoTime() {
        time.ticks();
        Bench bench = Bench.begin(plan(0, 1, closed(1, 1)), List.of(handedOver(7, reply(50, 10, 5))), time);
        time.at(time.nanoTime() + millis(3).toNanos(), bench::stop);

        Measurement measured =
                time.until(bench.result()).getFirst().measurements().getFirst();

        assertThat(measured.outcome()).isEqualTo(new Outcome.Stopped());
        assertThat(measured.e2el()).isZero();
    }

    @Test
    void stoppingDropsWhatStillWaitsForItsTurn() {
        Bench bench =
                Bench.begin(plan(0, 1, new Load.Open(1000, 1, 1000)), List.of(target("a", reply(100, 0, 1))), time);
        time.at(time.nanoTime() + millis(250).toNanos(), bench::stop);

        Summary summary = summary(time.until(bench.result()).getFirst());

        assertThat(summary.complete() + summary.stopped()).isEqualTo(3);
    }

    @Test
    void aRoundThatIsStoppedIsCutAlsoWhereNothingRanAtThatMoment() {
        Bench bench = Bench.begin(plan(0, 1, new Load.Open(1, 1, 1000)), List.of(target("a", reply(1, 0, 1))), time);
        time.at(time.nanoTime() + millis(20_000).toNanos(), bench::stop);

        Round round = time.until(bench.result()).getFirst().rounds().getFirst();

        assertThat(round.measurements())
                .isNotEmpty()
                .extracting(Measurement::outcome)
                .doesNotContain(new Outcome.Stopped());
        assertThat(round.isCut()).isTrue();
    }

    @Test
    void aRoundThatEndsByItselfIsWhole() {
        Series series =
                run(plan(0, 2, closed(1, 4)), target("a", reply(1, 0, 1))).getFirst();

        assertThat(series.rounds()).extracting(Round::isCut).containsExactly(false, false);
    }

    @Test
    void progressTellsLivePercentiles() {
        Bench bench = Bench.begin(plan(0, 1, closed(1, 100)), List.of(target("a", reply(10, 5, 3))), time);
        CompletableFuture<Progress> seen = new CompletableFuture<>();
        time.at(
                time.nanoTime() + millis(1010).toNanos(),
                () -> seen.complete(bench.progress().orElseThrow()));

        Progress progress = time.until(seen);

        assertThat(progress.ended()).isBetween(45, 50);
        assertThat(progress.requests()).isEqualTo(100);
        assertThat(progress.ttftMedian().orElseThrow()).isBetween(millis(10), Duration.ofNanos(10_020_000));
        assertThat(progress.ttftP99()).as("of fifty").isEmpty();
        assertThat(progress.itlP99()).as("of a hundred gaps").isEmpty();
        time.until(bench.result());
    }

    @Test
    void aWholeReplyIsFirstSeenWhenItIsComplete() {
        Target whole = new Target("whole", new ScriptedBackend("m", _ -> reply(50, 10, 5), time), "m", Reading.WHOLE);

        Measurement measured = one(closed(1, 1), whole).measurements().getFirst();

        assertThat(measured.ttft()).contains(millis(90));
        assertThat(measured.e2el()).isEqualTo(millis(90));
        assertThat(measured.gaps()).isEmpty();
        assertThat(measured.tpot()).isEmpty();
    }

    @Test
    void aReplyWithReasoningIsAllTextWhereTheUsageTellsTheReasoning() {
        List<Measurement> measured = one(closed(1, 3), target("a", request -> switch (index(request)) {
                    case 0 -> reasoned(new TokenEvent.Usage(1, 0, 9, 7));
                    case 1 -> reasoned(new TokenEvent.Usage(1, 9));
                    default -> Script.saying("m", "x");
                }))
                .measurements();

        assertThat(measured).extracting(Measurement::text).containsExactly("yes", "yes", "x");
        assertThat(measured).extracting(Measurement::isAllText).containsExactly(true, false, true);
    }

    private static Script reasoned(TokenEvent.Usage usage) {
        return new Script(List.of(
                new Step.Emit(new TokenEvent.Started("m", 1)),
                new Step.Emit(new TokenEvent.Thinking(0, "hm")),
                new Step.Emit(new TokenEvent.Text(0, "yes")),
                new Step.Emit(new TokenEvent.Finished(0, FinishReason.STOP)),
                new Step.Emit(usage)));
    }

    @Test
    void aReplyThatIsACallIsNotAllText() {
        Script call = new Script(List.of(
                new Step.Emit(new TokenEvent.Started("m", 1)),
                new Step.Emit(new TokenEvent.Call(0, "1", "f")),
                new Step.Emit(new TokenEvent.Arguments(0, "{}")),
                new Step.Emit(new TokenEvent.Finished(0, FinishReason.TOOL_CALLS)),
                new Step.Emit(new TokenEvent.Usage(1, 9))));

        assertThat(one(closed(1, 1), target("a", call)).measurements())
                .extracting(Measurement::isAllText)
                .containsExactly(false);
    }

    @Test
    void aReplyThatAStopStringMayHaveCutIsNotAllText() {
        CompletionRequest request =
                CompletionRequest.of("", "0").withStopping(Stopping.DEFAULT.withStrings(List.of("six")));
        Plan plan = new Plan(
                new Workload(List.of(request), false),
                List.of(closed(1, 1)),
                0,
                1,
                Duration.ofSeconds(60),
                Objective.NONE,
                1);

        assertThat(run(plan, target("a", reply(50, 10, 5))).getFirst().measurements())
                .extracting(Measurement::isAllText)
                .containsExactly(false);
    }

    @Test
    void goodputCountsWhatKeepsTheObjectiveWhole() {
        Series series = one(closed(1, 3), target("a", request -> switch (index(request)) {
            case 0 -> reply(50, 10, 5);
            case 1 -> reply(150, 10, 5);
            default -> reply(50, 30, 5);
        }));

        assertThat(good(series, "ttft:100,itl:20")).isEqualTo(1);
        assertThat(good(series, "ttft:100")).isEqualTo(2);
        assertThat(good(series, "e2el:170")).isEqualTo(2);
        assertThat(good(series, "tpot:10")).isEqualTo(2);
        assertThat(good(series, "ttft:10")).isZero();
        assertThat(summary(series).good()).as("of no objective").isEqualTo(3);
    }

    private static int good(Series series, String objective) {
        return series.summary(Objective.parse(objective), Optional.empty()).good();
    }

    @Test
    void aFaultOfTheLabsOwnEndsTheBenchAndIsTold() {
        Target broken = target("a", _ -> {
            throw new IllegalStateException("no script");
        });

        Bench bench = Bench.begin(plan(0, 1, closed(1, 1)), List.of(broken), time);

        assertThatThrownBy(() -> time.until(bench.result())).hasRootCauseMessage("no script");
    }

    @Test
    void promptsAreToldApartWhereNoCacheIsToHelp() {
        run(
                new Plan(workload(true), List.of(closed(1, 3)), 0, 1, Duration.ofSeconds(9), Objective.NONE, 1),
                target("a", Script.saying("m", "x")));

        assertThat(asked).containsExactly("a[0] 0", "a[1] 1", "a[2] 2");
    }

    @Test
    void promptsAreToldApartAlsoWhereSeveralTargetsAreOneServer() {
        run(
                new Plan(workload(true), List.of(closed(1, 6)), 0, 2, Duration.ofSeconds(9), Objective.NONE, 1),
                target("a", Script.saying("m", "x")),
                target("b", Script.saying("m", "x")));

        assertThat(asked)
                .containsExactly(
                        "a[0] 0", "a[2] 1", "a[4] 2", "b[1] 0", "b[3] 1", "b[5] 2", "b[7] 3", "b[9] 4", "b[11] 5",
                        "a[6] 3", "a[8] 4", "a[10] 5");
    }

    @Test
    void aPromptIsAsLongForOneTargetAsForTheOthers() {
        Workload workload = workload(true);

        assertThat(IntStream.range(0, 3).mapToObj(target -> text(workload.request(3, target, 3))))
                .containsExactly("[09] 3", "[10] 3", "[11] 3");
    }

    @Test
    void whatCanNotBeMeasuredIsRefused() {
        assertThatThrownBy(() -> closed(0, 1)).hasMessage("concurrency is 0, expected at least 1");
        assertThatThrownBy(() -> new Load.Open(0, 1, 1)).hasMessageContaining("request rate is 0.0, expected above 0");
        assertThatThrownBy(() -> new Load.Open(Double.NaN, 1, 1)).hasMessageContaining("request rate is NaN");
        assertThatThrownBy(() -> new Workload(List.of(), false)).hasMessageContaining("the data set is empty");
        assertThatThrownBy(() -> plan(0, 3, closed(1, 2))).hasMessage("2 requests can't be split into 3 rounds");
        assertThatThrownBy(() -> plan(0, 3, closed(2, 5)))
                .hasMessage(
                        "concurrency is 2 and would not be reached by a round of 1 requests; there are 5 in 3 rounds");
        assertThat(plan(0, 3, closed(2, 6)).loads()).containsExactly(closed(2, 6));
        assertThatThrownBy(() -> plan(-1, 1, closed(1, 2))).hasMessageContaining("warm-up is -1");
    }

    /// Pieces of a token each.
    private static Script reply(int ttftMillis, int itlMillis, int pieces) {
        List<Step> steps = new ArrayList<>();
        steps.add(new Step.Emit(new TokenEvent.Started("m", 1)));
        for (int i = 0; i < pieces; i++) {
            int wait = i == 0 ? ttftMillis : itlMillis;
            if (wait > 0) {
                steps.add(new Step.Wait(millis(wait)));
            }
            steps.add(new Step.Emit(new TokenEvent.Text(0, "x")));
        }
        steps.add(new Step.Emit(new TokenEvent.Finished(0, FinishReason.STOP)));
        steps.add(new Step.Emit(new TokenEvent.Usage(1, pieces + 1)));
        return new Script(steps);
    }

    private Target target(String name, Script script) {
        return target(name, _ -> script);
    }

    private Target target(String name, Function<CompletionRequest, Script> scripts) {
        Function<CompletionRequest, Script> noting = request -> {
            asked.add(name + text(request));
            return scripts.apply(request);
        };
        return new Target(name, new ScriptedBackend("m", noting, time), "m", Reading.STREAMED);
    }

    /// Who sends a request on a thread of its own, some time after it was given it.
    private Target handedOver(int millis, Script script) {
        ScriptedBackend backend = new ScriptedBackend("m", _ -> script, time);
        return new Target(
                "a",
                new Backend() {
                    @Override
                    public List<Model> models() {
                        return backend.models();
                    }

                    @Override
                    public CompletionStream complete(CompletionRequest request) {
                        return new HandedOver(backend.complete(request), millis(millis));
                    }

                    @Override
                    public void close() {}
                },
                "m",
                Reading.STREAMED);
    }

    private final class HandedOver implements CompletionStream {

        private final CompletionStream stream;
        private final Duration late;
        private OptionalLong begun = OptionalLong.empty();

        HandedOver(CompletionStream stream, Duration late) {
            this.stream = stream;
            this.late = late;
        }

        @Override
        public OptionalLong begun() {
            return begun;
        }

        @Override
        public void subscribe(Flow.Subscriber<? super TokenEvent> subscriber) {
            time.after(late, () -> {
                begun = OptionalLong.of(time.nanoTime());
                stream.subscribe(subscriber);
            });
        }

        @Override
        public void close() {
            begun = OptionalLong.of(time.nanoTime()); // the thread that sends it is at it, and stops it only then
            stream.close();
        }
    }

    private static String text(CompletionRequest request) {
        return request.prompt() instanceof Prompt.Chat chat
                        && chat.messages().getFirst() instanceof Message.User(var text)
                ? text
                : "";
    }

    private static int index(CompletionRequest request) {
        return Integer.parseInt(text(request));
    }

    /// A thousand requests that say their index.
    private static Workload workload(boolean unique) {
        return new Workload(
                IntStream.range(0, 1000)
                        .mapToObj(index -> CompletionRequest.of("", String.valueOf(index)))
                        .toList(),
                unique);
    }

    private static Load closed(int concurrency, int requests) {
        return new Load.Closed(concurrency, requests);
    }

    private static Plan plan(int warmUp, int rounds, Load... loads) {
        return new Plan(workload(false), List.of(loads), warmUp, rounds, Duration.ofSeconds(60), Objective.NONE, 1);
    }

    private List<Series> run(Plan plan, Target... targets) {
        return time.until(Bench.begin(plan, List.of(targets), time).result());
    }

    private Series one(Load load, Target target) {
        return run(plan(0, 1, load), target).getFirst();
    }

    private static Summary summary(Series series) {
        return series.summary(Objective.NONE, Optional.empty());
    }

    private static Duration millis(int millis) {
        return Duration.ofMillis(millis);
    }
}
