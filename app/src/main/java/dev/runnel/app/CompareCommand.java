package dev.runnel.app;

import dev.runnel.core.TokenText;
import dev.runnel.engine.EngineOptions;
import dev.runnel.engine.LogitDifference;
import dev.runnel.engine.ModelLogits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `runnel compare`: what a quantisation costs.
@Command(
        name = "compare",
        header = "Tell how far a model is from another of the same vocabulary, such as its quantisation.",
        footer = {
            "  runnel compare qwen3-4b-f16.gguf qwen3-4b-q4_k_m.gguf",
            "  runnel compare a.gguf b.gguf --file article.txt | tail -19",
            "  runnel compare a.gguf b.gguf --json --file - < article.txt > places.jsonl",
            "",
            "Both read the same text. For each token but the first it prints a line: how they differ in the",
            "place of it, that is after those before it:",
            "  KL       divergence of B's probabilities from A's, in nats (Kullback, Leibler): 0 is the same",
            "  ln q/p   by what the logarithm of this token's probability is larger in B than in A",
            "  top 1    whether both hold the same token for the most probable",
            "  top 5    how many of A's five most probable tokens are among those of B",
            "  rms max  differences of the logits, in standard deviations of A's logits in that place",
            "At the end it prints the sums, and the divergence that a share of the places does not exceed.",
            "--json prints an object a line, the last with the sums.",
            "",
            "A text longer than the context is read in windows of that length, each of which begins half a",
            "window after the one before; every token is counted once, in the first window that holds it."
        })
final class CompareCommand implements Callable<Integer> {

    private static final String TEXT = "--text";

    /// Tokens that both read before either goes on, which bounds how many of A's rows are kept.
    private static final int SLICE = 32;

    private static final String HEADING = "position         KL    ln q/p  top 1  top 5      rms      max  token";

    /// Short, and of three kinds that a quantisation may cost differently.
    private static final String SAMPLE = """
            The harbour was quiet when the first boat came in. Nobody had expected it before noon, and the \
            woman who kept the lamp had gone to buy bread. By the time she was back, three crates stood on the \
            quay, each marked with the name of a town that no map shows.

            港口很安静,第一条船比预期的早到了半天。守灯的女人去买面包了。等她回来的时候,码头上已经放着三个箱子,\
            每个箱子上都写着一个地图上没有的地名。

            static int gcd(int a, int b) {
                while (b != 0) {
                    int rest = a % b;
                    a = b;
                    b = rest;
                }
                return a;
            }
            """;

