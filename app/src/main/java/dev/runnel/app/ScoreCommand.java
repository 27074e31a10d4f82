package dev.runnel.app;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.Prompt;
import dev.runnel.core.TokenCodec;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenLogprob;
import dev.runnel.core.TokenText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `runnel score`: how probable a model holds a text.
///
/// A text is scored by letting a model complete it by nothing and echo it with its log-probabilities, which every
/// backend that can do that does the same way.
@Command(
        name = "score",
        header = "Tell how probable a model holds a text, token by token.",
        footer = {
            "  runnel score \"1+1=2\"",
            "  runnel score --file article.txt --model qwen3-4b.gguf | tail -3",
            "  runnel score --json --url http://127.0.0.1:8080/v1 < article.txt > logprobs.jsonl",
            "",
            "It prints a token a line with the natural logarithm of its probability after those before it, and",
            "in parentheses the most probable token where that is another; at the end the mean negative",
            "log-likelihood and the perplexity, which is e to its power. --json prints an object a line, the",
            "last with the sums. The first token has none, unless the model begins texts with a token of its own.",
            "",
            "A text longer than the model's context is read in windows of that length, each of which begins half",
            "a window after the one before. Every token is counted once, in the first window that holds it, so",
            "after at least half a window of text or all there is; how many had not all is told. A server gets",
            "the text in one piece, and has to know `echo` with `logprobs` at /v1/completions."
        })
final class ScoreCommand implements Callable<Integer> {

