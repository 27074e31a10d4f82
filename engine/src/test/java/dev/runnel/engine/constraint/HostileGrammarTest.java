package dev.runnel.engine.constraint;

import static dev.runnel.engine.constraint.SmallVocabulary.VOCABULARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What comes with a request costs bounded time and memory, whatever it is.
class HostileGrammarTest {

    static List<String> largeSchemas() {
        String options = IntStream.range(0, 12)
                .mapToObj(i -> "{\"properties\": {\"p%d\": {\"const\": %d}}}".formatted(i, i))
                .collect(Collectors.joining(","));
        return List.of(
                "[".repeat(100_000),
                "{\"items\":".repeat(250) + "true" + "}".repeat(250),
                "{\"allOf\": ["
                        + IntStream.range(0, 10)
                                .mapToObj(_ -> "{\"anyOf\": [" + options + "]}")
                                .collect(Collectors.joining(","))
                        + "]}",
                "{\"pattern\": \"" + "(".repeat(3000) + ")".repeat(3000) + "\"}",
                "{\"pattern\": \"^(a|b)*a(a|b){20}$\"}",
                "{\"pattern\": \"^\\\\p{L}{1,4000}$\"}",
                "{\"pattern\": \"^(a?b?c?d?e?f?g?h?i?j?k?l?m?n?o?p?q?r?s?t?u?v?w?x?y?z?){40}$\"}",
                "{\"pattern\": \"((((((((((((a{9}){9}){9}){9}){9}){9}){9}){9}){9}){9}){9}){9}\"}",
                "{\"pattern\": \"" + "(".repeat(60) + "a" + ")*".repeat(60) + "{99999}\"}",
                "{\"type\": \"string\", \"pattern\": \"^([a-z]{3} ){500}$\", \"minLength\": 16000}",
                "{\"type\": \"object\", \"required\": [" + quoted(0, 40_000) + "]}",
                "{\"required\": [" + quoted(0, 1500) + "], \"anyOf\": ["
                        + IntStream.range(0, 20)
                                .mapToObj(i -> "{\"minProperties\": %d}".formatted(i))
                                .collect(Collectors.joining(","))
                        + "]}",
                counted(300, 299),
                properties(5000, "{\"type\": \"array\", \"maxItems\": 2000, \"items\": {\"const\": %d}}"),
                "{\"enum\": [" + hashingAlike(16_000) + "]}",
                "{\"enum\": [[" + hashingAlike(16_000).replace(",", "],[") + "]]}",
                "{\"type\": \"array\", \"minItems\": 2000000000}",
                "{\"type\": \"number\", \"minimum\": 1e999}",
                "{\"type\": \"number\", \"minimum\": 1e99999999999}",
                "{\"type\": \"number\", \"multipleOf\": 1e-300}",
                "{\"type\": \"array\", \"contains\": {\"type\": \"string\"}, \"minContains\": 1000000}",
                "{\"$ref\": \"#/$defs/0\", \"$defs\": {"
                        + IntStream.range(0, 400)
                                .mapToObj(i -> "\"%d\": {\"$ref\": \"#/$defs/%d\"}".formatted(i, (i + 1) % 400))
                                .collect(Collectors.joining(","))
                        + "}}");
    }

