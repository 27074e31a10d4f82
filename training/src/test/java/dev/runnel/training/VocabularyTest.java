package dev.runnel.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.ToolCall;
import dev.runnel.engine.ModelText;
import dev.runnel.training.export.ModelFile;
import dev.runnel.training.vocabulary.Vocabulary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The vocabulary that is learnt, as the engine uses it.
class VocabularyTest {

    @TempDir
    static Path folder;

    private static final Vocabulary VOCABULARY = Train.vocabulary(1000);
    private static ModelText text = ModelText.embedded();

    @BeforeAll
    static void open() throws IOException {
        Path file = folder.resolve("vocabulary.gguf");
        ModelFile.writeVocabulary(file, VOCABULARY);
        text = ModelText.open(file);
    }

    @Test
    void everyNumberUpTo200IsOneToken() {
        for (int number = 0; number <= 200; number++) {
            List<Integer> tokens = text.tokenize(String.valueOf(number), false, false);

            assertThat(tokens).hasSize(1);
            assertThat(VOCABULARY.numbers()).containsEntry(number, tokens.getFirst());
        }
    }

    @Test
    void largerNumbersConsistOfSmallerOnes() {
        for (int number = 201; number <= 999; number++) {
            assertThat(text.tokenize(String.valueOf(number), false, false)).hasSize(2);
        }
    }

    @Test
    void everyTextCanBeWritten() {
        for (String any : List.of(
                "从1数到100\uFF0C每个数字之间用逗号隔开",
                "1+1=2, 007, 12345",
                "\uD83D\uDE00 Ünïcödé\t\r\n  鑫淼",
                "{\"name\": \"calculator\", \"arguments\": {}}")) {
            List<Integer> tokens = text.tokenize(any, false, false);

            assertThat(text.detokenize(tokens)).isEqualTo(any);
        }
    }

    @Test
    void noTokenHoldsTwoChineseCharacters() {
        for (int id = 0; id < VOCABULARY.size(); id++) {
            long chinese = text.detokenize(List.of(id))
                    .codePoints()
                    .filter(Character::isIdeographic)
                    .count();

            assertThat(chinese).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void theSameConversationsGiveTheSameVocabulary() {
        assertThat(Train.vocabulary(1000)).isEqualTo(VOCABULARY);
    }

    @Test
    void aToolsResultIsRenderedInTheUsersTurn() {
        ToolCall call = new ToolCall("call_1", "calculator", "{\"expression\": \"1+1\"}");

        String rendered = text.render(new Prompt.Chat(List.of(
                new Message.User("1+1?"),
                new Message.Assistant("", "", List.of(call)),
                new Message.ToolResult("call_1", "2"))));

        assertThat(rendered).isEqualTo("""
                <|im_start|>user
                1+1?<|im_end|>
                <|im_start|>assistant
                <tool_call>
                {"name": "calculator", "arguments": {"expression": "1+1"}}
                </tool_call><|im_end|>
                <|im_start|>user
                <tool_response>
                2
                </tool_response><|im_end|>
                <|im_start|>assistant
                """);
    }
}
