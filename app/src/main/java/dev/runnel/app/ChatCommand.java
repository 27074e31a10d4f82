package dev.runnel.app;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.Prompt;
import dev.runnel.core.TokenEvent;
import dev.runnel.lab.Timeline;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `runnel chat`: a conversation, in a terminal or through a pipe.
@Command(
        name = "chat",
        header = "Have a conversation in the terminal.",
        footer = {
            "  runnel chat --model qwen3-4b.gguf",
            "  runnel chat --url https://api.openai.com/v1 --key \"$KEY\" --model gpt-5-mini",
            "  printf '%%s\\n' \"My name is Ada.\" \"What is my name?\" | runnel chat",
            "",
            "Ctrl-C stops a reply, Ctrl-D leaves, /help lists the commands. Without a terminal each line of",
            "standard input is a turn, and the replies go to standard output. Every option can be set in the",
            "environment: --max-tokens is RUNNEL_MAX_TOKENS, and so each."
        })
final class ChatCommand implements Callable<Integer> {

    private final Shell shell;
    private final Rooms rooms;

    @Mixin
    ReplyFlags reply = new ReplyFlags();

    @Mixin
    SourceFlags source = new SourceFlags();

    ChatCommand(Shell shell, Rooms rooms) {
        this.shell = shell;
        this.rooms = rooms;
    }

    @Override
    public Integer call() throws IOException {
        Conversation conversation = new Conversation(reply.system().orElse(""));
        reply.request(conversation.asking("")); // its mistakes show before a model is loaded
        try (Source opened = source.open(shell, rooms);
                ChatScreen screen = screen()) {
            screen.note(opened.description());
            screen.note("/help lists the commands, Ctrl-D leaves");
            while (takeTurn(conversation, opened, screen)) {}
        }
        return ExitCode.DONE;
    }

    private ChatScreen screen() throws IOException {
        return shell.isTerminal(Shell.Channel.IN) && shell.isTerminal(Shell.Channel.OUT)
                ? new TerminalScreen(shell.terminal().open(), shell.style(Shell.Channel.OUT))
                : new PipeScreen(shell);
    }

    /// @return whether the conversation goes on
    private boolean takeTurn(Conversation conversation, Source source, ChatScreen screen) {
        Optional<String> line = screen.readLine();
        if (line.isEmpty()) {
            return false;
        }
        switch (ChatLine.of(line.get())) {
            case ChatLine.Say(var text) -> answer(text, conversation, source, screen);
            case ChatLine.Help _ -> screen.note(ChatLine.HELP);
            case ChatLine.Clear _ -> {
                conversation.clear();
                screen.note("forgotten");
            }
            case ChatLine.Instruct(var text) -> {
                if (!text.isEmpty()) {
                    conversation.instruct(text);
                }
                screen.note("instructions: " + conversation.instructions());
            }
            case ChatLine.Unknown(var command) ->
                screen.problem("there is no command " + command + "; /help lists them");
            case ChatLine.Nothing _ -> {}
            case ChatLine.Exit _ -> {
                return false;
            }
        }
        return true;
    }

    private void answer(String text, Conversation conversation, Source source, ChatScreen screen) {
        Prompt prompt = conversation.asking(text);
        StringBuilder said = new StringBuilder();
        Timeline timeline = new Timeline(System::nanoTime);
        try (CompletionStream events = source.backend()
                .complete(reply.request(prompt).withModel(source.model()))
                .through(timeline)) {
            screen.onInterrupt(events::close);
            for (TokenEvent event : events) {
                switch (event) {
                    case TokenEvent.Text(var _, var piece, var _) -> {
                        said.append(piece);
                        screen.reply(piece);
                    }
                    case TokenEvent.Thinking(var _, var piece) -> screen.thinking(piece);
                    case TokenEvent.Finished(var _, var reason) -> {
                        screen.endReply();
                        switch (reason) {
                            case LENGTH -> screen.note("cut off at the limit of tokens");
                            case CONTENT_FILTER -> screen.note("the rest was withheld");
                            case STOP, TOOL_CALLS -> {}
                        }
                    }
                    case TokenEvent.Refusal(var _, var piece) -> {
                        said.append(piece);
                        screen.reply(piece);
                    }
                    case TokenEvent.Started _, TokenEvent.Call _, TokenEvent.Arguments _, TokenEvent.Usage _ -> {}
                }
            }
        } catch (BackendException broken) {
            screen.endReply();
            if (broken.kind() != BackendException.Kind.CLOSED) {
                screen.problem(Cli.sentence(broken));
                return;
            }
            screen.note("stopped");
        } finally {
            screen.onInterrupt(() -> {});
        }
        if (!said.isEmpty()) {
            conversation.add(text, said.toString());
        }
        screen.note(timeline.timing().toString());
    }
}
