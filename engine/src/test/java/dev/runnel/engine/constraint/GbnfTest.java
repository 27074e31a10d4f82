package dev.runnel.engine.constraint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GbnfTest {

    private static Constraint grammar(String text) {
        return Constraint.compile(Grammar.gbnf(text, "grammar"), SmallVocabulary.VOCABULARY);
    }

    private static boolean admits(String grammar, String text) {
        return SmallVocabulary.accepts(grammar(grammar), text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "root ::= \"a\" \"b\"|ab|a",
                "root ::= [a-c]+|abcabc|abd",
                "root ::= [^a-c]*|déf😀|dab",
                "root ::= .|😀|ab",
                "root ::= \"a\"?|a|aa",
                "root ::= \"ab\"{2}|abab|ab",
                "root ::= \"a\"{2,}|aaaa|a",
                "root ::= \"a\"{2,3}|aaa|aaaa",
                "root ::= \"a\"{,2}|aa|aaa",
                "root ::= (\"a\" (\"b\")*){2}|abbab|abb",
                "root ::= \"\\x41\\u00e9\\U0001F600\\t\"|Aé😀\t|A",
                "root ::= [\\[\\]\\-x-z]+|[]-y|w",
                "root ::= [é-ü]+|êü|ý",
                "root ::= [\\U0001F600-\\U0001F64F]|😂|🚀",
            })
    void notationMeansWhatItDoesInLlamaCpp(String grammar, String valid, String invalid) {
        assertThat(admits(grammar, valid)).as(valid).isTrue();
        assertThat(admits(grammar, invalid)).as(invalid).isFalse();
    }

    @Test
    void nothingIsAText() {
        assertThat(admits("root ::= \"\"", "")).isTrue();
        assertThat(admits("root ::= \"\" | \"a\"", "a")).isTrue();
        assertThat(admits("root ::= \"\"", "a")).isFalse();
    }

    @Test
    void rulesReferToEachOtherAcrossLinesAndComments() {
        String grammar = """
                # arithmetic
                root ::= (expr "=" ws num "\\n")+
                expr ::= term ([-+*/] term)*   # left to right
                term ::=
                  num |
                  "(" ws expr ")" ws
                num  ::= [0-9]+ ws
                ws   ::= [ \\t\\n]{0,3}
                """;

        assertThat(admits(grammar, "(1 +2)*34=102\n7=7\n")).isTrue();
        assertThat(admits(grammar, "(1 +2*34=102\n")).isFalse();
    }

    @Test
    void recursionGoesAsDeepAsItsText() {
        String grammar = "root ::= pair\npair ::= \"(\" pair* \")\"";
        String deep = "(".repeat(1000) + "()".repeat(1000) + ")".repeat(1000);

        assertThat(admits(grammar, deep)).isTrue();
        assertThat(admits(grammar, deep + ")")).isFalse();
    }

    @Test
    void anAmbiguousGrammarIsFollowedOnAllItsWays() {
        String grammar = "root ::= s\ns ::= \"a\" s \"b\" | \"a\" s \"c\" | \"a\" s s | \"x\"";

        assertThat(admits(grammar, "a".repeat(60) + "x" + "bc".repeat(30))).isTrue();
        assertThat(admits(grammar, "aaaxxxbb")).isFalse();
        assertThat(admits(grammar, "aaxxx")).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "start ::= \"a\" | grammar has no rule root",
                "root ::= item | grammar refers to the rule item, which it doesn't have, on line 1",
                "root ::= root \"a\" ¦ \"b\" | begins with itself (left recursion)",
                "root ::= a¶a ::= b? a¶b ::= \"b\" | can't be satisfied",
                "root ::= \"a | found its end on line 1 in the rule root, expected a closing \"",
                "root ::= [a-c | expected ]",
                "root ::= (\"a\" | expected )",
                "root ::= \"a\"{3,2} | repeats at least 3 and at most 2 times",
                "root ::= \"a\"{99999} | repeats 99999 times on line 1, expected at most 5000",
                "root ::= <think> \"a\" | refers to a token with < on line 1, which can't be enforced",
                "root = \"a\" | expected ::=",
                "root ::= \"\\q\" | expected an escape",
            })
    void aFaultIsToldInOneSentence(String grammar, String problem) {
        assertThatThrownBy(() -> grammar(grammar.replace('¦', '|').replace('¶', '\n')))
                .isInstanceOf(ConstraintException.class)
                .hasMessageContaining(problem);
    }
}
