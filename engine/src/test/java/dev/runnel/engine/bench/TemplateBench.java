package dev.runnel.engine.bench;

import dev.runnel.engine.template.ChatTemplate;
import dev.runnel.engine.template.ConversationRefusedException;
import dev.runnel.engine.template.TemplateException;
import dev.runnel.engine.template.Trusted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/// Measures how long chat templates take to render a conversation of 50 messages. The command is in
/// `bench/NOTES.md`.
final class TemplateBench {

    private static final int WARMUPS = 300;
    private static final int ROUNDS = 101;
    private static final int MESSAGES = 50;

    private TemplateBench() {}

    /// @param arguments files of templates
    static void main(String[] arguments) throws IOException {
        if (arguments.length == 0) {
            throw new IllegalArgumentException("expected files of chat templates");
        }
        List<Object> messages = new ArrayList<>();
        for (int i = 0; i < MESSAGES; i++) {
            Trusted role = new Trusted(i % 2 == 0 ? "user" : "assistant");
            messages.add(Map.of(
                    "role",
                    role,
                    "content",
                    "Message %d says a little. ".formatted(i).repeat(8)));
        }
        Map<String, Object> variables = Map.of(
                "messages",
                messages,
                "add_generation_prompt",
                true,
                "bos_token",
                new Trusted("<s>"),
                "eos_token",
                new Trusted("</s>"));
        for (String file : arguments) {
            Path path = Path.of(file);
            ChatTemplate template = ChatTemplate.compile(path.getFileName().toString(), Files.readString(path));
            try {
                LongStream.range(0, WARMUPS).forEach(_ -> template.renderSegments(variables));
            } catch (TemplateException | ConversationRefusedException refused) {
                IO.println("   refused  " + path.getFileName());
                continue;
            }
            long[] nanos = LongStream.range(0, ROUNDS)
                    .map(_ -> nanos(template, variables))
                    .sorted()
                    .toArray();
            IO.println("%7.0f µs  %s".formatted(nanos[ROUNDS / 2] * 1e-3, path.getFileName()));
        }
    }

    private static long nanos(ChatTemplate template, Map<String, Object> variables) {
        long start = System.nanoTime();
        template.renderSegments(variables);
        return System.nanoTime() - start;
    }
}
