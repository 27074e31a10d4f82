package dev.runnel.app;

import dev.runnel.app.UpstreamFlags.NamedUpstream;
import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.Backends;
import dev.runnel.core.Model;
import dev.runnel.core.UpstreamFault;
import dev.runnel.core.moderation.Blocklist;
import dev.runnel.core.moderation.ModeratedBackend;
import dev.runnel.core.moderation.Moderator;
import dev.runnel.engine.CacheType;
import dev.runnel.engine.EngineOptions;
import dev.runnel.engine.FolderOptions;
import dev.runnel.relay.UpstreamModerator;
import dev.runnel.server.CompletionServer;
import dev.runnel.server.ServerOptions;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `runnel serve`: a model over HTTP.
@Command(
        name = "serve",
        header = "Serve a model over HTTP, the way OpenAI's clients expect it.",
        footer = {
            "  runnel serve --model qwen3-4b.gguf",
            "  runnel serve --models ~/models --memory 12g --idle 600",
            "  runnel serve --host 0.0.0.0 --api-key \"$KEY\" --model qwen3-4b.gguf",
            "  RUNNEL_PORT=9000 RUNNEL_API_KEY=first,second runnel serve",
            "  runnel serve --upstream openai=https://api.openai.com/v1 --upstream lab=h2c://10.0.0.7:8000/v1 \\",
            "               --upstream-model big=openai/gpt-5 --upstream-model small=lab/qwen3-4b",
            "",
            "It listens at once and answers 503 until the model is loaded. Ctrl-C or SIGTERM stops it: what",
            "runs may finish within the grace, what does not is told so, and the exit code is 0. A second",
            "Ctrl-C ends it there and then. Every option can be set in the environment: --max-sequences is",
            "RUNNEL_MAX_SEQUENCES, and so each."
        })
final class ServeCommand implements Callable<Integer> {

    /// The environment alone has keys: a command line is seen by everyone on the machine.
    private static final String MODERATOR_KEY = "RUNNEL_MODERATOR_KEY";

    /// Longest wait for a moderator, which holds a sentence up: ten times of what a slow one takes.
    private static final Duration JUDGEMENT = Duration.ofSeconds(10);

    /// How long upstreams may take to list their models once there is something else to serve.
    private static final Duration LISTING = Duration.ofSeconds(3);