    private final Shell shell;
    private final Rooms rooms;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "A",
            description = "The reference: a GGUF file, or a pulled model as OWNER/REPO[:QUANT].")
    String reference = "";

    @Parameters(index = "1", paramLabel = "B", description = "The model that is compared to it.")
    String other = "";

    @Option(
            names = TEXT,
            paramLabel = "TEXT",
            description = "What both read. Default: a page of English, Chinese and Java.")
    @Nullable
    String argument;

    @Mixin
    TextFlags text = new TextFlags();

    @Option(names = "--json", description = "Print JSON, an object a line.")
    boolean json;

    @Mixin
    EngineFlags engine = new EngineFlags();

    CompareCommand(Shell shell, Rooms rooms) {
        this.shell = shell;
        this.rooms = rooms;
    }

    @Override
    public Integer call() {
        String whole = text.text(shell, argument, TEXT).orElse(SAMPLE);
        if (whole.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "the text is empty");
        }
        EngineOptions options = Cli.checked(spec, () -> engine.applyTo(EngineOptions.DEFAULT));
        Path fileA = ModelFiles.file(reference, shell.environment());
        Path fileB = ModelFiles.file(other, shell.environment());
        try (ModelLogits a = load(fileA, options);
                ModelLogits b = load(fileB, options)) {
            a.text().differenceTo(b.text(), whole).ifPresent(where -> {
                throw new CommandFailure("%s and %s can't be compared, as their vocabularies differ: %s"
                        .formatted(
                                fileA.getFileName(), fileB.getFileName(), Style.harmless(where.replace("\n", "\\n"))));
            });
            compare(MeasuredText.of(a.text(), whole), a, b);
        }
        return ExitCode.DONE;
    }

    private ModelLogits load(Path file, EngineOptions options) {
        try (LoadingDisplay display = LoadingDisplay.onTerminal(shell, Optional.of(file))) {
            return rooms.logits(file, options, display);
        }
    }

    private void compare(MeasuredText text, ModelLogits a, ModelLogits b) {
        if (text.tokens() < 2) {
            throw new CommandFailure(
                    "there is nothing to compare: the text is one token, and the first follows nothing");
        }
        int context = Math.min(a.contextLength(), b.contextLength());
        List<Window> windows = text.windows(context);
        if (!json) {
            shell.out().println(shell.style(Shell.Channel.OUT).dim(HEADING));
        }
        List<LogitDifference> places = new ArrayList<>();
        try (Progress progress = new Progress(shell)) {
            Consumer<LogitDifference> each = place -> {
                int index = text.first() + places.size();
                places.add(place);
                int position = text.lead().size() + index + 1;
                TokenText token = a.text().token(text.own().get(index));
                shell.out().println(json ? object(position, token, place) : line(position, token, place));
                progress.show("compared", places.size(), text.own().size() - text.first());
            };
            for (Window window : windows) {
                compare(text, window, a, b, each);
            }
        }
        Comparison all = new Comparison(places);
        int cut = Window.cut(windows);
        shell.out().print(json ? sums(all, cut) + "\n" : summary(all, cut, context) + drawing(all));
    }

    private static void compare(
            MeasuredText text, Window window, ModelLogits a, ModelLogits b, Consumer<LogitDifference> each) {
        List<Integer> tokens = text.tokens(window);
        int first = text.counted(window);
        float[][] rows = new float[SLICE][a.vocabularySize()];
        try (ModelLogits.Reading readingA = a.begin();
                ModelLogits.Reading readingB = b.begin()) {
            // What follows the last token is not known.
            for (int from = 0; from < tokens.size() - 1; from += SLICE) {
                int start = from;
                List<Integer> slice = tokens.subList(from, Math.min(from + SLICE, tokens.size() - 1));
                readingA.read(slice, (index, row) -> System.arraycopy(row, 0, rows[index], 0, row.length));
                readingB.read(slice, (index, row) -> {
                    int next = start + index + 1;
                    if (next >= first) {
                        each.accept(LogitDifference.of(rows[index], row, tokens.get(next)));
                    }
                });
            }
        }
    }

    private static String line(int position, TokenText token, LogitDifference place) {
        return String.format(
                Locale.ROOT,
                "%8d  %9.6f  %8.4f  %5s  %3d/%d  %7.4f  %7.4f  %s",
                position,
                place.divergence(),
                place.otherLogprob() - place.referenceLogprob(),
                place.sameTop() ? "same" : "other",
                place.sharedTop(),
                LogitDifference.TOP,
                place.rmsDifference(),
                place.maxDifference(),
                Pieces.shown(token));
    }

    private static String object(int position, TokenText token, LogitDifference place) {
        return JsonObject.of(json -> {
            json.writeNumberField("position", position);
            JsonObject.writeToken(json, token);
            json.writeNumberField("kl_divergence", place.divergence());
            json.writeNumberField("logprob_a", place.referenceLogprob());
            json.writeNumberField("logprob_b", place.otherLogprob());
            json.writeBooleanField("same_top_1", place.sameTop());
            json.writeNumberField("shared_top_5", place.sharedTop());
            json.writeNumberField("rms_logit_difference", place.rmsDifference());
            json.writeNumberField("max_logit_difference", place.maxDifference());
        });
    }

    private static String sums(Comparison all, int cut) {
        return JsonObject.of(json -> {
            json.writeNumberField("compared", all.places());
            json.writeNumberField("cut_context", cut);
            json.writeNumberField("perplexity_a", all.referencePerplexity());
            json.writeNumberField("perplexity_b", all.otherPerplexity());
            json.writeNumberField("perplexity_ratio", all.ratio());
            json.writeNumberField("perplexity_ratio_error", all.ratioError());
            json.writeObjectFieldStart("kl_divergence");
            json.writeNumberField("mean", all.meanDivergence());
            json.writeNumberField("mean_error", all.meanDivergenceError());
            json.writeNumberField("median", all.divergence(0.5));
            json.writeNumberField("p99", all.divergence(0.99));
            json.writeNumberField("max", all.divergence(1));
            json.writeEndObject();
            json.writeNumberField("top_1_agreement", all.sameTop());
            json.writeNumberField("top_5_overlap", all.sharedTop());
            json.writeNumberField("rms_logit_difference", all.rmsDifference());
            json.writeNumberField("max_logit_difference", all.maxDifference());
        });
    }

    private static String summary(Comparison all, int cut, int context) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("compared", all.places() + " tokens"));
        if (cut > 0) {
            rows.add(List.of("context", Window.note(cut, context)));
        }
        rows.add(List.of(
                "perplexity",
                "A %s, B %s, B/A %s ± %s"
                        .formatted(
                                figure(all.referencePerplexity(), 4),
                                figure(all.otherPerplexity(), 4),
                                figure(all.ratio(), 5),
                                figure(all.ratioError(), 5))));
        rows.add(List.of(
                "KL",
                "mean %s ± %s, median %s, 99 %% %s, max %s nats"
                        .formatted(
                                figure(all.meanDivergence(), 6),
                                figure(all.meanDivergenceError(), 6),
                                figure(all.divergence(0.5), 6),
                                figure(all.divergence(0.99), 6),
                                figure(all.divergence(1), 6))));
        rows.add(List.of("top 1", figure(100 * all.sameTop(), 2) + " % the same"));
        rows.add(List.of("top 5", figure(100 * all.sharedTop(), 2) + " % shared"));
        rows.add(List.of(
                "logits",
                "rms %s, max %s standard deviations of A's"
                        .formatted(figure(all.rmsDifference(), 5), figure(all.maxDifference(), 5))));
        return "\n" + Table.of("", rows);
    }

    private static String drawing(Comparison all) {
        StringBuilder drawing = new StringBuilder("\nKL that a share of the places does not exceed\n");
        for (int percent : List.of(10, 25, 50, 75, 90, 95, 99, 100)) {
            double divergence = all.divergence(percent / 100.0);
            String line =
                    "%5d %%  %s  %s".formatted(percent, figure(divergence, 6), Bar.of(divergence, all.divergence(1)));
            drawing.append(line.stripTrailing()).append('\n');
        }
        return drawing.toString();
    }

    private static String figure(double value, int decimals) {
        return Figures.decimal(value, decimals);
    }
}
