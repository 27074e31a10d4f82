package dev.runnel.engine.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The templates of real models, damaged: each is refused or rendered, in both cases cleanly.
class TemplateFuzzTest {

    private static final int MUTANTS_PER_TEMPLATE = 40;

    /// What damage is made of besides pieces of the template itself.
    private static final List<String> SPLINTERS = List.of(
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "-",
            "'",
            "\"",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "|",
            "~",
            ".",
            ",",
            ":",
            "=",
            " if ",
            " else ",
            " in ",
            " not ",
            " is ",
            " for x in messages ",
            "{% endif %}",
            "{% endfor %}",
            "{% else %}",
            "{% set x = messages %}",
            "{% raw %}",
            "{{ loop.index }}",
            "| tojson",
            "| length",
            " * 9",
            " ** 9",
            "[0]",
            "[::-1]",
            "9".repeat(20),
            "\\",
            "\0",
            "\uD83D\uDE00",
            "\uD83D",
            "\u2028");

    @Test
    void aDamagedTemplateIsRefusedOrRenderedCleanly() throws IOException {
        Random random = new Random(42);
        int rendered = 0;
        int refused = 0;
        for (String name : GoldenCase.templates()) {
            String source = GoldenCase.source(name);
            List<GoldenCase> cases = GoldenCase.of(name);
            for (int i = 0; i < MUTANTS_PER_TEMPLATE; i++) {
                String mutant = mutant(source, random);
                GoldenCase input = cases.get(random.nextInt(cases.size()));
                try {
                    Budget budget = new Budget(Budget.STEPS / 100, Budget.CHARACTERS / 10);
                    ChatTemplate.compile(name, mutant).text(input.input(), budget);
                    rendered++;
                } catch (TemplateException clean) {
                    assertThat(clean).hasMessageStartingWith("chat template '" + name + "', line ");
                    refused++;
                } catch (ConversationRefusedException clean) {
                    refused++;
                } catch (RuntimeException | Error fault) {
                    throw new AssertionError("mutant " + i + " of " + name + ":\n" + mutant, fault);
                }
            }
        }

        assertThat(rendered).isGreaterThan(100);
        assertThat(refused).isGreaterThan(100);
    }

    private static String mutant(String source, Random random) {
        StringBuilder mutant = new StringBuilder(source);
        for (int damages = 1 + random.nextInt(4); damages > 0; damages--) {
            int at = random.nextInt(mutant.length());
            int length = Math.min(1 + random.nextInt(30), mutant.length() - at);
            switch (random.nextInt(5)) {
                case 0 -> mutant.delete(at, at + Math.min(length, 3));
                case 1 -> mutant.insert(at, SPLINTERS.get(random.nextInt(SPLINTERS.size())));
                case 2 -> mutant.insert(random.nextInt(mutant.length()), mutant.substring(at, at + length));
                case 3 -> mutant.setCharAt(at, (char) (' ' + random.nextInt(95)));
                default -> mutant.replace(at, at + 1, SPLINTERS.get(random.nextInt(SPLINTERS.size())));
            }
        }
        return mutant.toString();
    }
}