    private final Shell shell;
    private final Rooms rooms;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "A GGUF file, or a pulled model as OWNER/REPO[:QUANT]. Default: the demonstration model.")
    @Nullable
    String model;

    @Option(
            names = "--models",
            paramLabel = "DIR",
            description = "A folder of GGUF files, in which each is a model: all are listed, and each is loaded when "
                    + "it is first asked for.")
    @Nullable
    Path models;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            converter = MemorySize.class,
            description = "Most memory that the loaded models of the folder take, such as 12g or 900m, the cache of "
                    + "each included. Default: three quarters of this machine's.")
    @Nullable
    Long memoryBytes;

    @Option(
            names = "--idle",
            paramLabel = "SECONDS",
            converter = TimeSpan.Seconds.class,
            defaultValue = "300",
            description = "How long a model of the folder stays loaded that nobody uses; 0: until its memory is "
                    + "needed. Default: 300.")
    Duration idle = Duration.ZERO;

    @Option(
            names = "--model-id",
            paramLabel = "NAME",
            description = "What requests call the model. Default: the file's name without its extension.")
    @Nullable
    String modelId;

    @Mixin
    UpstreamFlags upstreams = new UpstreamFlags();

    @Option(
            names = "--host",
            paramLabel = "HOST",
            defaultValue = "127.0.0.1",
            description = "Address to listen on; 0.0.0.0 is every address of this machine. Default: 127.0.0.1.")
    String host = "";

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "8080",
            description = "Port to listen on; 0 takes any free one. Default: 8080.")
    int port;

    @Option(
            names = "--api-key",
            paramLabel = "KEY",
            split = ",",
            hideParamSyntax = true,
            description = "Let in only clients that send one of these keys. May be given several times, or with "
                    + "commas. Default: let everyone in.")
    Set<String> apiKeys = Set.of();

    @Option(
            names = "--allow-origin",
            paramLabel = "ORIGIN",
            split = ",",
            hideParamSyntax = true,
            description = "Web pages that may call, such as https://app.example; * is every page. May be given "
                    + "several times, or with commas. Pages from this machine always may.")
    Set<String> allowedOrigins = Set.of();

    @Option(
            names = "--blocklist",
            paramLabel = "FILE",
            description = "Phrases, one to a line, that no reply may contain. A reply that comes to one ends before it "
                    + "with finish_reason content_filter, whole or streamed. A model here stops its work then; an "
                    + "upstream is read on for its usage. Lines that begin with # are remarks. Default: none.")
    @Nullable
    Path blocklist;

    @Option(
            names = "--moderator",
            paramLabel = "URL",
            description = "A server with OpenAI's /moderations, such as https://api.openai.com/v1, that judges each "
                    + "sentence of a reply before it is shown; what it flags ends the reply as --blocklist does. If it "
                    + "can't be asked, the reply breaks off. Its key is RUNNEL_MODERATOR_KEY in the environment. "
                    + "Default: none.")
    @Nullable
    URI moderator;

    @Option(
            names = "--moderator-model",
            paramLabel = "NAME",
            description = "The model that judges. Default: the moderator's own choice.")
    @Nullable
    String moderatorModel;

    @Option(names = "--access-log", description = "Write a line for each request on standard error.")
    boolean accessLog;

    @Option(
            names = "--grace",
            paramLabel = "SECONDS",
            converter = TimeSpan.Seconds.class,
            defaultValue = "10",
            description = "How long what runs may go on when the server is asked to stop. Default: 10.")
    Duration grace = Duration.ZERO;

    @Option(
            names = "--max-sequences",
            paramLabel = "N",
            description = "Most replies generated at the same time. Default: 8.")
    @Nullable
    Integer maxSequences;

    @Option(
            names = "--max-waiting",
            paramLabel = "N",
            description = "Most requests that wait for their turn; one more is refused with 429. Default: 64.")
    @Nullable
    Integer maxWaiting;

    @Option(
            names = "--cache-mib",
            paramLabel = "MIB",
            description = "Memory for what the model remembers of the texts it is at work on, and of earlier ones that "
                    + "begin alike. Default: 1024.")
    @Nullable
    Integer cacheMib;

    @Option(
            names = "--cache-type",
            paramLabel = "TYPE",
            description =
                    "How that memory is used: f32 keeps numbers as they are; f16 holds twice as much, with a small "
                            + "error; q8 more than three times as much, with a larger one. Default: f16.")
    @Nullable
    CacheType cacheType;

    @Option(
            names = "--stall",
            paramLabel = "MS",
            converter = TimeSpan.Milliseconds.class,
            description = "How long the reading of new prompts may hold up a reply that is being written, in "
                    + "milliseconds: less is smoother, more reads prompts faster. Default: 50.")
    @Nullable
    Duration stall;

    @Mixin
    EngineFlags engine = new EngineFlags();

    @Mixin
    GuessFlags guesses = new GuessFlags();

    @Mixin
    WireFlags wire = new WireFlags();

    ServeCommand(Shell shell, Rooms rooms) {
        this.shell = shell;
        this.rooms = rooms;
    }

    @Override
    public Integer call() {
        if (modelId != null && model == null && models != null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--model-id names the model of --model; those of a folder have their own names");
        }
        if (guesses.draft != null && model == null) {
            throw new ParameterException(
                    spec.commandLine(), "--draft guesses for the model of --model, and none is given");
        }
        if (moderatorModel != null && moderator == null) {
            throw new ParameterException(
                    spec.commandLine(), "--moderator-model judges for --moderator, and none is given");
        }
        FolderOptions folderOptions = Cli.checked(spec, this::folderOptions);
        ServerOptions serverOptions = Cli.checked(spec, this::serverOptions);
        EngineOptions engineOptions = Cli.checked(spec, this::engineOptions);
        List<NamedUpstream> relayed = Cli.checked(spec, () -> upstreams.upstreams(shell.environment()));
        Optional<Blocklist> blocked = Optional.ofNullable(blocklist).map(this::read);
        CompletableFuture<Void> stop = new CompletableFuture<>();
        CompletionServer.requireFree(serverOptions);
        try (Moderator judge = moderator();
                Opening opening = new Opening(() -> open(engineOptions, folderOptions, relayed));
                CompletionServer server = CompletionServer.start(serverOptions)) {
            shell.stopSignals().accept(() -> {
                stop.complete(null);
                opening.giveUp();
            });
            Served served = opening.await();
            server.serve(moderated(served.backend(), blocked, judge));
            announce(served, server.port());
            stop.join();
            shell.err().println("Stopping; what runs may finish within " + grace.toSeconds() + " s.");
            server.shutdown(grace);
        } catch (CancellationException stopped) {
            shell.err().println("Stopped while the model was loading.");
        }
        return ExitCode.DONE;
    }

    private static Backend moderated(Backend backend, Optional<Blocklist> blocked, @Nullable Moderator judge) {
        Backend listed = blocked.<Backend>map(phrases -> new ModeratedBackend(backend, phrases))
                .orElse(backend);
        return judge == null ? listed : new ModeratedBackend(listed, judge);
    }

    private @Nullable Moderator moderator() {
        URI url = moderator;
        if (url == null) {
            return null;
        }
        Optional<String> key =
                Optional.ofNullable(shell.environment().get(MODERATOR_KEY)).filter(given -> !given.isBlank());
        try {
            return new UpstreamModerator(url, key, Optional.ofNullable(moderatorModel), JUDGEMENT);
        } catch (IllegalArgumentException refused) {
            throw new ParameterException(spec.commandLine(), "--moderator: " + refused.getMessage(), refused);
        }
    }

    private Blocklist read(Path file) {
        try {
            return Blocklist.of(TextFlags.read(file));
        } catch (IllegalArgumentException unusable) {
            throw new CommandFailure("%s: %s".formatted(file, unusable.getMessage()), unusable);
        }
    }

    /// What is to be served, opened on a thread of its own: beside the start of the server, and so that a server whose
    /// model takes long can be stopped. Closing it closes what was opened, also where that is later.
    private static final class Opening implements AutoCloseable {

        private final CompletableFuture<Served> served = new CompletableFuture<>();

        Opening(Supplier<Served> opener) {
            Thread.ofPlatform().name("runnel-loading").daemon().start(() -> {
                try {
                    Served opened = opener.get();
                    if (!served.complete(opened)) {
                        opened.close(); // nobody wants it any more
                    }
                } catch (Throwable failure) { // whatever it is concerns whoever waits, memory running out above all
                    served.completeExceptionally(failure);
                }
            });
        }

        Served await() {
            return served.join();
        }

        void giveUp() {
            served.cancel(false);
        }

        @Override
        public void close() {
            giveUp();
            if (served.state() == Future.State.SUCCESS) {
                served.resultNow().close();
            }
        }
    }

    private ServerOptions serverOptions() {
        return ServerOptions.at(host, port)
                .withApiKeys(apiKeys)
                .withAllowedOrigins(allowedOrigins)
                .withAccessLog(accessLog)
                .withWire(wire.options());
    }

    private EngineOptions engineOptions() {
        EngineOptions options = guesses.applyTo(engine.applyTo(EngineOptions.DEFAULT), shell.environment());
        if (modelId != null) {
            options = options.withModelId(modelId);
        }
        if (maxSequences != null) {
            options = options.withSequences(maxSequences);
        }
        if (maxWaiting != null) {
            options = options.withWaiting(maxWaiting);
        }
        if (cacheMib != null) {
            options = options.withCacheBytes((long) cacheMib << 20);
        }
        if (cacheType != null) {
            options = options.withCacheType(cacheType);
        }
        if (stall != null) {
            options = options.withStall(stall);
        }
        return options;
    }

    /// How much memory this machine has takes a while to find out, and without a folder nobody wants to know.
    private FolderOptions folderOptions() {
        FolderOptions options = memoryBytes == null && models != null
                ? FolderOptions.ofThisMachine()
                : FolderOptions.within(memoryBytes == null ? Long.MAX_VALUE : memoryBytes);
        return options.withIdle(idle);
    }

    /// What is served, and what to tell people about it.
    ///
    /// @param late are asked until they are there, too
    private record Served(Backends backend, List<String> lines, LateUpstreams late) implements AutoCloseable {
        @Override
        public void close() {
            late.close();
            backend.close();
        }
    }

    private Served open(EngineOptions options, FolderOptions folderOptions, List<NamedUpstream> relayed) {
        List<Backend> backends = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        try {
            List<NamedUpstream> down = openUpstreams(relayed, backends, lines, taken);
            if (models != null) {
                Backend folder = rooms.folder(models, options.withoutDraft(), folderOptions);
                backends.add(folder);
                lines.add(models + ": loaded when asked for, within " + Figures.bytes(folderOptions.memoryBytes())
                        + ": " + served(folder, taken));
            }
            boolean nothingElse = backends.isEmpty();
            if (model != null || nothingElse) {
                Optional<Path> file =
                        Optional.ofNullable(model).map(named -> ModelFiles.file(named, shell.environment()));
                long start = System.nanoTime();
                try (LoadingDisplay display = LoadingDisplay.of(shell, file)) {
                    LoadedModel loaded = rooms.load(file, options, display);
                    backends.add(loaded.backend());
                    Duration took = Duration.ofNanos(System.nanoTime() - start);
                    lines.add(loaded.description() + ", loaded in " + Figures.seconds(took));
                    if (!taken.add(loaded.model().id())) {
                        shell.err()
                                .println("Note: requests for " + loaded.model().id()
                                        + " are served from elsewhere and never reach this model;"
                                        + " --model-id NAME gives it a name of its own");
                    }
                    if (loaded.embedded()) {
                        lines.add("This is " + Source.EMBEDDED + ".");
                    }
                }
            }
            Backends all = new Backends(backends);
            return new Served(all, lines, expect(down, all));
        } catch (RuntimeException failure) {
            backends.forEach(Backend::close);
            throw failure;
        }
    }

    /// Opens those that can be opened, all at once. One that is down or silent must not take down the
    /// others, nor the models of this machine; where there is nothing else, it is a failure.
    ///
    /// @param taken gets the ids of their models
    /// @return those that are down
    private List<NamedUpstream> openUpstreams(
            List<NamedUpstream> relayed, List<Backend> backends, List<String> lines, Set<String> taken) {
        List<NamedUpstream> down = new ArrayList<>();
        List<BackendException> failures = new ArrayList<>();
        Map<NamedUpstream, CompletableFuture<Backend>> asked = new LinkedHashMap<>();
        relayed.forEach(upstream ->
                asked.put(upstream, CompletableFuture.supplyAsync(() -> open(upstream), Thread::startVirtualThread)));
        boolean relaysAlone = models == null && model == null;
        awaitEnough(asked.values(), relaysAlone);
        asked.forEach((upstream, opening) -> {
            try {
                Backend relay = opened(upstream, opening);
                backends.add(relay);
                lines.add(upstream.url() + ": relayed, models: " + served(relay, taken));
            } catch (BackendException failure) {
                down.add(upstream);
                failures.add(failure);
            }
        });
        if (relaysAlone && backends.isEmpty() && !failures.isEmpty()) {
            throw failures.getFirst();
        }
        failures.forEach(failure -> shell.err()
                .println("Note: left out until it is there: " + Style.harmless(String.valueOf(failure.getMessage()))));
        return down;
    }

    /// Returns when all are opened or have failed, or [#LISTING] after there is something to serve.
    private static void awaitEnough(Collection<CompletableFuture<Backend>> openings, boolean relaysAlone) {
        CompletableFuture<Boolean> enough = CompletableFuture.allOf(openings.toArray(CompletableFuture<?>[]::new))
                .handle((_, _) -> true);
        Runnable limit = () -> enough.completeOnTimeout(true, LISTING.toMillis(), TimeUnit.MILLISECONDS);
        if (relaysAlone) {
            for (CompletableFuture<Backend> opening : openings) {
                var _ = opening.thenRun(limit);
            }
        } else {
            limit.run();
        }
        enough.join();
    }

    /// @param opening of which nobody hears again: what comes of it later is closed
    private static Backend opened(NamedUpstream upstream, CompletableFuture<Backend> opening) {
        if (!opening.isDone()) {
            var _ = opening.thenAccept(Backend::close);
            throw UpstreamFault.SILENT.failure(
                    "upstream %s did not list its models within %d s".formatted(upstream.url(), LISTING.toSeconds()));
        }
        try {
            return opening.join();
        } catch (CompletionException failure) {
            if (failure.getCause() instanceof BackendException fault) {
                throw fault;
            }
            throw failure;
        }
    }

    /// The models of a backend, and apart those whose requests go to one before it.
    ///
    /// @param taken ids of models that are served already; gets its own
    private static String served(Backend backend, Set<String> taken) {
        Map<Boolean, List<String>> ids =
                backend.models().stream().map(Model::id).collect(Collectors.partitioningBy(taken::add));
        String hidden = String.join(", ", Objects.requireNonNull(ids.get(false)));
        return Style.harmless(String.join(", ", Objects.requireNonNull(ids.get(true)))
                + (hidden.isEmpty() ? "" : "; served from elsewhere: " + hidden));
    }

    private Backend open(NamedUpstream upstream) {
        return rooms.relay(upstream.url(), upstream.key(), upstream.options());
    }

    private LateUpstreams expect(List<NamedUpstream> down, Backends all) {
        LateUpstreams late = new LateUpstreams();
        for (NamedUpstream upstream : down) {
            late.expect(() -> open(upstream), relay -> {
                Set<String> taken = all.models().stream().map(Model::id).collect(Collectors.toSet());
                all.add(relay);
                shell.err()
                        .println("Note: " + upstream.url() + " is there and relayed, models: " + served(relay, taken));
            });
        }
        return late;
    }

    private void announce(Served served, int actualPort) {
        Output out = shell.out();
        served.lines().stream().map(Style::harmless).forEach(out::println);
        String url = "http://" + address() + ":" + actualPort + "/v1";
        out.println("Listening on " + url);
        if (apiKeys.isEmpty() && !isOnlyForThisMachine()) {
            shell.err().println("Note: everyone who reaches this machine may use it; --api-key KEY asks for a key.");
        }
        out.println(
                "\nTry it:\n  " + curl(url, served.backend().models().getFirst().id()) + "\n");
    }

    /// What a client on this machine connects to.
    private String address() {
        return switch (host) {
            case "0.0.0.0" -> "127.0.0.1";
            case "::" -> "[::1]";
            default -> host.contains(":") ? "[" + host + "]" : host;
        };
    }

    private boolean isOnlyForThisMachine() {
        try {
            return Stream.of(InetAddress.getAllByName(host)).allMatch(InetAddress::isLoopbackAddress);
        } catch (UnknownHostException gone) {
            return false;
        }
    }

    /// A command to paste into a shell.
    private String curl(String url, String id) {
        String key = apiKeys.isEmpty() ? "" : "-H 'Authorization: Bearer YOUR_KEY' ";
        String name =
                Style.harmless(id).replace("\\", "\\\\").replace("\"", "\\\"").replace("'", "'\\''");
        return "curl -N " + url + "/chat/completions -H 'Content-Type: application/json' " + key
                + "-d '{\"model\":\"" + name + "\",\"stream\":true,\"temperature\":0,"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"Count from 1 to 10.\"}]}'";
    }
}
