package dev.runnel.app;

import dev.runnel.core.TokenCodec;
import dev.runnel.wire.CodecRequest;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `runnel tokenize`: the tokens of a text.
@Command(
        name = "tokenize",
        header = "Show which tokens a text is.",
        footer = {
            "  runnel tokenize \"Hello, 世界\"",
            "  runnel tokenize \"<|im_end|>\" --no-parse-special --model qwen3-4b.gguf",
            "  runnel tokenize --model qwen3-4b.gguf < texts.jsonl > tokens.jsonl",
            "",
            "With TEXT it prints a token a line: its id and what it stands for, in hexadecimal where that is",
            "not to be read. Without, it answers each line of standard input with a line:",
            "  {\"content\": \"Hi\"}                          {\"tokens\":[13347]}",
            "  {\"content\": \"Hi\", \"with_pieces\": true}     {\"tokens\":[{\"id\":13347,\"piece\":\"Hi\"}]}",
            "A line may say \"add_special\": true and \"parse_special\": false, as the options do for TEXT. One that",
            "can't be answered is answered with {\"error\": …}, and the exit code is 1 at the end."
        })
final class TokenizeCommand implements Callable<Integer> {

    private static final String ADD_SPECIAL = "--add-special";
    private static final String NO_PARSE_SPECIAL = "--no-parse-special";

    private final Shell shell;
    private final Rooms rooms;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "TEXT", description = "Default: JSON lines on standard input.")
    @Nullable
    String text;

    @Option(
            names = ADD_SPECIAL,
            description = "Put the tokens before and behind it that the model expects around a text.")
    boolean addSpecial;

    @Option(names = NO_PARSE_SPECIAL, description = "Take what looks like a control token for text.")
    boolean noParseSpecial;

    @Mixin
    VocabularyFlags vocabulary = new VocabularyFlags();

    TokenizeCommand(Shell shell, Rooms rooms) {
        this.shell = shell;
        this.rooms = rooms;
    }

    @Override
    public Integer call() {
        if (text == null) {
            Cli.refuseWithoutArgument(spec, "TEXT", ADD_SPECIAL, NO_PARSE_SPECIAL);
        }
        TokenCodec model = vocabulary.open(rooms);
        if (text != null) {
            print(model, text);
        } else {
            JsonLines.answer(shell, spec, CodecRequest.Kind.TOKENIZE, model);
        }
        return ExitCode.DONE;
    }

    private void print(TokenCodec model, String text) {
        StringBuilder lines = new StringBuilder();
        for (int token : model.tokenize(text, addSpecial, !noParseSpecial)) {
            lines.append("%6d  %s\n".formatted(token, Pieces.shown(model.token(token))));
        }
        shell.out().print(lines.toString());
    }
}
