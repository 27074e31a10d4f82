package dev.runnel.training.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Message;
import dev.runnel.core.Tool;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ToolCallsTest {

    private static final Pattern STRING = Pattern.compile("\": \"([^\"]*)\"");

    private static List<Conversation> conversations(Split split) {
        Random random = new Random(21);
        List<Conversation> made = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            made.add(
                    new ToolCalls().make(new Draw(random, split, i % 2 == 0 ? Language.CHINESE : Language.ENGLISH, 1)));
        }
        return made;
    }

    @ParameterizedTest
    @EnumSource(Split.class)
    void aCallIsOfAnOfferedToolAndSaysWhatTheQuestionSays(Split split) {
        int calls = 0;
        for (Conversation conversation : conversations(split)) {
            if (!(conversation.answer() instanceof Answer.Call(String tool, String arguments))) {
                continue;
            }
            calls++;
            assertThat(conversation.tools().offered()).extracting(Tool::name).contains(tool);
            STRING.matcher(arguments)
                    .results()
                    .map(found -> found.group(1))
                    .filter(value -> !value.matches("[-+*/().0-9]+")) // an expression may have been in words
                    .forEach(value -> assertThat(conversation.question()).contains(value));
        }
        assertThat(calls).isGreaterThan(800);
    }

    @Test
    void manyToolsHaveNamesThatAreNoWords() {
        Set<String> names = new HashSet<>();
        conversations(Split.TRAINING).forEach(each -> each.tools().offered().forEach(tool -> names.add(tool.name())));

        assertThat(names).hasSizeGreaterThan(800);
    }

    @Test
    void someQuestionsAreForNoToolAndSomeComeWithAResult() {
        List<Conversation> all = conversations(Split.TRAINING);

        assertThat(all)
                .filteredOn(each -> each.messages().size() == 1 && !(each.answer() instanceof Answer.Call))
                .hasSizeGreaterThan(200);
        assertThat(all).filteredOn(each -> each.messages().size() == 3).hasSizeGreaterThan(200);
    }

    @ParameterizedTest
    @EnumSource(Language.class)
    void callsOneAfterAnotherSayWhatTheQuestionBeforeThemSays(Language language) {
        Random random = new Random(3);
        for (int i = 0; i < 300; i++) {
            List<Message> messages = ToolCalls.several(new Draw(random, Split.TRAINING, language, 1), 5)
                    .whole();

            assertThat(messages).filteredOn(Message.User.class::isInstance).hasSize(5);
            for (int at = 1; at < messages.size(); at++) {
                if (messages.get(at) instanceof Message.Assistant said
                        && !said.toolCalls().isEmpty()) {
                    String question = messages.get(at - 1).text();
                    STRING.matcher(said.toolCalls().getFirst().arguments())
                            .results()
                            .map(found -> found.group(1))
                            .filter(value -> !value.matches("[-+*/().0-9]+"))
                            .forEach(value -> assertThat(question).contains(value));
                }
            }
        }
    }
}
