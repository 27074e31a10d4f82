package dev.runnel.training.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SystemPromptsTest {

    private static Conversation make(Random random, Language language) {
        return new SystemPrompts().make(new Draw(random, Split.TRAINING, language, 1));
    }

    @Test
    void rulesComeFirstAndAreHardlyEverTheSame() {
        Random random = new Random(5);
        Set<String> rules = new HashSet<>();
        for (int i = 0; i < 2000; i++) {
            Conversation conversation = make(random, i % 2 == 0 ? Language.CHINESE : Language.ENGLISH);

            assertThat(SystemPrompts.has(conversation)).isTrue();
            String rule = conversation.messages().getFirst().text();
            assertThat(rule).doesNotContain("{w}", "(", "|");
            rules.add(rule);
        }

        assertThat(rules).hasSizeGreaterThan(1400);
    }

    @Test
    void aMarkOfTheRulesStandsInTheAnswer() {
        Random random = new Random(6);
        int checked = 0;
        for (int i = 0; i < 3000; i++) {
            Conversation conversation = make(random, Language.ENGLISH);
            String rule = conversation.messages().getFirst().text();
            if (!rule.matches("(?s).*\"[^\"]+\".*")) {
                continue;
            }
            String mark = rule.replaceAll("(?s).*\"([^\"]+)\".*", "$1");
            String answer = conversation.answer().message().text();
            assertThat(answer.startsWith(mark + " ") || answer.endsWith(" " + mark))
                    .as(rule + " -> " + answer)
                    .isTrue();
            checked++;
        }
        assertThat(checked).isGreaterThan(200);
    }
}
