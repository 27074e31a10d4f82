package dev.runnel.app;

import dev.runnel.app.hub.HubName;
import dev.runnel.app.hub.Puller;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `runnel pull`: a model from a hub.
@Command(
        name = "pull",
        header = "Fetch a model from Hugging Face into its tools' own cache.",
        footer = {
            "  runnel pull OWNER/REPO                  Q4_K_M, or what comes nearest to it",
            "  runnel pull OWNER/REPO:Q8_0",
            "  runnel pull OWNER/REPO --list           what there is",
            "  runnel serve --model OWNER/REPO         a pulled model goes by its name",
            "",
            "Standard output gets the path of the file, and nothing else. What broke off goes on where it was",
            "when it is pulled again. HF_ENDPOINT names another hub, HF_TOKEN lets in to what is gated or",
            "private, and HF_HUB_CACHE, HF_HOME or XDG_CACHE_HOME move the cache; for ModelScope, whose public",
            "models can be pulled, there are MODELSCOPE_ENDPOINT and MODELSCOPE_CACHE. HTTPS_PROXY is honoured."
        })
final class PullCommand implements Callable<Integer> {

    /// More would be rude.
    private static final int MOST_CONNECTIONS = 16;

    enum HubKind {
        HUGGINGFACE,
        MODELSCOPE
    }

    private final Shell shell;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    @Parameters(
            paramLabel = "NAME",
            description = "OWNER/REPO, with :QUANT such as :Q8_0, or :FILE, where a repository holds several models.")
    String model = "";

    @Option(names = "--list", description = "Print what the repository holds and how large it is, and fetch nothing.")
    boolean list;

    @Option(
            names = "--revision",
            paramLabel = "REV",
            description = "A branch, tag or commit. Default: the hub's usual branch.")
    @Nullable
    String revision;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "4",
            description =
                    "Parts of a file that are fetched at the same time, 1 to " + MOST_CONNECTIONS + ". Default: 4.")
    int connections;

    @Option(
            names = "--hub",
            paramLabel = "HUB",
            defaultValue = "huggingface",
            description = "huggingface or modelscope. Default: huggingface.")
    HubKind hub = HubKind.HUGGINGFACE;

    PullCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        HubName name = HubName.parse(model)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "'" + model + "' is no model's name, expected OWNER/REPO or OWNER/REPO:QUANT"));
        if (connections < 1 || connections > MOST_CONNECTIONS) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--connections is %d, expected 1 to %d".formatted(connections, MOST_CONNECTIONS));
        }
        Puller puller = puller();
        Optional<String> asked = Optional.ofNullable(revision).filter(value -> !value.isBlank());
        if (list) {
            print(puller.offers(name, asked));
            return ExitCode.DONE;
        }
        Path file;
        try (PullDisplay display = PullDisplay.of(shell)) {
            file = untilStopped(() -> puller.pull(name, asked, connections, display));
        } catch (CancellationException stopped) {
            shell.err().println("Stopped; another pull goes on from here.");
            return ExitCode.STOPPED;
        }
        shell.out().println(file.toString());
        return ExitCode.DONE;
    }

    /// What `work` gives, on a virtual thread, whose connections an interrupt ends.
    ///
    /// @throws CancellationException if the program was asked to stop before
    private <T> T untilStopped(Callable<T> work) {
        try (ExecutorService thread = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<T> result = thread.submit(work);
            shell.stopSignals().accept(() -> result.cancel(true));
            return result.get();
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted", interrupt);
        } catch (ExecutionException failure) {
            throw failure.getCause() instanceof RuntimeException fault
                    ? fault
                    : new IllegalStateException(failure.getCause());
        }
    }

    private Puller puller() {
        Map<String, String> environment = shell.environment();
        String agent = "runnel/" + Version.number();
        return switch (hub) {
            case HUGGINGFACE -> Puller.huggingFace(environment, agent);
            case MODELSCOPE -> Puller.modelScope(environment, agent);
        };
    }

    private void print(List<Puller.Offer> offers) {
        int widest =
                offers.stream().mapToInt(offer -> offer.name().length()).max().orElse(0);
        for (Puller.Offer offer : offers) {
            String size =
                    offer.bytes().isPresent() ? Figures.bytes(offer.bytes().getAsLong()) : "size unknown";
            String files = offer.files() > 1 ? " in " + offer.files() + " files" : "";
            shell.out()
                    .println(Style.harmless(offer.name())
                            + " ".repeat(widest - offer.name().length()) + "  " + size + files);
        }
    }
}
