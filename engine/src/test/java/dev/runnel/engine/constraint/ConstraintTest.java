package dev.runnel.engine.constraint;

import static dev.runnel.engine.constraint.Grammar.alternatives;
import static dev.runnel.engine.constraint.Grammar.jsonSchema;
import static dev.runnel.engine.constraint.Grammar.literal;
import static dev.runnel.engine.constraint.Grammar.orElse;
import static dev.runnel.engine.constraint.Grammar.repeat;
import static dev.runnel.engine.constraint.Grammar.sequence;
import static dev.runnel.engine.constraint.Grammar.textUntil;
import static dev.runnel.engine.constraint.Grammar.textWithout;
import static dev.runnel.engine.constraint.Grammar.token;
import static dev.runnel.engine.constraint.SmallVocabulary.CONTROL;
import static dev.runnel.engine.constraint.SmallVocabulary.END;
import static dev.runnel.engine.constraint.SmallVocabulary.OTHER_END;
import static dev.runnel.engine.constraint.SmallVocabulary.VOCABULARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ConstraintTest {

    private static final String WEATHER =
            "{\"type\": \"object\", \"properties\": {\"city\": {\"type\": \"string\", \"maxLength\": 20}}, \"required\": [\"city\"], \"additionalProperties\": false}";
    private static final String CLOCK =
            "{\"type\": \"object\", \"properties\": {\"zone\": {\"enum\": [\"UTC\", \"CET\"]}}, \"additionalProperties\": false}";

    private static Grammar call(String name, String schema) {
        return sequence(
                literal("<tool_call>\n{\"name\": \"" + name + "\", \"arguments\": "),
                jsonSchema(schema, "tools." + name),
                literal("}\n</tool_call>"));
    }

    private static Grammar calls() {
        return alternatives(call("weather", WEATHER), call("clock", CLOCK));
    }

    private static Grammar auto() {
        return sequence(
                textWithout("<tool_call>"),
                Grammar.optional(sequence(calls(), repeat(sequence(literal("\n"), calls()), 0, 2))));
    }

    static List<Grammar> grammars() {
        return List.of(
                Grammar.jsonObject(),
                calls(),
                auto(),
                sequence(token(CONTROL), jsonSchema(WEATHER, "schema"), token(CONTROL)),
                sequence(textUntil("</tool_call>"), repeat(literal("ab"), 0, Grammar.UNBOUNDED)),
                jsonSchema(
                        "{\"type\": \"string\", \"pattern\": \"^[a-z]{2,40}( [a-z]+)*$\", \"maxLength\": 60}",
                        "schema"),
                jsonSchema("{\"type\": \"string\", \"minLength\": 20, \"maxLength\": 50}", "schema"),
                jsonSchema(
                        "{\"type\": \"array\", \"items\": {\"anyOf\": [{\"type\": \"integer\"}, {\"$ref\": \"#\"}]}}",
                        "schema"),
                Grammar.gbnf(
                        "root ::= s\ns ::= \"a\" s \"b\" | \"a\" s \"c\" | \"[\" s \"]\" s | \" \"? \"name\"",
                        "grammar"),
                Grammar.gbnf("root ::= (\"a\" | \"ab\" | \"abc\")* [^\\x00-\\x7F]* \"}\"?", "grammar"));
    }

    /// The mask is put together from cached parts of the stack; taking tokens over one by one is what it
    /// must agree with.
    @ParameterizedTest
    @MethodSource("grammars")
    void theMaskIsExactlyWhatWouldBeAccepted(Grammar grammar) {
        Constraint constraint = Constraint.compile(grammar, VOCABULARY);
        Random random = new Random(42);
        for (int run = 0; run < 12; run++) {
            ConstraintState state = constraint.start();
            for (int step = 0; step < 60 && !state.hasEnded(); step++) {
                BitSet allowed = BitSet.valueOf(state.allowed());
                for (int token = 0; token < SmallVocabulary.SIZE; token++) {
                    assertThat(state.copy().accept(token))
                            .as("token %d at step %d", token, step)
                            .isEqualTo(allowed.get(token));
                }
                int[] choices = allowed.stream()
                        .filter(token -> token < 0x20 || token > 0x7E || random.nextInt(4) == 0)
                        .toArray();
                choices = choices.length == 0 ? allowed.stream().toArray() : choices;
                assertThat(choices).isNotEmpty();
                state.accept(choices[random.nextInt(choices.length)]);
            }
        }
    }

    @Test
    void generationEndsWhereTheTextIsCompleteAndNotBefore() {
        ConstraintState state = Constraint.compile(literal("ab"), VOCABULARY).start();

        assertThat(state.isComplete()).isFalse();
        assertThat(state.accept(END)).isFalse();
        assertThat(state.accept('a')).isTrue();
        assertThat(state.accept('b')).isTrue();
        assertThat(state.isComplete()).isTrue();
        assertThat(BitSet.valueOf(state.allowed()).stream()).containsExactly(END, OTHER_END);
        assertThat(state.accept(END)).isTrue();
        assertThat(state.hasEnded()).isTrue();
        assertThat(state.allowed()).containsOnly(0);
        assertThat(state.accept('a')).isFalse();
    }

    @Test
    void logitsOfForbiddenTokensAreNegativeInfinityAndOthersAreLeft() {
        ConstraintState state = Constraint.compile(alternatives(literal("a"), literal("abc")), VOCABULARY)
                .start();
        float[] logits = new float[SmallVocabulary.SIZE + 5];
        Arrays.fill(logits, 0.5f);

        boolean any = state.mask(logits);

        assertThat(any).isTrue();
        for (int token = 0; token < logits.length; token++) {
            byte[] text = token < SmallVocabulary.SIZE ? SmallVocabulary.bytes(token) : new byte[0];
            boolean begins = text.length > 0 && "abc".startsWith(new String(text, StandardCharsets.ISO_8859_1));
            assertThat(logits[token]).as("token %d", token).isEqualTo(begins ? 0.5f : Float.NEGATIVE_INFINITY);
        }
    }

    @Test
    void aTokenThatIsNotAllowedChangesNothing() {
        ConstraintState state = Constraint.compile(literal("ab"), VOCABULARY).start();

        assertThat(state.accept('b')).isFalse();
        assertThat(state.accept('a')).isTrue();
    }

    @Test
    void aControlTokenIsAllowedOnlyWhereTheGrammarNamesIt() {
        Constraint constraint = Constraint.compile(sequence(literal("a"), token(CONTROL), literal("b")), VOCABULARY);
        ConstraintState state = constraint.start();

        assertThat(state.accept(CONTROL)).isFalse();
        state.accept('a');
        assertThat(BitSet.valueOf(state.allowed()).stream()).containsExactly(CONTROL);
        assertThat(state.accept(CONTROL)).isTrue();
        assertThat(state.accept('b')).isTrue();
        assertThat(state.isComplete()).isTrue();
    }

    @Test
    void textIsFreeUntilATriggerAndBoundFromThereOn() {
        Constraint constraint = Constraint.compile(auto(), VOCABULARY);

        assertThat(SmallVocabulary.accepts(constraint, "It is warm.")).isTrue();
        assertThat(SmallVocabulary.accepts(constraint, "Use <tool and <tool_cal"))
                .isTrue();
        assertThat(SmallVocabulary.accepts(constraint, "Let me see. <tool_call>\nno"))
                .isFalse();
        assertThat(
                        SmallVocabulary.accepts(
                                constraint,
                                "Let me see. <tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\"}}\n</tool_call>"))
                .isTrue();
        assertThat(SmallVocabulary.accepts(
                        constraint,
                        "<tool_call>\n{\"name\": \"clock\", \"arguments\": {\"city\": \"Oslo\"}}\n</tool_call>"))
                .isFalse();
        assertThat(
                        SmallVocabulary.accepts(
                                constraint,
                                "<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>\n<tool_call>\n{\"name\": \"clock\", \"arguments\": {\"zone\": \"CET\"}}\n</tool_call>"))
                .isTrue();
    }

    @Test
    void aRandomModelCallsATool() {
        Constraint constraint = Constraint.compile(calls(), VOCABULARY);

        Optional<String> text = new RandomModel(7).generate(constraint, 400);

        assertThat(text)
                .hasValueSatisfying(call -> assertThat(call)
                        .startsWith("<tool_call>\n{\"name\": \"")
                        .endsWith("}\n</tool_call>"));
    }

    @Test
    void sequencesThatShareAConstraintDoNotDisturbEachOther() throws Exception {
        Constraint constraint = Constraint.compile(auto(), VOCABULARY);
        List<Optional<String>> alone = new ArrayList<>();
        for (int seed = 0; seed < 16; seed++) {
            alone.add(new RandomModel(seed).generate(Constraint.compile(auto(), VOCABULARY), 200));
        }

        List<Optional<String>> together = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<Optional<String>>> running = new ArrayList<>();
            for (int seed = 0; seed < 16; seed++) {
                int each = seed;
                running.add(threads.submit(() -> new RandomModel(each).generate(constraint, 200)));
            }
            for (Future<Optional<String>> each : running) {
                together.add(each.get());
            }
        }

        assertThat(together).isEqualTo(alone);
    }

    @Test
    void aSchemaThatWasSeenIsNotCompiledAgain() {
        ConstraintCache cache = new ConstraintCache(VOCABULARY, 2);
        Constraint first = cache.get(jsonSchema(WEATHER, "schema"));

        assertThat(cache.get(jsonSchema(new String(WEATHER), "schema"))).isSameAs(first);
        cache.get(Grammar.jsonObject());
        cache.get(literal("a"));
        assertThat(cache.get(jsonSchema(WEATHER, "schema"))).isNotSameAs(first);
    }

    @Test
    void aSchemaThatWasRefusedIsNotCompiledAgain() {
        ConstraintCache cache = new ConstraintCache(VOCABULARY, 2);
        String unknown = "{\"format\": \"colour\"}";

        Throwable refusal = catchThrowable(() -> cache.get(jsonSchema(unknown, "schema")));

        assertThat(refusal).isInstanceOf(ConstraintException.class).hasMessageStartingWith("schema.format is colour");
        assertThat(catchThrowable(() -> cache.get(jsonSchema(new String(unknown), "schema"))))
                .isSameAs(refusal);
    }

    @Test
    void whereWhatIsWantedCanNotBeEnforcedAnotherStandsIn() {
        Grammar grammar = sequence(
                orElse(jsonSchema("{\"format\": \"colour\"}", "first"), literal("any")),
                orElse(jsonSchema("{\"type\": \"null\"}", "second"), literal("any")));

        Constraint constraint = Constraint.compile(grammar, VOCABULARY);

        assertThat(SmallVocabulary.accepts(constraint, "anynull")).isTrue();
        assertThat(SmallVocabulary.accepts(constraint, "anyany")).isFalse();
    }

    @Test
    void whereAllThatIsWantedIsTooLargeTogetherOthersStandInForAll() {
        String large = "{\"enum\": [\"" + "a".repeat(150_000) + "\"]}";
        Grammar one = orElse(jsonSchema(large, "schema"), literal("any"));

        assertThat(SmallVocabulary.accepts(Constraint.compile(one, VOCABULARY), "any"))
                .isFalse();
        assertThat(SmallVocabulary.accepts(Constraint.compile(sequence(one, one, one), VOCABULARY), "anyanyany"))
                .isTrue();
    }

    @Test
    void aVocabularyWithoutAByteNeverEndsUpWithoutAToken() {
        String letters = "{}\":, abcdefghijklmnopqrstuvwxyz\\u0123456789";
        ConstraintVocabulary small = ConstraintVocabulary.of(
                letters.length() + 1,
                token -> token < letters.length() ? new byte[] {(byte) letters.charAt(token)} : new byte[0],
                token -> token == letters.length());

        assertThatThrownBy(() -> Constraint.compile(literal("A"), small))
                .isInstanceOf(ConstraintException.class)
                .hasMessage("the grammar can't be satisfied: nothing that this model can write matches it");
        Constraint object = Constraint.compile(Grammar.jsonObject(), small);
        Random random = new Random(42);
        for (int run = 0; run < 20; run++) {
            ConstraintState state = object.start();
            for (int step = 0; step < 300 && !state.hasEnded(); step++) {
                int[] allowed = BitSet.valueOf(state.allowed()).stream().toArray();
                assertThat(allowed).isNotEmpty();
                state.accept(allowed[random.nextInt(allowed.length)]);
            }
        }
    }
}
