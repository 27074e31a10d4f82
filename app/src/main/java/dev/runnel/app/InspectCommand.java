package dev.runnel.app;

import dev.runnel.engine.ModelSummary;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `runnel inspect`: what a model file says of itself.
@Command(
        name = "inspect",
        header = "Tell what a GGUF file holds, whether or not it can be run.",
        footer = {
            "  runnel inspect qwen3-4b.gguf",
            "  runnel inspect qwen3-4b.gguf | grep rope",
            "  runnel inspect OWNER/REPO:Q8_0"
        })
final class InspectCommand implements Callable<Integer> {

    /// Longest text of the metadata that is shown, in characters: a chat template is pages long.
    private static final int LONGEST_VALUE = 100;

    private final Shell shell;
    private final Rooms rooms;

    @Parameters(paramLabel = "FILE", description = "A GGUF file, or a pulled model as OWNER/REPO[:QUANT].")
    String file = "";

    InspectCommand(Shell shell, Rooms rooms) {
        this.shell = shell;
        this.rooms = rooms;
    }

    @Override
    public Integer call() {
        ModelSummary summary = rooms.inspect(ModelFiles.file(file, shell.environment()));
        Style style = shell.style(Shell.Channel.OUT);
        List<List<String>> metadata = summary.metadata().stream()
                .map(entry -> List.of(line(entry.key()), line(entry.value())))
                .toList();
        List<List<String>> tensors = summary.tensors().stream()
                .map(tensor -> List.of(
                        line(tensor.name()),
                        tensor.type(),
                        tensor.shape().stream().map(String::valueOf).collect(Collectors.joining(" × ")),
                        Figures.bytes(tensor.bytes())))
                .toList();
        shell.out().print(Table.of("", heading(summary)));
        shell.out().println("\n" + style.bold("Metadata: " + metadata.size()));
        shell.out().print(Table.of("  ", metadata));
        shell.out()
                .println("\n" + style.bold("Tensors: " + tensors.size() + ", " + Figures.bytes(summary.tensorBytes())));
        shell.out().print(Table.of("  ", tensors));
        return ExitCode.DONE;
    }

    private static List<List<String>> heading(ModelSummary summary) {
        OptionalInt context = summary.contextLength();
        return List.of(
                List.of("file", line(summary.file()) + ", " + Figures.bytes(summary.fileBytes())),
                List.of("architecture", said(summary.architecture())),
                List.of("parameters", Figures.count(summary.parameters()) + ", mostly " + Figures.mainType(summary)),
                List.of("context", context.isPresent() ? context.getAsInt() + " tokens" : said("")),
                List.of("tokenizer", said(summary.tokenizer())));
    }

    private static String said(String value) {
        return value.isEmpty() ? "the file doesn't say" : line(value);
    }

    /// A file's text on one line that is no surprise to a terminal.
    static String line(String text) {
        int length = text.codePointCount(0, text.length());
        String start = length > LONGEST_VALUE
                ? text.substring(0, text.offsetByCodePoints(0, LONGEST_VALUE)) + "… (" + length + " characters)"
                : text;
        return Style.harmless(start.replace("\n", "\\n").replace("\t", "\\t"));
    }
}
