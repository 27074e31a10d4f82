package dev.runnel.engine.reply;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Completion;
import dev.runnel.core.FinishReason;
import dev.runnel.core.OutputFormat;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.Tool;
import dev.runnel.core.ToolCall;
import dev.runnel.core.Tools;
import dev.runnel.core.Tools.Use;
import dev.runnel.engine.constraint.Constraint;
import dev.runnel.engine.constraint.ConstraintState;
import dev.runnel.engine.constraint.ConstraintVocabulary;
import dev.runnel.engine.constraint.Grammar;
import dev.runnel.engine.json.JsonTree;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A model that knows nothing, a random one, keeps to what is asked of it all the same.
class ReplyGrammarTest {

    /// Tokens: a byte each, then these, then the end.
    private static final List<String> MARKERS = List.of(
            "<tool_call>",
            "</tool_call>",
            "<think>",
            "</think>",
            "<|python_tag|>",
            "[TOOL_CALLS]",
            "[CALL_ID]",
            "[ARGS]",
            "<|start|>",
            "<|channel|>",
            "<|constrain|>",
            "<|message|>",
            "<|end|>");

    private static final Dialect LLAMA =
            new Dialect(Optional.empty(), new CallSyntax.Bare("<|python_tag|>", "parameters"));

    private static final int END = 256 + MARKERS.size();

    private static final ConstraintVocabulary VOCABULARY =
            ConstraintVocabulary.of(END + 1, id -> id < 256 ? new byte[] {(byte) id} : new byte[0], id -> id == END);

    private static final Tool ADD = new Tool("add", "", """
            {"type": "object", "properties": {"a": {"type": "integer", "minimum": 0, "maximum": 99},
             "b": {"enum": ["x", "}"]}}, "required": ["a", "b"], "additionalProperties": false}""", true);
    private static final Tool NOW =
            new Tool("now", "", "{\"type\": \"object\", \"properties\": {}, \"additionalProperties\": false}", true);

    record Model(Dialect dialect, boolean hasTokens, boolean startsReasoning) {

        ReplyFormat format(Tools tools) {
            return new ReplyFormat(
                    dialect,
                    text -> hasTokens && MARKERS.contains(text) ? 256 + MARKERS.indexOf(text) : ReplyFormat.NO_TOKEN,
                    startsReasoning,
                    tools.use() == Use.NONE ? Set.of() : tools.allowed(),
                    List.of(),
                    false);
        }

        /// What a random model replies, or empty if it has not come to an end within 3000 tokens.
        Optional<Completion.Choice> reply(Tools tools, OutputFormat answer, Random random) {
            ReplyFormat format = format(tools);
            Grammar grammar = ReplyGrammar.of(
                            format, tools, answer, tool -> Grammar.jsonSchema(tool.parameters(), tool.name()))
                    .orElseThrow();
            ConstraintState state = Constraint.compile(grammar, VOCABULARY).start();
            List<TokenEvent> events = new ArrayList<>();
            ReplyReader reader = new ReplyReader(format, 0, call -> "call_" + call);
            float[] logits = new float[END + 1];
            for (int length = 0; length < 3000; length++) {
                for (int token = 0; token < logits.length; token++) {
                    // It leans to markers and to the end, as one byte after another it would find none.
                    logits[token] = random.nextFloat() + (token >= 256 && random.nextInt(20) == 0 ? 1 : 0);
                }
                assertThat(state.mask(logits)).as("some token fits").isTrue();
                int best = 0;
                for (int token = 1; token < logits.length; token++) {
                    best = logits[token] > logits[best] ? token : best;
                }
                assertThat(state.accept(best)).isTrue();
                if (best == END) {
                    reader.finish(events::add);
                    return Optional.of(fold(events));
                }
                reader.token(best, best < 256 ? new byte[] {(byte) best} : new byte[0], null, events::add);
            }
            return Optional.empty();
        }
    }

    private static Completion.Choice fold(List<TokenEvent> events) {
        List<TokenEvent> whole = new ArrayList<>(events);
        whole.addFirst(new TokenEvent.Started("m", 1));
        whole.add(new TokenEvent.Finished(0, FinishReason.STOP));
        whole.add(new TokenEvent.Usage(1, 1));
        return Completion.of(whole).choices().getFirst();
    }

    static List<Model> models() {
        Optional<Dialect.Reasoning> think = Optional.of(new Dialect.Reasoning("<think>", "</think>"));
        return List.of(
                new Model(new Dialect(Optional.empty(), CallSyntax.HERMES), true, false),
                new Model(new Dialect(Optional.empty(), CallSyntax.HERMES), false, false),
                new Model(new Dialect(think, CallSyntax.HERMES), true, false),
                new Model(new Dialect(think, CallSyntax.HERMES), true, true),
                new Model(LLAMA, true, false),
                new Model(
                        new Dialect(Optional.empty(), new CallSyntax.Enclosed("[TOOL_CALLS]", "", "arguments", true)),
                        true,
                        false),
                new Model(
                        new Dialect(Optional.empty(), new CallSyntax.Titled("[TOOL_CALLS]", "[CALL_ID]", "[ARGS]")),
                        true,
                        false),
                new Model(
                        new Dialect(Optional.empty(), new CallSyntax.Named("<function=", ">", "</function>")),
                        false,
                        false),
                new Model(new Dialect(Optional.empty(), new CallSyntax.Channels()), true, false));
    }

