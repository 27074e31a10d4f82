package dev.runnel.app.bench;

import dev.runnel.engine.fixtures.LlamaShape;
import dev.runnel.engine.fixtures.TinyModels;
import dev.runnel.engine.fixtures.Vocabulary;
import dev.runnel.engine.gguf.TensorType;
import dev.runnel.lab.report.Axis;
import dev.runnel.lab.report.Bars;
import dev.runnel.lab.report.Language;
import dev.runnel.lab.report.Numbers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Times the engine and its peers at the same tasks on the same files, by turns, and prints medians, spread and ratios.
final class PeerBench {

    private static final String HELP = """
            bench/compare [--models DIR] [--only Q8_0,Q4_0,Q4_K_M,F16] [--rounds N] [--threads N] [--deep]
                          [--peer NAME=FOLDER]… [--output DIR]

            Runnel beside other engines: tokens a second, the same files, the same number of threads, by turns.

            --peer NAME=FOLDER  the folder holds llama-bench and llama-batched-bench, of llama.cpp or of what has its
                                command line; words behind a comma are arguments for both: ik=FOLDER,-rtr,1
            --models DIR        where random models in the shape of Llama 3.2 1B are, or are written (default
                                target/bench); a GGUF file in place of a folder is the only model
            --only TYPES        which of them (default: Q8_0,Q4_0,Q4_K_M,F16)
            --rounds N          turns of each engine at each task (default 5); the median counts
            --threads N         (default: one for each processor)
            --deep              decoding with 8 k tokens held, too, which takes minutes
            --output DIR        where results.json is written, and a picture for each peer (default: target/bench)
            """;

    /// What is run.
    private record Settings(
            Path models,
            List<String> types,
            int rounds,
            int threads,
            boolean deep,
            Map<String, String> peers,
            Path output) {

        static Settings of(String[] arguments) {
            Path models = Path.of("target", "bench");
            Path output = models;
            List<String> types = List.of("Q8_0", "Q4_0", "Q4_K_M", "F16");
            int rounds = 5;
            int threads = Runtime.getRuntime().availableProcessors();
            boolean deep = false;
            Map<String, String> peers = new LinkedHashMap<>();
            for (int i = 0; i < arguments.length; i++) {
                String flag = arguments[i];
                if (flag.equals("--deep")) {
                    deep = true;
                    continue;
                }
                if (i + 1 == arguments.length) {
                    throw new IllegalArgumentException(flag + " is no option, or has no value");
                }
                String value = arguments[++i];
                switch (flag) {
                    case "--models" -> models = Path.of(value);
                    case "--only" -> types = List.of(value.split(","));
                    case "--rounds" -> rounds = Integer.parseInt(value);
                    case "--threads" -> threads = Integer.parseInt(value);
                    case "--output" -> output = Path.of(value);
                    case "--peer" -> {
                        String[] parts = value.split("=", 2);
                        if (parts.length < 2) {
                            throw new IllegalArgumentException("--peer is '" + value + "', expected NAME=FOLDER");
                        }
                        peers.put(parts[0], parts[1]);
                    }
                    default -> throw new IllegalArgumentException(flag + " is no option");
                }
            }
            return new Settings(models, types, rounds, threads, deep, peers, output);
        }
    }

    /// @param rates of each engine at each task, one for each round
    private record Result(String model, long bytes, Map<String, Map<Task, double[]>> rates) {}

    private final Settings settings;
    private final List<Task> tasks;

    private PeerBench(Settings settings) {
        this.settings = settings;
        tasks = Arrays.stream(Task.values())
                .filter(task -> settings.deep() || task != Task.DECODE_DEEP)
                .toList();
    }

    public static void main(String[] arguments) throws Exception {
        if (List.of(arguments).contains("--help")) {
            IO.print(HELP);
            return;
        }
        try {
            new PeerBench(Settings.of(arguments)).run();
        } catch (IllegalArgumentException | IOException wrong) {
            System.err.println("bench: " + wrong.getMessage());
            System.exit(1);
        }
    }

    private void run() throws IOException, InterruptedException, ExecutionException {
        double memory = MemoryRate.measure(settings.threads());
        IO.println("%s, %d threads, JDK %s; memory is read at %.1f GB/s"
                .formatted(processor(), settings.threads(), Runtime.version(), memory / 1e9));
        List<Result> results = new ArrayList<>();
        for (Path file : files()) {
            Result result = measure(file);
            results.add(result);
            IO.println(table(result, memory));
        }
        Files.createDirectories(settings.output());
        Path json = settings.output().resolve("results.json");
        Files.writeString(json, json(results, memory));
        IO.println("wrote " + json);
        for (String peer : settings.peers().keySet()) {
            Path picture = settings.output().resolve("beside-%s.svg".formatted(peer.replaceAll("[^\\w.-]", "-")));
            Files.writeString(picture, picture(results, peer, memory).svg(Language.ENGLISH));
            IO.println("wrote " + picture);
        }
    }

    private List<Path> files() throws IOException {
        if (Files.isRegularFile(settings.models())) {
            return List.of(settings.models());
        }
        Files.createDirectories(settings.models());
        List<Path> files = new ArrayList<>();
        for (String type : settings.types()) {
            Path file = settings.models().resolve("random-1b-" + type + ".gguf");
            if (!Files.exists(file)) {
                System.err.println("writing " + file + " …");
                Path part = file.resolveSibling(file.getFileName() + ".part");
                TinyModels.llama(LlamaShape.LLAMA_1B, mixture(type), Vocabulary.BYTE_LEVEL, 42)
                        .write(part);
                Files.move(part, file);
            }
            files.add(file);
        }
        return files;
    }

