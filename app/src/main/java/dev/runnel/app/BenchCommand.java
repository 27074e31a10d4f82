package dev.runnel.app;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.Stopping;
import dev.runnel.core.TokenCodec;
import dev.runnel.lab.Bench;
import dev.runnel.lab.Load;
import dev.runnel.lab.Objective;
import dev.runnel.lab.Plan;
import dev.runnel.lab.Series;
import dev.runnel.lab.Target;
import dev.runnel.lab.Target.Reading;
import dev.runnel.lab.Time;
import dev.runnel.lab.Workload;
import dev.runnel.relay.Retries;
import dev.runnel.relay.UpstreamOptions;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `runnel bench`: how long a server's readers wait.
@Command(
        name = "bench",
        header = "Measure how a server, or a model in this process, answers under load.",
        footer = {
            "  runnel bench http://127.0.0.1:8080/v1 --concurrency 1,2,4,8 --output sweep",
            "  runnel bench http://127.0.0.1:8080/v1 --request-rate 2 --goodput ttft:500,itl:100",
            "  runnel bench http://127.0.0.1:8080/v1 --against http://127.0.0.1:9000/v1 --rounds 9",
            "  runnel bench --model qwen3-4b.gguf --dataset questions.jsonl --max-tokens 200",
            "",
            "What is told, by the names of vLLM's benchmark:",
            "  ttft  time to first token: until the first piece that is not empty, reasoning included",
            "  itl   inter-token latency: each wait between two pieces; a piece may be several tokens",
            "  tpot  time per output token after the first, by the tokens that the server counts",
            "  e2el  end-to-end latency: until the reply is known to be complete, its usage included",
            "NVIDIA's AIPerf calls tpot inter-token latency, and itl inter-chunk latency. Latencies are those of",
            "complete replies. With --request-rate they count from the moment a request was to be sent,",
            "whatever kept it from being sent then; vLLM counts from when it is sent. A percentile is told",
            "where one in so many was measured: the 99th of at least 100.",
            "Before a server it measures one of its own for a few seconds, until its code is compiled.",
            "",
            "A line of a data set is {\"prompt\": \"…\"} or {\"messages\": […]}, with \"max_tokens\" or",
            "\"output_tokens\" if it has its own limit. --output writes report.html, summary.json, summary.csv",
            "and requests.jsonl, a line for each request. Ctrl-C ends it and tells what was measured so far."
        })
final class BenchCommand implements Callable<Integer> {

    private static final String COUNTING = "Count from 1 to 50, separated by commas, on one line.";

    /// Each request under way takes a connection, which is a file descriptor.
    private static final int MOST_AT_ONCE = 1024;

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

    /// In how many parts two targets are measured, so that they take turns.
    private static final int TURNS = 5;

    private static final int FEWEST_REQUESTS = 100;

    /// So that each reader asks again in a round.
    private static final int FEWEST_OF_A_READER = 2;

    /// How much later than a bench a relay gives a request up, so that it is the bench that does: what takes too long
    /// is a timeout wherever it hangs, and whatever takes less is measured.
    private static final Duration AFTER_TIMEOUT = Duration.ofSeconds(10);