    @ParameterizedTest
    @MethodSource("models")
    void whereAToolMustBeCalledItIs(Model model) {
        Tools tools = new Tools(List.of(ADD, NOW), Use.REQUIRED, Set.of("add", "now"), true);
        int ended = 0;
        for (int seed = 0; seed < 8; seed++) {
            Optional<Completion.Choice> reply = model.reply(tools, OutputFormat.FREE, new Random(seed));
            if (reply.isPresent()) {
                ended++;
                assertThat(reply.get().text()).isEmpty();
                assertThat(reply.get().toolCalls()).isNotEmpty().allSatisfy(ReplyGrammarTest::isAllowed);
            }
        }
        assertThat(ended).isPositive();
    }

    @ParameterizedTest
    @MethodSource("models")
    void theOneThatIsNamedIsCalledOnce(Model model) {
        Tools tools = new Tools(List.of(ADD, NOW), Use.NAMED, Set.of("add"), false);
        int ended = 0;
        for (int seed = 0; seed < 8; seed++) {
            Optional<Completion.Choice> reply = model.reply(tools, OutputFormat.FREE, new Random(seed));
            if (reply.isPresent()) {
                ended++;
                assertThat(reply.get().toolCalls())
                        .singleElement()
                        .satisfies(ReplyGrammarTest::isAllowed)
                        .extracting(ToolCall::name)
                        .isEqualTo("add");
            }
        }
        assertThat(ended).isPositive();
    }

    @ParameterizedTest
    @MethodSource("models")
    void whereItDecidesWhatLooksLikeACallIsOne(Model model) {
        Tools tools = Tools.auto(List.of(ADD, NOW));
        for (int seed = 0; seed < 8; seed++) {
            model.reply(tools, OutputFormat.FREE, new Random(seed))
                    .ifPresent(reply -> assertThat(reply.toolCalls()).allSatisfy(ReplyGrammarTest::isAllowed));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void anAnswerHasTheFormThatIsAskedFor(Model model) {
        OutputFormat answer = new OutputFormat.JsonSchema("s", "", ADD.parameters(), true);
        int ended = 0;
        for (int seed = 0; seed < 8; seed++) {
            Optional<Completion.Choice> reply = model.reply(Tools.NONE, answer, new Random(seed));
            if (reply.isPresent()) {
                ended++;
                assertThat(reply.get().text()).satisfies(ReplyGrammarTest::isSum);
            }
        }
        assertThat(ended).isPositive();
    }

    @ParameterizedTest
    @MethodSource("models")
    void anAnswerThatHasANameIsNoCall(Model model) {
        Tools tools = Tools.auto(List.of(ADD, NOW));
        OutputFormat answer = new OutputFormat.JsonSchema("s", "", """
                {"type": "object", "properties": {"name": {"enum": ["Ada", "now"]}}, "required": ["name"],
                 "additionalProperties": false}""", true);
        for (int seed = 0; seed < 8; seed++) {
            model.reply(tools, answer, new Random(seed)).ifPresent(reply -> {
                assertThat(reply.toolCalls()).allSatisfy(ReplyGrammarTest::isAllowed);
                if (reply.toolCalls().isEmpty()) {
                    assertThat(JsonTree.parseObject(reply.text()).get("name")).isIn("Ada", "now");
                }
            });
        }
    }

    @ParameterizedTest
    @ValueSource(chars = {' ', '\t', '\r', '\n'})
    void textBeginsWithNoBraceWhateverSpaceIsBeforeIt(char space) {
        Tools tools = Tools.auto(List.of(ADD));
        ReplyFormat format = new Model(LLAMA, true, false).format(tools);
        Grammar grammar = ReplyGrammar.of(
                        format, tools, OutputFormat.FREE, tool -> Grammar.jsonSchema(tool.parameters(), tool.name()))
                .orElseThrow();
        ConstraintState state = Constraint.compile(grammar, VOCABULARY).start();

        assertThat(state.accept(space)).isTrue();
        assertThat(state.accept('{')).isFalse();
    }

    @Test
    void aFreeReplyWithoutToolsHasNoGrammar() {
        Model model = models().getFirst();

        assertThat(ReplyGrammar.of(
                        model.format(Tools.NONE), Tools.NONE, OutputFormat.FREE, tool -> Grammar.jsonObject()))
                .isEmpty();
    }

    private static void isAllowed(ToolCall call) {
        if (call.name().equals("now")) {
            assertThat(JsonTree.parseObject(call.arguments())).isEmpty();
        } else {
            assertThat(call.name()).isEqualTo("add");
            isSum(call.arguments());
        }
    }

    private static void isSum(String json) {
        Map<String, Object> sum = JsonTree.parseObject(json);
        assertThat(sum).containsOnlyKeys("a", "b");
        assertThat((Long) sum.get("a")).isBetween(0L, 99L);
        assertThat(sum.get("b")).isIn("x", "}");
    }
}
