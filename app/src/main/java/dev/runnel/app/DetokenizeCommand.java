package dev.runnel.app;

import dev.runnel.engine.ModelText;
import dev.runnel.wire.TextReplies;
import dev.runnel.wire.TextRequest;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `runnel detokenize`: the text of tokens.
@Command(
        name = "detokenize",
        header = "Show which text tokens are.",
        footer = {
            "  runnel detokenize 13347 11 1917 --model qwen3-4b.gguf",
            "  runnel detokenize --model qwen3-4b.gguf < tokens.jsonl > texts.jsonl",
            "",
            "With IDs it prints their text. Without, it answers each line of standard input with a line:",
            "  {\"tokens\": [13347, 11]}                     {\"content\":\"Hi,\"}",
            "Control tokens are shown by their names, and bytes that are no character as U+FFFD. A line that",
            "can't be answered is answered with {\"error\": …}, and the exit code is 1 at the end."
        })
final class DetokenizeCommand implements Callable<Integer> {

    private final Shell shell;
    private final Rooms rooms;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    @Parameters(arity = "0..*", paramLabel = "ID", description = "Tokens. Default: JSON lines on standard input.")
    List<Integer> tokens = List.of();

    @Mixin
    VocabularyFlags vocabulary = new VocabularyFlags();

    DetokenizeCommand(Shell shell, Rooms rooms) {
        this.shell = shell;
        this.rooms = rooms;
    }

    @Override
    public Integer call() {
        ModelText model = vocabulary.open(rooms);
        if (tokens.isEmpty()) {
            JsonLines.answer(
                    shell,
                    spec,
                    line -> TextReplies.content(
                            model.detokenize(TextRequest.Detokenize.read(line).tokens())));
            return ExitCode.DONE;
        }
        ReplyWriter writer = new ReplyWriter(shell.out()::print, shell.isTerminal(Shell.Channel.OUT));
        writer.print(model.detokenize(tokens));
        writer.endLine();
        return ExitCode.DONE;
    }
}
