package dev.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.Tool;
import dev.runnel.core.Tools;
import dev.runnel.engine.template.ChatTemplate;
import dev.runnel.engine.template.Segment;
import dev.runnel.engine.template.Trusted;
import dev.runnel.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Conversations in the templates of real models.
class ChatPromptsTest {

    private static final Tool ADD = new Tool("add", "Adds two numbers.", "{\"type\": \"object\"}", false);

    /// It wants its tools as a text that clients give it, `functions`, and the date.
    private static final String WANTS_MORE = "fireworks-ai-llama-3-firefunction-v2.jinja";

    @TestFactory
    Stream<DynamicTest> everyTemplateTellsItsModelOfTheTools() throws IOException {
        try (Stream<Path> files = Files.list(SharedData.require("golden/chat/templates"))) {
            return files
                    .filter(file -> file.toString().endsWith(".jinja") && !file.endsWith(WANTS_MORE))
                    .sorted()
                    .map(file -> dynamicTest(file.getFileName().toString(), () -> tellsOfTheTools(file)))
                    .toList()
                    .stream();
        }
    }

    private static void tellsOfTheTools(Path file) throws IOException {
        String source = Files.readString(file);
        Map<String, Trusted> tokens = Map.of("bos_token", new Trusted("<s>"), "eos_token", new Trusted("</s>"));
        ChatPrompts prompts = new ChatPrompts(ChatTemplate.compile(file.toString(), source), source, tokens);
        Prompt.Chat chat = new Prompt.Chat(List.of(new Message.User("1+1?"))).withTools(Tools.auto(List.of(ADD)));

        String prompt =
                prompts.render(chat).segments().stream().map(Segment::text).collect(Collectors.joining());

        assertThat(prompt).contains("Adds two numbers.").contains("1+1?");
    }
}