    private final Shell shell;
    private final Rooms rooms;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "BASE", description = "The same as --url.")
    @Nullable
    String address;

    @Option(
            names = "--concurrency",
            paramLabel = "N[,N…]",
            split = ",",
            hideParamSyntax = true,
            description = "Closed loop: so many readers, each of whom asks again once it has its reply. Several are "
                    + "measured one after another. Default: 1.")
    List<Integer> concurrency = List.of();

    @Option(
            names = "--request-rate",
            paramLabel = "R[,R…]",
            split = ",",
            hideParamSyntax = true,
            description = "Open loop: so many requests a second on average, at random moments (Poisson) that follow "
                    + "from --seed, whether those before them are answered or not.")
    List<Double> requestRate = List.of();

    @Option(
            names = "--max-concurrency",
            paramLabel = "N",
            defaultValue = "" + MOST_AT_ONCE,
            description = "Most requests of an open loop at once; others wait, and their waiting counts. " + "Default: "
                    + MOST_AT_ONCE + ".")
    int maxConcurrency;

    @Option(
            names = "--requests",
            paramLabel = "N",
            description =
                    "Requests under each load, to each server; at least as many in each round as are to be at once. "
                            + "Default: 100, or 10 for each reader, or 2 for each in each round, whichever is most.")
    @Nullable
    Integer requests;

    @Option(
            names = "--warmup",
            paramLabel = "N",
            defaultValue = "2",
            description = "Requests before each load that are not measured. Default: 2.")
    int warmUp;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Measure each load in so many parts, in which two servers take turns. "
                    + "Default: 5 with --against or --whole, else 1.")
    @Nullable
    Integer rounds;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "120",
            description = "Give a request up that is not complete by then. Default: 120.")
    double timeoutSeconds;

    @Option(
            names = "--goodput",
            paramLabel = "OBJECTIVE",
            description = "Count the requests that keep this, such as ttft:200,itl:50,e2el:3000 in milliseconds; "
                    + "itl is a reply's longest, tpot its mean.")
    @Nullable
    String goodput;

    @Option(names = "--prompt", paramLabel = "TEXT", description = "What every request asks. Default: to count to 50.")
    @Nullable
    String prompt;

    @Option(names = "--dataset", paramLabel = "FILE", description = "What requests ask, one after another: JSON Lines.")
    @Nullable
    Path dataset;

    @Option(
            names = "--unique-prompts",
            description = "Begin each prompt with a number of its own, so that no cache has any of it.")
    boolean unique;

    @Option(names = "--ignore-eos", description = "Have replies go on to --max-tokens, where the server can do that.")
    boolean ignoreEos;

    @Option(
            names = "--logprobs",
            description = "Ask for logprobs, by which tokens can be counted exactly; it costs the server time.")
    boolean logprobs;

    @Option(
            names = "--tokenizer",
            paramLabel = "FILE",
            description = "A GGUF file of the server's model, to check its count of tokens with; its vocabulary "
                    + "alone will do. Default: the model's own, if it is in this process.")
    @Nullable
    Path tokenizer;

    @Option(
            names = "--against",
            paramLabel = "BASE",
            description = "Measure a second server in turn with the first, and tell the ratios.")
    @Nullable
    String against;

    @Option(
            names = "--against-model",
            paramLabel = "MODEL",
            description = "Model to ask there. Default: the first that it lists.")
    @Nullable
    String againstModel;

    @Option(names = "--against-key", paramLabel = "KEY", description = "API key for it.")
    @Nullable
    String againstKey;

    @Option(
            names = "--whole",
            description = "Measure in turn readers who ask for whole replies and readers who see them as they are "
                    + "made, and tell the ratios.")
    boolean whole;

    @Option(names = "--output", paramLabel = "DIR", description = "Write a report and all measurements to this folder.")
    @Nullable
    Path output;

    @Option(names = "--json", description = "Print the summary as JSON.")
    boolean json;

    @Mixin
    ReplyFlags reply = new ReplyFlags();

    @Mixin
    SourceFlags source = new SourceFlags();

    BenchCommand(Shell shell, Rooms rooms) {
        this.shell = shell;
        this.rooms = rooms;
    }

    @Override
    public Integer call() {
        if (address != null && isTyped("--url")) {
            throw mistake("BASE and --url exclude each other: they are the same");
        }
        if (address != null) {
            source.url = address; // also where the environment has another: the command line wins
        }
        if (against != null && whole) {
            throw mistake("--against and --whole exclude each other: one comparison at a time");
        }
        if (against == null && (isTyped("--against-model") || isTyped("--against-key"))) {
            throw mistake("--against-model and --against-key belong to --against");
        }
        Plan plan = Cli.checked(spec, this::plan); // its mistakes show before anything is opened
        if (output != null) {
            BenchFiles.prepare(output); // so do those of the folder
        }
        Optional<TokenCodec> given = Optional.ofNullable(tokenizer).map(file -> rooms.codec(Optional.of(file)));
        try (Source first = source.open(shell, rooms, treatment());
                Second second = second(first)) {
            if (first.loaded().isEmpty() || second.source().isPresent()) {
                shell.err().println("rehearsing for some seconds, until this program's own code is compiled");
                rooms.rehearse();
            }
            return measure(plan, targets(first, second), given);
        }
    }

    /// Whether an option is on the command line, and not only in the environment.
    private boolean isTyped(String option) {
        return spec.commandLine().getParseResult().hasMatchedOption(option);
    }

    private ParameterException mistake(String sentence) {
        return new ParameterException(spec.commandLine(), sentence);
    }

    private Duration timeout() {
        return Duration.ofNanos((long) (timeoutSeconds * 1e9));
    }

    /// Of servers that are measured.
    private UpstreamOptions treatment() {
        Duration longest = timeout().plus(AFTER_TIMEOUT);
        return UpstreamOptions.DEFAULT
                .withConnections(2 * MOST_AT_ONCE) // who has a reply may ask again before its connection is free
                .withFirstToken(longest)
                .withNextToken(longest)
                .withEvent(longest)
                .withRetries(Retries.NONE); // what fails has failed
    }

    private int rounds() {
        return rounds != null ? rounds : against != null || whole ? TURNS : 1;
    }

    private Plan plan() {
        long mostSeconds = TimeUnit.DAYS.toSeconds(7);
        if (!(timeoutSeconds > 0 && timeoutSeconds <= mostSeconds)) {
            throw new IllegalArgumentException(
                    "timeout is %s s, expected above 0 and at most %d".formatted(timeoutSeconds, mostSeconds));
        }
        return new Plan(
                new Workload(asked(), unique),
                loads(),
                warmUp,
                rounds(),
                timeout(),
                goodput == null ? Objective.NONE : Objective.parse(goodput),
                reply.seed == null ? 0 : reply.seed);
    }

    private List<CompletionRequest> asked() {
        if (prompt != null && dataset != null) {
            throw mistake("--prompt and --dataset exclude each other");
        }
        String text = prompt == null ? COUNTING : prompt;
        CompletionRequest plain = reply.request(conversation(List.of(new Message.User(text))));
        Stopping stopping = plain.stopping();
        plain = plain.withStopping(
                new Stopping(stopping.maxTokens(), stopping.strings(), stopping.tokens(), ignoreEos));
        if (ignoreEos && stopping.maxTokens().isEmpty()) {
            throw mistake("--ignore-eos needs --max-tokens, or replies would not end");
        }
        if (logprobs) {
            plain = plain.withLogprobs(0);
        }
        CompletionRequest like = plain;
        return dataset == null
                ? List.of(plain)
                : BenchDataset.read(dataset).stream()
                        .map(line -> line.maxTokens().isPresent()
                                ? like.withPrompt(conversation(line.messages()))
                                        .withMaxTokens(line.maxTokens().getAsInt())
                                : like.withPrompt(conversation(line.messages())))
                        .toList();
    }

    private Prompt conversation(List<Message> messages) {
        List<Message> all = new ArrayList<>();
        reply.system().ifPresent(text -> all.add(new Message.System(text)));
        all.addAll(messages);
        return new Prompt.Chat(all);
    }

    private List<Load> loads() {
        if (!concurrency.isEmpty() && !requestRate.isEmpty()) {
            throw mistake("--concurrency and --request-rate exclude each other: a loop is closed or open");
        }
        List<Load> loads = new ArrayList<>();
        for (double rate : requestRate) {
            loads.add(new Load.Open(rate, within("--max-concurrency", maxConcurrency), requests(1)));
        }
        for (int readers : requestRate.isEmpty() && concurrency.isEmpty() ? List.of(1) : concurrency) {
            loads.add(new Load.Closed(readers, requests(within("--concurrency", readers))));
        }
        return loads;
    }

    /// As many as were asked for, or enough for so many readers.
    private int requests(int readers) {
        if (requests != null) {
            return requests;
        }
        long ofRounds = (long) FEWEST_OF_A_READER * readers * Math.max(TURNS, rounds());
        return Math.clamp(ofRounds, FEWEST_REQUESTS, Integer.MAX_VALUE);
    }

    private int within(String flag, int atOnce) {
        if (atOnce < 1 || atOnce > MOST_AT_ONCE) {
            throw new IllegalArgumentException("%s is %d, expected 1 to %d".formatted(flag, atOnce, MOST_AT_ONCE));
        }
        return atOnce;
    }

    /// What is measured beside the first, if it has to be opened: another server, or the same one as it is asked for
    /// whole replies.
    private record Second(Optional<Source> source) implements AutoCloseable {
        @Override
        public void close() {
            source.ifPresent(Source::close);
        }
    }

    private Second second(Source first) {
        if (whole) {
            return new Second(source.openWhole(shell, rooms, first, treatment()));
        }
        UpstreamOptions options = treatment()
                .withModels(Optional.ofNullable(againstModel).stream().toList());
        return new Second(Optional.ofNullable(against)
                .map(base -> Cli.checked(
                        spec,
                        () -> Source.of(rooms.relay(URI.create(base), Optional.ofNullable(againstKey), options)))));
    }

    private List<Target> targets(Source first, Second second) {
        if (whole) {
            return List.of(
                    target("whole", second.source().orElse(first), Reading.WHOLE),
                    target("streamed", first, Reading.STREAMED));
        }
        String name = Optional.ofNullable(source.url).orElse(first.model());
        if (second.source().isEmpty()) {
            return List.of(target(name, first, Reading.STREAMED));
        }
        Source other = second.source().get();
        String otherName = Optional.ofNullable(against).orElseThrow();
        if (name.equals(otherName)) {
            boolean isSameModel = first.model().equals(other.model());
            name += " " + first.model();
            otherName += " " + other.model() + (isSameModel ? ", again" : "");
        }
        return List.of(target(name, first, Reading.STREAMED), target(otherName, other, Reading.STREAMED));
    }

    /// @param name which a server may have had a word in
    private static Target target(String name, Source source, Reading reading) {
        return new Target(Style.harmless(name), source.backend(), source.model(), reading);
    }

    private boolean isOfOneModel(List<Target> targets) {
        return targets.stream().map(Target::model).distinct().count() == 1
                && (whole || Objects.equals(source.url, against));
    }

    /// @param given to count tokens with; absent: the model's own, where it is in this process
    private int measure(Plan plan, List<Target> targets, Optional<TokenCodec> given) {
        Instant begun = Instant.now();
        boolean[] stopped = {false};
        List<Series> series;
        try (Time.Real time = new Time.Real();
                BenchDisplay display = BenchDisplay.of(shell)) {
            Bench bench = Bench.begin(plan, targets, time);
            shell.stopSignals().accept(() -> {
                stopped[0] = true;
                bench.stop();
            });
            series = await(bench, display);
        }
        BenchResult result = BenchResult.of(
                plan,
                series,
                target -> given.or(() -> target.backend().codec(target.model())),
                isOfOneModel(targets),
                begun);
        tell(result);
        if (stopped[0]) {
            return ExitCode.STOPPED;
        }
        if (result.complete() == 0) {
            throw new CommandFailure("no reply was complete");
        }
        return ExitCode.DONE;
    }

    /// Prints it, and writes its files, either also where the other fails: to measure takes long.
    private void tell(BenchResult result) {
        try {
            shell.out()
                    .print(json ? BenchJson.of(result) + "\n" : BenchText.of(result, shell.style(Shell.Channel.OUT)));
        } finally {
            if (output != null) {
                BenchFiles.write(output, result);
            }
        }
        if (output != null && !json) {
            shell.out().println("wrote " + output.resolve(BenchFiles.REPORT));
        }
    }

    private static List<Series> await(Bench bench, BenchDisplay display) {
        while (true) {
            try {
                return bench.result().get(BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException _) {
                bench.progress().ifPresent(display::show);
            } catch (ExecutionException fault) {
                throw new IllegalStateException(fault.getCause());
            } catch (InterruptedException interrupt) {
                bench.stop();
                List<Series> soFar = bench.result().join();
                Thread.currentThread().interrupt();
                return soFar;
            }
        }
    }
}
