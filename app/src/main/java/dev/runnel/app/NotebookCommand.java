package dev.runnel.app;

import dev.runnel.lab.report.Language;
import dev.runnel.lab.report.Words;
import dev.runnel.relay.UpstreamOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `runnel notebook`: what streaming gives, measured in front of whoever asks.
@Command(
        name = "notebook",
        header = "Show what streaming gives: the same reply whole and streamed, with a report to keep.",
        footer = {
            "  runnel notebook",
            "  runnel notebook --model qwen3-4b.gguf --output qwen3.html",
            "  runnel notebook --language zh --url http://127.0.0.1:8080/v1",
            "",
            "Four parts, one after the other: a whole reply, a short streamed one chunk by chunk, the first",
            "reply once more but streamed, and what a streamed reply cost. It prints them as they come, then a",
            "table, and writes the report with its pictures as one HTML file that needs no network. A server",
            "is asked twice before, for little, so that it has read the long prompt and is connected to."
        })
final class NotebookCommand implements Callable<Integer> {

    private final Shell shell;
    private final Rooms rooms;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    @Option(
            names = "--language",
            paramLabel = "en|zh",
            description = "English or Chinese. Default: what the locale says, English if that is neither.")
    @Nullable
    String language;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            defaultValue = "how_to_stream_completions.html",
            description = "Where the report goes; a file of that name is replaced. "
                    + "Default: how_to_stream_completions.html.")
    Path output = Path.of("");

    @Mixin
    SourceFlags source = new SourceFlags();

    NotebookCommand(Shell shell, Rooms rooms) {
        this.shell = shell;
        this.rooms = rooms;
    }

    @Override
    public Integer call() throws IOException {
        Language chosen = language();
        Words words = words(chosen);
        requireWritable(); // rather now than in a minute
        NotebookFindings findings;
        try (Source opened = source.open(shell, rooms)) {
            Optional<Source> whole = source.openWhole(shell, rooms, opened, UpstreamOptions.DEFAULT);
            try {
                findings = new NotebookStory(opened, whole, words, NotebookScreen.of(shell)).tell();
            } finally {
                whole.ifPresent(Source::close);
            }
        }
        try {
            Files.writeString(output, NotebookReport.of(findings, chosen, words).html());
        } catch (IOException failure) {
            throw new CommandFailure("the report can't be written to %s: %s".formatted(output, failure), failure);
        }
        shell.out().println("\n" + words.say("wrote", output));
        return ExitCode.DONE;
    }

    private void requireWritable() {
        Path folder = Objects.requireNonNullElse(output.toAbsolutePath().getParent(), output);
        if (!Files.isDirectory(folder)) {
            throw new ParameterException(
                    spec.commandLine(), "%s can't be written: there is no folder %s".formatted(output, folder));
        }
        if (Files.isDirectory(output) || !Files.isWritable(Files.exists(output) ? output : folder)) {
            throw new ParameterException(spec.commandLine(), output + " can't be written");
        }
    }

    private Language language() {
        if (language == null) {
            return Language.of(locale(shell.environment()));
        }
        return Stream.of(Language.values())
                .filter(each -> each.tag().equals(language))
                .findFirst()
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "--language is %s, expected en or zh".formatted(language)));
    }

    /// Of messages, by POSIX's order of variables; where none is set, as elsewhere than in POSIX, the JVM's.
    private static Locale locale(Map<String, String> environment) {
        return Stream.of("LC_ALL", "LC_MESSAGES", "LANG")
                .map(name -> environment.getOrDefault(name, ""))
                .filter(value -> !value.isEmpty())
                .findFirst()
                .map(value ->
                        Locale.forLanguageTag(value.replaceFirst("[.@].*", "").replace('_', '-')))
                .orElseGet(Locale::getDefault);
    }

    static Words words(Language language) {
        String file = "notebook_" + language.tag() + ".properties";
        return Words.read(file, Objects.requireNonNull(NotebookCommand.class.getResourceAsStream(file), file));
    }
}
