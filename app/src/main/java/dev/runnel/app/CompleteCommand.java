package dev.runnel.app;

import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.TokenEvent;
import dev.runnel.lab.Timeline;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `runnel complete`: one prompt in, one reply out.
@Command(
        name = "complete",
        header = "Print the reply to one prompt, as it is made.",
        footer = {
            "  runnel complete \"1+1=? Answer with one word.\"",
            "  runnel complete --temperature 0 --max-tokens 50 < prompt.txt",
            "  runnel complete --raw \"Once upon a time\" --model stories.gguf --timing",
            "  OPENAI_BASE_URL=http://127.0.0.1:8080/v1 runnel complete \"Hello\"",
            "",
            "The reply goes to standard output and nothing else does. The exit code is 1 if the reply broke",
            "off, if its rest was withheld, or if it was cut off at a limit other than --max-tokens. Every",
            "option can be set in the environment: --max-tokens is RUNNEL_MAX_TOKENS, and so each."
        })
final class CompleteCommand implements Callable<Integer> {

    private final Shell shell;
    private final Rooms rooms;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "PROMPT",
            description = "What to reply to. Default: all of standard input, without a line end at its end.")
    @Nullable
    String argument;

    @Option(names = "--raw", description = "Continue the prompt as it stands, without the model's chat template.")
    boolean raw;

    @Option(names = "--whole", description = "Print the reply when it is complete.")
    boolean whole;

    @Option(names = "--timing", description = "Tell on standard error when its pieces came.")
    boolean timing;

    @Mixin
    ReplyFlags reply = new ReplyFlags();

    @Mixin
    SourceFlags source = new SourceFlags();

    CompleteCommand(Shell shell, Rooms rooms) {
        this.shell = shell;
        this.rooms = rooms;
    }

    @Override
    public Integer call() {
        CompletionRequest request = reply.request(prompt()); // its mistakes show before a model is loaded
        try (Source opened = source.open(shell, rooms)) {
            if (opened.loaded().isPresent() && shell.isTerminal(Shell.Channel.ERR)) {
                note(opened.description());
            }
            Timeline timeline = new Timeline(System::nanoTime);
            FinishReason end;
            try (CompletionStream events =
                    opened.backend().complete(request.withModel(opened.model())).through(timeline)) {
                end = print(events);
            }
            if (timing) {
                note(timeline.timing().toString());
            }
            requireComplete(end);
        }
        return ExitCode.DONE;
    }

    private Prompt prompt() {
        if (raw && reply.system().isPresent()) {
            throw new ParameterException(
                    spec.commandLine(), "--raw and --system exclude each other: a raw prompt has no roles");
        }
        String text = argument != null ? argument : standardInput();
        if (text.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "the prompt is empty");
        }
        if (raw) {
            return new Prompt.Text(text);
        }
        List<Message> messages = new ArrayList<>();
        reply.system().ifPresent(system -> messages.add(new Message.System(system)));
        messages.add(new Message.User(text));
        return new Prompt.Chat(messages);
    }

    private String standardInput() {
        if (shell.isTerminal(Shell.Channel.IN)) {
            throw new ParameterException(
                    spec.commandLine(), "there is no prompt; expected it as an argument or on standard input");
        }
        return TextFlags.standardInput(shell);
    }

    /// @return why it ended
    private FinishReason print(CompletionStream events) {
        ReplyWriter writer = new ReplyWriter(shell.out()::print, shell.isTerminal(Shell.Channel.OUT));
        try {
            if (whole) {
                Completion.Choice reply = Completion.of(events).choices().getFirst();
                writer.print(reply.text() + reply.refusal());
                return reply.reason();
            }
            FinishReason end = FinishReason.STOP;
            for (TokenEvent event : events) {
                switch (event) {
                    case TokenEvent.Text(var _, var piece, var _) -> writer.print(piece);
                    case TokenEvent.Refusal(var _, var piece) -> writer.print(piece);
                    case TokenEvent.Finished(var _, var reason) -> end = reason;
                    case TokenEvent.Started _,
                            TokenEvent.Thinking _,
                            TokenEvent.Call _,
                            TokenEvent.Arguments _,
                            TokenEvent.Usage _ -> {}
                }
            }
            return end;
        } finally {
            writer.endLine();
        }
    }

    /// Tells of an end that is neither the reply's own nor asked for.
    private void requireComplete(FinishReason end) {
        switch (end) {
            case CONTENT_FILTER -> throw new CommandFailure("the rest of the reply was withheld");
            case LENGTH -> {
                if (reply.maxTokens == null) {
                    throw new CommandFailure("the reply was cut off at the limit of tokens");
                }
            }
            case STOP, TOOL_CALLS -> {}
        }
    }

    private void note(String line) {
        shell.err().println(shell.style(Shell.Channel.ERR).dim(line));
    }
}
