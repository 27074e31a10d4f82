package dev.runnel.app;

import dev.runnel.engine.ModelText;
import dev.runnel.wire.TextReplies;
import dev.runnel.wire.TextRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `runnel render`: the prompt that a chat template makes.
@Command(
        name = "render",
        header = "Show which prompt a model's chat template makes of a conversation.",
        footer = {
            "  runnel render \"Hello\" --model qwen3-4b.gguf",
            "  runnel render \"Hello\" --system \"Be brief.\"",
            "  runnel render --model qwen3-4b.gguf < conversations.jsonl > prompts.jsonl",
            "",
            "With TEXT it prints the prompt of a user who says that. Without, it answers each line of standard",
            "input with a line:",
            "  {\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}     {\"prompt\":\"<|im_start|>user\\n…\"}",
            "A line may hold \"tools\", \"documents\", \"reasoning_effort\", \"chat_template_kwargs\" and",
            "\"add_generation_prompt\": false as well. One that can't be answered is answered with",
            "{\"error\": …}, and the exit code is 1 at the end."
        })
final class RenderCommand implements Callable<Integer> {

    private static final String SYSTEM = "--system";
    private static final String NO_GENERATION_PROMPT = "--no-generation-prompt";

    private final Shell shell;
    private final Rooms rooms;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "TEXT",
            description = "What the user says. Default: JSON lines on standard input.")
    @Nullable
    String text;

    @Option(names = SYSTEM, paramLabel = "TEXT", description = "Instructions before it.")
    @Nullable
    String system;

    @Option(names = NO_GENERATION_PROMPT, description = "End with the conversation, not where the reply begins.")
    boolean noGenerationPrompt;

    @Mixin
    VocabularyFlags vocabulary = new VocabularyFlags();

    RenderCommand(Shell shell, Rooms rooms) {
        this.shell = shell;
        this.rooms = rooms;
    }

    @Override
    public Integer call() {
        if (text == null) {
            Cli.refuseWithoutArgument(spec, "TEXT", SYSTEM, NO_GENERATION_PROMPT);
        }
        ModelText model = vocabulary.open(rooms);
        if (text == null) {
            JsonLines.answer(
                    shell,
                    spec,
                    line -> TextReplies.prompt(
                            model.render(TextRequest.Render.read(line).variables())));
            return ExitCode.DONE;
        }
        List<Object> messages = new ArrayList<>();
        if (system != null) {
            messages.add(Map.of("role", "system", "content", system));
        }
        messages.add(Map.of("role", "user", "content", text));
        ReplyWriter writer = new ReplyWriter(shell.out()::print, shell.isTerminal(Shell.Channel.OUT));
        writer.print(model.render(Map.of("messages", messages, "add_generation_prompt", !noGenerationPrompt)));
        writer.endLine();
        return ExitCode.DONE;
    }
}