    private static TinyModels.Mixture mixture(String name) {
        if (name.equals("Q4_K_M")) {
            return TinyModels.Mixture.Q4_K_M;
        }
        TensorType type = TensorType.valueOf(name);
        return (_, _) -> type;
    }

    private Result measure(Path file) throws IOException, InterruptedException {
        Map<String, Map<Task, double[]>> rates = new LinkedHashMap<>();
        List<Peer> peers = new ArrayList<>();
        try {
            peers.add(new RunnelPeer(file, settings.threads(), settings.deep()));
            settings.peers().forEach((name, where) -> peers.add(peer(name, where, file)));
            peers.forEach(peer -> rates.put(peer.name(), new EnumMap<>(Task.class)));
            for (Task task : tasks) {
                for (int round = 0; round < settings.rounds(); round++) {
                    for (Peer peer : peers) {
                        System.err.printf(
                                "\r%s: %s, round %d of %d, %-20s",
                                file.getFileName(), task.title, round + 1, settings.rounds(), peer.name());
                        rates.get(peer.name()).computeIfAbsent(task, _ -> new double[settings.rounds()])[round] =
                                peer.measure(task);
                    }
                }
            }
            System.err.print("\r" + " ".repeat(78) + "\r");
        } finally {
            peers.forEach(Peer::close);
        }
        return new Result(file.getFileName().toString(), Files.size(file), rates);
    }

    private Peer peer(String name, String where, Path file) {
        List<String> words = List.of(where.split(","));
        Path folder = Path.of(words.getFirst());
        return new LlamaCppPeer(
                name,
                folder.resolve("llama-bench"),
                folder.resolve("llama-batched-bench"),
                words.subList(1, words.size()),
                file,
                settings.threads());
    }

    /// A row for each task: the median of each engine, its spread, and our ratio to each peer of the same rounds.
    private String table(Result result, double memory) {
        StringBuilder table = new StringBuilder("\n%s, %.2f GB\n".formatted(result.model(), result.bytes() / 1e9));
        List<String> names = List.copyOf(result.rates().keySet());
        table.append("%-32s".formatted("tokens a second"));
        names.forEach(name -> table.append("%28s".formatted(name)));
        names.stream().skip(1).forEach(name -> table.append("%22s".formatted("ratio to " + name)));
        for (Task task : tasks) {
            table.append("\n%-32s".formatted(task.title));
            double[] ours = result.rates().get(names.getFirst()).get(task);
            for (String name : names) {
                double[] rates = result.rates().get(name).get(task);
                table.append("%28s".formatted("%.1f (%.1f-%.1f)".formatted(median(rates), least(rates), most(rates))));
            }
            for (String name : names.subList(1, names.size())) {
                table.append("%22s".formatted("%.2f".formatted(median(ratios(result, name, task)))));
            }
            if (task == Task.DECODE) {
                table.append(
                        "   reads %.0f %% of memory's rate".formatted(100 * median(ours) * result.bytes() / memory));
            }
        }
        return table.append('\n').toString();
    }

    /// Our rate over a peer's, round by round.
    private static double[] ratios(Result result, String peer, Task task) {
        double[] ours = result.rates().values().iterator().next().get(task);
        double[] theirs = result.rates().get(peer).get(task);
        double[] ratios = new double[ours.length];
        Arrays.setAll(ratios, round -> ours[round] / theirs[round]);
        return ratios;
    }

    /// A bar for each model and task: our ratio to a peer, above one of the peer itself, which is 1.
    private Bars picture(List<Result> results, String peer, double memory) {
        List<Bars.Bar> bars = new ArrayList<>();
        bars.add(new Bars.Bar(peer, Numbers.of(1, 0)));
        for (Result result : results) {
            for (Task task : tasks) {
                double[] ratios = ratios(result, peer, task);
                double least = least(ratios);
                String model = result.model().replaceAll("^random-1b-|\\.gguf$", "");
                bars.add(new Bars.Bar(model + ", " + task.title, Numbers.of(least, median(ratios) - least)));
            }
        }
        return new Bars(
                "Runnel's speed over that of " + peer,
                "%s, %d threads, JDK %s, memory read at %.1f GB/s; %d rounds by turns"
                        .formatted(processor(), settings.threads(), Runtime.version(), memory / 1e9, settings.rounds()),
                Axis.number("times as fast"),
                List.of("in every round", "in the median of rounds"),
                bars);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    private static double least(double[] values) {
        return Arrays.stream(values).min().orElseThrow();
    }

    private static double most(double[] values) {
        return Arrays.stream(values).max().orElseThrow();
    }

    private String json(List<Result> results, double memory) {
        Function<Result, String> model = result -> result.rates().entrySet().stream()
                .map(engine -> "\"%s\": {%s}"
                        .formatted(
                                engine.getKey(),
                                engine.getValue().entrySet().stream()
                                        .map(task -> "\"%s\": %s"
                                                .formatted(
                                                        task.getKey().name().toLowerCase(Locale.ROOT),
                                                        Arrays.toString(task.getValue())))
                                        .collect(Collectors.joining(", "))))
                .collect(Collectors.joining(", "));
        return "{\"processor\": \"%s\", \"threads\": %d, \"memory_bytes_per_second\": %.0f, \"models\": {%s}}\n"
                .formatted(
                        processor(),
                        settings.threads(),
                        memory,
                        results.stream()
                                .map(result -> "\"%s\": {%s}".formatted(result.model(), model.apply(result)))
                                .collect(Collectors.joining(", ")));
    }

    private static String processor() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse("unknown processor");
        } catch (IOException elsewhere) {
            return System.getProperty("os.arch", "unknown processor");
        }
    }
}