    private final Shell shell;
    private final Rooms rooms;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "TEXT",
            description = "Default: all of standard input, without a line end at its end.")
    @Nullable
    String argument;

    @Mixin
    TextFlags text = new TextFlags();

    @Option(names = "--json", description = "Print JSON, an object a line.")
    boolean json;

    @Mixin
    SourceFlags source = new SourceFlags();

    /// A request for a part of the text.
    ///
    /// @param skipped tokens of the prompt that an earlier part has counted, or that only lead to the others
    private record Part(Prompt prompt, int skipped) {}

    /// What is to be asked for.
    ///
    /// @param tokens in all, where they are known
    /// @param cut counted tokens that have not all of the text before them
    private record Plan(List<Part> parts, OptionalInt tokens, int cut, int context) {}

    ScoreCommand(Shell shell, Rooms rooms) {
        this.shell = shell;
        this.rooms = rooms;
    }

    @Override
    public Integer call() {
        String whole = text.text(shell, argument, "TEXT").orElseGet(this::standardInput);
        if (whole.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "the text is empty");
        }
        try (Source opened = source.openExact(shell, rooms);
                Progress progress = new Progress(shell)) {
            score(opened, plan(opened, whole), progress);
        }
        return ExitCode.DONE;
    }

    private String standardInput() {
        if (shell.isTerminal(Shell.Channel.IN)) {
            throw new ParameterException(
                    spec.commandLine(), "there is no text; expected it as an argument, in a file or on standard input");
        }
        return TextFlags.standardInput(shell);
    }

    private static Plan plan(Source source, String text) {
        Prompt.Text prompt = new Prompt.Text(text);
        Optional<TokenCodec> codec = source.backend().codec(source.model());
        OptionalInt context = source.backend().models().getFirst().contextLength();
        if (codec.isEmpty() || context.isEmpty()) {
            return new Plan(List.of(new Part(prompt, 0)), OptionalInt.empty(), 0, 0);
        }
        MeasuredText measured = MeasuredText.of(codec.get(), text);
        List<Window> windows = measured.windows(context.getAsInt());
        List<Part> parts = windows.stream()
                .map(window -> new Part(
                        new Prompt.Tokens(measured.tokens(window)), window.start() == 0 ? 0 : measured.counted(window)))
                .toList();
        return new Plan(parts, OptionalInt.of(measured.tokens()), Window.cut(windows), context.getAsInt());
    }

    private void score(Source source, Plan plan, Progress progress) {
        int position = 0;
        int scored = 0;
        double sum = 0;
        if (!json) {
            shell.out().println(shell.style(Shell.Channel.OUT).dim("position    logprob  token"));
        }
        for (Part part : plan.parts()) {
            List<TokenLogprob> tokens = logprobs(source, part.prompt());
            StringBuilder lines = new StringBuilder();
            for (TokenLogprob token : tokens.subList(Math.min(part.skipped(), tokens.size()), tokens.size())) {
                position++;
                lines.append(json ? object(position, token) : line(position, token))
                        .append('\n');
                if (token.logprob().isPresent()) {
                    scored++;
                    sum -= token.logprob().getAsDouble();
                }
            }
            shell.out().print(lines.toString());
            progress.show("scored", position, plan.tokens().orElse(position));
        }
        if (scored == 0) {
            throw new CommandFailure("there is nothing to score: the text is one token, and the first follows nothing");
        }
        shell.out()
                .print(
                        json
                                ? sums(position, scored, sum / scored, plan)
                                : summary(position, scored, sum / scored, plan));
    }

    /// Asks for a text's own log-probabilities and for no token more.
    private static List<TokenLogprob> logprobs(Source source, Prompt prompt) {
        CompletionRequest request = CompletionRequest.of(source.model(), prompt)
                .withMaxTokens(0)
                .withLogprobs(1)
                .withEcho(true);
        List<TokenLogprob> tokens = new ArrayList<>();
        int made = 0;
        try (CompletionStream events = source.backend().complete(request)) {
            for (TokenEvent event : events) {
                if (event instanceof TokenEvent.Text(var _, var _, var logprobs)) {
                    tokens.addAll(logprobs);
                } else if (event instanceof TokenEvent.Usage usage) {
                    made = usage.completionTokens();
                }
            }
        }
        if (tokens.isEmpty() || made > 0) {
            throw new CommandFailure(
                    "%s does not tell a text's own log-probabilities; a server has to know `echo` with `logprobs`"
                                    .formatted(source.model())
                            + " at /v1/completions");
        }
        return tokens;
    }

    private static String line(int position, TokenLogprob token) {
        String logprob = token.logprob().isPresent() ? figure(token.logprob().getAsDouble()) : "–";
        String line = "%8d  %9s  %s".formatted(position, logprob, shown(token.token()));
        Optional<TokenLogprob.Alternative> better = token.alternatives().stream()
                .filter(alternative -> alternative.logprob() > token.logprob().orElse(0))
                .findFirst();
        return line
                + better.map(alternative ->
                                "  (%s %s)".formatted(shown(alternative.token()), figure(alternative.logprob())))
                        .orElse("");
    }

    /// Of a text's tokens only the model's own beginning of it is no text.
    private static String shown(TokenText token) {
        return token.text().isEmpty() ? "(begin)" : Pieces.shown(token);
    }

    private static String object(int position, TokenLogprob token) {
        return JsonObject.of(json -> {
            json.writeNumberField("position", position);
            JsonObject.writeToken(json, token.token());
            if (token.logprob().isPresent()) {
                json.writeNumberField("logprob", token.logprob().getAsDouble());
            } else {
                json.writeNullField("logprob");
            }
            json.writeArrayFieldStart("alternatives");
            for (TokenLogprob.Alternative alternative : token.alternatives()) {
                json.writeStartObject();
                JsonObject.writeToken(json, alternative.token());
                json.writeNumberField("logprob", alternative.logprob());
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }

    private static String sums(int tokens, int scored, double nll, Plan plan) {
        return JsonObject.of(json -> {
                    json.writeNumberField("tokens", tokens);
                    json.writeNumberField("scored", scored);
                    json.writeNumberField("cut_context", plan.cut());
                    json.writeNumberField("mean_nll", nll);
                    json.writeNumberField("perplexity", Math.exp(nll));
                })
                + "\n";
    }

    private static String summary(int tokens, int scored, double nll, Plan plan) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("tokens", "%d, %d of them scored".formatted(tokens, scored)));
        if (plan.cut() > 0) {
            rows.add(List.of("context", Window.note(plan.cut(), plan.context())));
        }
        rows.add(List.of("mean nll", figure(nll) + " nats"));
        rows.add(List.of("perplexity", figure(Math.exp(nll))));
        return "\n" + Table.of("", rows);
    }

    private static String figure(double value) {
        return Figures.decimal(value, 4);
    }
}