    /// Different characters, each a string.
    private static String quoted(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> "\"" + Character.toString(0x10000 + i) + "\"")
                .collect(Collectors.joining(","));
    }

    /// Different strings that a hash table can't tell apart by their hashes.
    private static String hashingAlike(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> IntStream.range(0, 15)
                        .mapToObj(bit -> (i >> bit & 1) == 0 ? "Aa" : "BB")
                        .collect(Collectors.joining("", "\"", "\"")))
                .collect(Collectors.joining(","));
    }

    /// Numbers whose upper and lower halves make the same hash.
    private static String numbersHashingAlike(int count) {
        return IntStream.range(1, count + 1)
                .mapToObj(i -> String.valueOf(((long) i << 32) + 31L * (count - i)))
                .collect(Collectors.joining(","));
    }

    /// An object of so many properties.
    ///
    /// @param each the schema of one, with a place for its number
    private static String properties(int count, String each) {
        return "{\"type\": \"object\", \"properties\": {"
                + IntStream.range(0, count)
                        .mapToObj(i -> "\"p%d\": %s".formatted(i, each.formatted(i)))
                        .collect(Collectors.joining(","))
                + "}}";
    }

    /// Of at most `most` of so many properties.
    private static String counted(int properties, int most) {
        return "{\"type\": \"object\", \"maxProperties\": %d, \"properties\": {".formatted(most)
                + IntStream.range(0, properties)
                        .mapToObj("\"p%d\": {\"const\": 1}"::formatted)
                        .collect(Collectors.joining(","))
                + "}}";
    }

    @Test
    void membersAreCountedAmongManyProperties() {
        Constraint constraint = Constraint.compile(Grammar.jsonSchema(counted(200, 2), "schema"), VOCABULARY);

        assertThat(SmallVocabulary.accepts(constraint, "{\"p7\":1,\"p199\":1}")).isTrue();
        assertThat(SmallVocabulary.accepts(constraint, "{\"p7\":1,\"p8\":1,\"p199\":1}"))
                .isFalse();
    }

    @ParameterizedTest
    @MethodSource("largeSchemas")
    void aSchemaThatIsTooLargeIsRefused(String schema) {
        assertThatThrownBy(() -> Constraint.compile(Grammar.jsonSchema(schema, "schema"), VOCABULARY))
                .isInstanceOf(ConstraintException.class)
                .hasMessageStartingWith("schema");
    }

    @Test
    void manyPatternsThatAreSmallEnoughAloneAreRefusedTogether() {
        String schema = properties(10_000, "{\"type\": \"string\", \"pattern\": \"^(a|b)*a(a|b){12}c{%d}$\"}");

        assertThatThrownBy(() -> Constraint.compile(Grammar.jsonSchema(schema, "schema"), VOCABULARY))
                .isInstanceOf(ConstraintException.class)
                .hasMessageMatching("schema\\.properties\\.p(\\d+)\\.pattern is too large: with all before it,"
                        + " \\^\\(a\\|b\\)\\*a\\(a\\|b\\)\\{12}c\\{\\1}\\$ takes more than 100000000 steps");
    }

    @Test
    void aPatternOfManyLengthsIsRefused() {
        String schema =
                properties(5000, "{\"type\": \"string\", \"pattern\": \"^(a|b)*a(a|b){9}$\", \"maxLength\": 1%03d}");

        assertThatThrownBy(() -> Constraint.compile(Grammar.jsonSchema(schema, "schema"), VOCABULARY))
                .isInstanceOf(ConstraintException.class)
                .hasMessageMatching("schema\\.properties\\.p\\d+\\.maxLength is too large to be enforced"
                        + " together with pattern or format");
    }

    @Test
    void theSchemasOfAGrammarAreTooLargeTogether() {
        String schema = "{\"type\": \"object\", \"required\": [" + quoted(0, 1500) + "]}";
        Grammar two = Grammar.sequence(Grammar.jsonSchema(schema, "first"), Grammar.jsonSchema(schema, "second"));
        Grammar four = Grammar.sequence(two, Grammar.jsonSchema(schema, "third"), Grammar.jsonSchema(schema, "last"));

        assertThat(Constraint.compile(two, VOCABULARY)).isNotNull();
        assertThatThrownBy(() -> Constraint.compile(four, VOCABULARY))
                .isInstanceOf(ConstraintException.class)
                .hasMessage("last is too large to be enforced");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "root ::= ((((\"a\"{100}){100}){100}){100})",
                "root ::= \"a\"{5000}{5000}",
                "root ::= a\na ::= b \"x\"\nb ::= c?\nc ::= a",
            })
    void aGrammarThatIsTooLargeOrEndlessIsRefused(String grammar) {
        assertThatThrownBy(() -> Constraint.compile(Grammar.gbnf(grammar, "grammar"), VOCABULARY))
                .isInstanceOf(ConstraintException.class)
                .hasMessageStartingWith("grammar");
    }

    /// Rules that all mean the same.
    private static String alike(int rules) {
        return "root ::= ("
                + IntStream.range(0, rules).mapToObj("r%d"::formatted).collect(Collectors.joining("|"))
                + ")+\n"
                + IntStream.range(0, rules)
                        .mapToObj("r%d ::= [a-z]{40}\n"::formatted)
                        .collect(Collectors.joining());
    }

    @Test
    void aGrammarOfTooManyWaysToReadATextIsRefused() {
        assertThatThrownBy(() -> Constraint.compile(Grammar.gbnf(alike(5000), "grammar"), VOCABULARY))
                .isInstanceOf(ConstraintException.class)
                .hasMessageContaining("is too ambiguous: there are more than 1000 ways to read the text so far");
    }

    @Test
    void manyRulesMayBeAlike() {
        Constraint constraint = Constraint.compile(Grammar.gbnf(alike(400), "grammar"), VOCABULARY);

        assertThat(SmallVocabulary.accepts(constraint, "a".repeat(80))).isTrue();
        assertThat(SmallVocabulary.accepts(constraint, "a".repeat(81))).isFalse();
    }

    @Test
    void aPatternOfManyCharactersAndPropertiesIsRead() {
        StringBuilder set = new StringBuilder();
        for (int c = 0x10000; c < 0x10000 + 40_000; c += 2) {
            set.appendCodePoint(c);
        }
        String pattern = "^[" + set + "\\\\p{L}".repeat(20_000) + "]\\\\P{Lu}$";
        String schema = "{\"type\": \"string\", \"pattern\": \"" + pattern + "\"}";

        Constraint constraint = Constraint.compile(Grammar.jsonSchema(schema, "schema"), VOCABULARY);

        assertThat(SmallVocabulary.accepts(constraint, "\"äb\"")).isTrue();
        assertThat(SmallVocabulary.accepts(constraint, "\"äB\"")).isFalse();
    }

    @Test
    void aSetOfManyCharactersIsRead() {
        StringBuilder set = new StringBuilder();
        for (int c = 0x1F000; c < 0x1F000 + 40_000; c += 2) {
            set.appendCodePoint(c);
        }

        Constraint constraint = Constraint.compile(Grammar.gbnf("root ::= [" + set + "]", "grammar"), VOCABULARY);

        assertThat(SmallVocabulary.accepts(constraint, "\uD83D\uDE00")).isTrue();
        assertThat(SmallVocabulary.accepts(constraint, "\uD83D\uDE01")).isFalse();
    }

    @Test
    void anObjectMayHaveManyProperties() {
        String properties = IntStream.range(0, 5000)
                .mapToObj("\"%d\": {\"type\": \"null\"}"::formatted)
                .collect(Collectors.joining(","));
        String schema = "{\"type\": \"object\", \"properties\": {" + properties + "}, \"additionalProperties\": false}";

        Constraint constraint = Constraint.compile(Grammar.jsonSchema(schema, "schema"), VOCABULARY);

        assertThat(SmallVocabulary.accepts(constraint, "{\"4000\": null}")).isTrue();
    }

    /// Strings of numbers.
    private static String numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj("\"%d\""::formatted).collect(Collectors.joining(","));
    }

    @Test
    void anEnumMayHaveManyValues() {
        String schema = "{\"enum\": [" + numbers(0, 20_000) + "]}";

        Constraint constraint = Constraint.compile(Grammar.jsonSchema(schema, "schema"), VOCABULARY);

        assertThat(SmallVocabulary.accepts(constraint, "\"19999\"")).isTrue();
        assertThat(SmallVocabulary.accepts(constraint, "\"20000\"")).isFalse();
    }

    @Test
    void anEnumMayListManyNumbersThatHashAlike() {
        Constraint constraint = Constraint.compile(
                Grammar.jsonSchema("{\"enum\": [" + numbersHashingAlike(20_000) + "]}", "schema"), VOCABULARY);

        String first = String.valueOf((1L << 32) + 31L * 19_999);
        assertThat(SmallVocabulary.accepts(constraint, first)).isTrue();
        assertThat(SmallVocabulary.accepts(constraint, first + "0")).isFalse();
    }

    @Test
    void manySchemasMayHaveAnAnchor() {
        int count = 8000;
        String each = "\"%1$d\": {\"$anchor\": \"a%1$d\", \"title\": \"\", \"$comment\": \"\", \"const\": %1$d}";
        String schema = "{\"anyOf\": ["
                + IntStream.range(0, count)
                        .mapToObj("{\"$ref\": \"#a%d\"}"::formatted)
                        .collect(Collectors.joining(","))
                + "], \"$defs\": {"
                + IntStream.range(0, count).mapToObj(each::formatted).collect(Collectors.joining(","))
                + "}}";

        Constraint constraint = assertTimeout(
                Duration.ofSeconds(10), () -> Constraint.compile(Grammar.jsonSchema(schema, "schema"), VOCABULARY));

        assertThat(SmallVocabulary.accepts(constraint, "7999")).isTrue();
        assertThat(SmallVocabulary.accepts(constraint, "8000")).isFalse();
    }

    @Test
    void twoEnumsOfManyValuesMayOverlap() {
        String schema = "{\"allOf\": [{\"enum\": [" + numbers(0, 20_000) + "]}, {\"enum\": [" + numbers(15_000, 35_000)
                + "]}]}";

        Constraint constraint = Constraint.compile(Grammar.jsonSchema(schema, "schema"), VOCABULARY);

        assertThat(SmallVocabulary.accepts(constraint, "\"17000\"")).isTrue();
        assertThat(SmallVocabulary.accepts(constraint, "\"14999\"")).isFalse();
        assertThat(SmallVocabulary.accepts(constraint, "\"20000\"")).isFalse();
    }

    @Test
    void anArrayMayHaveManyFirstItems() {
        String schema = "{\"type\": \"array\", \"prefixItems\": [" + "{},".repeat(15_000) + "{}]}";

        Constraint constraint = Constraint.compile(Grammar.jsonSchema(schema, "schema"), VOCABULARY);

        assertThat(SmallVocabulary.accepts(constraint, "[1, 2]")).isTrue();
    }

    @Test
    void rulesMayBeManyAndReferToEachOtherInALongChain() {
        StringBuilder grammar = new StringBuilder("root ::= r0\n");
        for (int i = 0; i < 5000; i++) {
            grammar.append("r%d ::= \"a\" r%d?\n".formatted(i, i + 1));
        }
        grammar.append("r5000 ::= \"b\"\n");

        Constraint constraint = Constraint.compile(Grammar.gbnf(grammar.toString(), "grammar"), VOCABULARY);

        assertThat(SmallVocabulary.accepts(constraint, "a".repeat(5000) + "b")).isTrue();
    }

    @Test
    void rulesMayBeManyThatAreEmptyOnlyBecauseOneIs() {
        int rules = 8000;
        String grammar = "root ::= \"x\" | \"yyyy\" ("
                + IntStream.rangeClosed(1, rules).mapToObj("r%d"::formatted).collect(Collectors.joining("|"))
                + ")\nr0 ::= \"b\"? | \"a\"{40}\n"
                + IntStream.rangeClosed(1, rules)
                        .mapToObj(i -> "r%d ::= r%d | \"a\"{40}\n".formatted(i, i - 1))
                        .collect(Collectors.joining());

        Constraint constraint = assertTimeout(
                Duration.ofSeconds(60), () -> Constraint.compile(Grammar.gbnf(grammar, "grammar"), VOCABULARY));

        assertThat(SmallVocabulary.accepts(constraint, "x")).isTrue();
        assertThat(SmallVocabulary.accepts(constraint, "")).isFalse();
    }

    @Test
    void rulesMayBeManyThatAreOnlyNamesOfOthers() {
        int rules = 14_000;
        StringBuilder grammar = new StringBuilder("root ::= ");
        for (int i = rules - 50; i >= 0; i -= 90) {
            grammar.append("r%d | ".formatted(i)); // the last first, so that each is small when it is looked at
        }
        grammar.append("\"b\"\n");
        for (int i = 0; i < rules; i++) {
            grammar.append("r%d ::= r%d\n".formatted(i, i + 1));
        }
        grammar.append("r%d ::= \"a\"\n".formatted(rules));

        Constraint constraint = Constraint.compile(Grammar.gbnf(grammar.toString(), "grammar"), VOCABULARY);

        assertThat(SmallVocabulary.accepts(constraint, "a")).isTrue();
        assertThat(SmallVocabulary.accepts(constraint, "c")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"?", "*", "{0,1}"})
    void aPartMayBeRepeatedOverAndOver(String quantifier) {
        String grammar = "root ::= \"a\"" + quantifier.repeat(20_000);

        Constraint constraint = Constraint.compile(Grammar.gbnf(grammar, "grammar"), VOCABULARY);

        assertThat(SmallVocabulary.accepts(constraint, "a")).isTrue();
        assertThat(SmallVocabulary.accepts(constraint, "b")).isFalse();
    }

    @Test
    void anAutomatonThatWouldBeExponentialIsMadeOnlyAsFarAsItIsReached() {
        String grammar = "root ::= [ab]* \"a\" [ab]{200}";
        Constraint constraint = Constraint.compile(Grammar.gbnf(grammar, "grammar"), VOCABULARY);
        Random random = new Random(42);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            text.append(random.nextBoolean() ? 'a' : 'b');
        }

        assertThat(SmallVocabulary.accepts(constraint, text + "a" + "b".repeat(200)))
                .isTrue();
        assertThat(SmallVocabulary.accepts(constraint, text + "a" + "b".repeat(201)))
                .isFalse();
    }

    @Test
    void aGrammarWhoseMasksTakeTooLongIsRefused() {
        String grammar = "root ::= ("
                + IntStream.range(0, 200).mapToObj("r%d"::formatted).collect(Collectors.joining("|"))
                + "){1,2}\n"
                + IntStream.range(0, 200)
                        .mapToObj("r%d ::= \"<\" [a-z]{40} \"i\"\n"::formatted)
                        .collect(Collectors.joining());
        List<byte[]> tokens = new ArrayList<>();
        for (int value = 0; value < 256; value++) {
            tokens.add(new byte[] {(byte) value});
        }
        for (int i = 0; i < 26 * 26 * 26; i++) {
            tokens.add(new byte[] {letter(i / 676), letter(i / 26), letter(i)});
        }
        ConstraintVocabulary vocabulary = ConstraintVocabulary.of(tokens.size(), tokens::get, _ -> false);
        ConstraintState state =
                Constraint.compile(Grammar.gbnf(grammar, "grammar"), vocabulary).start();

        assertThat(state.accept('<')).isTrue();
        assertThatThrownBy(state::allowed)
                .isInstanceOf(ConstraintException.class)
                .hasMessage("the grammar is too ambiguous: it takes more than 1000000 steps to find the tokens"
                        + " that may come next");
    }

    private static byte letter(int number) {
        return (byte) ('a' + number % 26);
    }

    @Test
    void anAutomatonThatGrowsTooLargeIsGivenUpInTheMiddle() {
        Constraint constraint = Constraint.compile(Grammar.gbnf("root ::= .* \"a\" .{300}", "grammar"), VOCABULARY);
        Random random = new Random(42);

        assertThatThrownBy(() -> {
                    ConstraintState state = constraint.start();
                    for (int i = 0; i < 200_000; i++) {
                        state.accept(random.nextBoolean() ? 'a' : 'b');
                    }
                })
                .isInstanceOf(ConstraintException.class)
                .hasMessage("grammar is too ambiguous to be enforced: its automaton grows too large");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\": \"string\", \"pattern\": \"^.{1,280}$\"}",
                "{\"type\": \"string\", \"pattern\": \"\\\\S\", \"maxLength\": 280}",
            })
    void aStringIsWrittenToItsEndInAVocabularyOfManyCharacters(String schema) {
        List<byte[]> tokens = new ArrayList<>();
        for (int value = 0; value < 256; value++) {
            tokens.add(new byte[] {(byte) value});
        }
        for (int c = 0x800; c <= 0xFFFF; c += 64) { // each begins with other bytes
            if (!StringLanguage.isSurrogate(c)) {
                tokens.add(Character.toString(c).getBytes(StandardCharsets.UTF_8));
            }
        }
        ConstraintVocabulary vocabulary = ConstraintVocabulary.of(tokens.size(), tokens::get, _ -> false);
        ConstraintState state = Constraint.compile(Grammar.jsonSchema(schema, "schema"), vocabulary)
                .start();
        state.accept('"');

        for (int i = 0; i < 280; i++) {
            assertThat(BitSet.valueOf(state.allowed()).cardinality()).isGreaterThan(900);
            assertThat(state.accept(256 + i)).isTrue();
        }

        assertThat(BitSet.valueOf(state.allowed()).stream()).containsExactly((int) '"');
        assertThat(state.accept('"')).isTrue();
        assertThat(state.isComplete()).isTrue();
    }

    @Test
    void randomDamageToASchemaIsRefusedOrCompiled() {
        String schema =
                "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": [\"string\", \"null\"], \"pattern\": \"^[a-z]{1,3}$\"},"
                        + " \"b\": {\"$ref\": \"#/$defs/b\"}}, \"required\": [\"a\"], \"$defs\": {\"b\": {\"type\": \"array\","
                        + " \"items\": {\"anyOf\": [{\"const\": 1}, {\"minimum\": 2.5}]}, \"maxItems\": 3}}}";
        Random random = new Random(42);
        for (int run = 0; run < 3000; run++) {
            StringBuilder damaged = new StringBuilder(schema);
            for (int i = 0; i <= random.nextInt(3); i++) {
                int at = random.nextInt(damaged.length());
                switch (random.nextInt(3)) {
                    case 0 -> damaged.deleteCharAt(at);
                    case 1 -> damaged.setCharAt(at, schema.charAt(random.nextInt(schema.length())));
                    default -> damaged.insert(at, schema, random.nextInt(20), 20 + random.nextInt(20));
                }
            }
            try {
                Constraint.compile(Grammar.jsonSchema(damaged.toString(), "schema"), VOCABULARY);
            } catch (ConstraintException refusal) {
                assertThat(refusal).hasMessageStartingWith("schema");
            }
        }
    }
}
