package dev.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.runnel.core.BackendException;
import dev.runnel.core.OutputFormat;
import dev.runnel.core.Tool;
import dev.runnel.core.Tools;
import dev.runnel.core.Tools.Use;
import dev.runnel.engine.fixtures.LlamaShape;
import dev.runnel.engine.fixtures.TinyModels;
import dev.runnel.engine.fixtures.Vocabulary;
import dev.runnel.engine.gguf.TensorType;
import dev.runnel.engine.reply.CallSyntax;
import dev.runnel.engine.reply.Dialect;
import dev.runnel.engine.reply.ReplyFormat;
import dev.runnel.engine.reply.ReplyReader;
import dev.runnel.engine.sampling.LogitMask;
import dev.runnel.engine.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReplyConstraintsTest {

    private static final String NUMBERS =
            "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"integer\"}}, \"additionalProperties\": false}";

    /// Look-around is not regular.
    private static final String LOOKS_AROUND =
            "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"string\", \"pattern\": \"^(?=x)\"}}}";

    private final Tokenizer tokenizer =
            Tokenizer.of(TinyModels.llama(LlamaShape.TINY, TensorType.F32, Vocabulary.BYTE_LEVEL, 1)
                    .toFile());
    private final ReplyConstraints constraints = new ReplyConstraints(tokenizer);

    private static Tool tool(String name, String parameters, boolean strict) {
        return new Tool(name, "", parameters, strict);
    }

    /// Whether a model that must call one of the tools may call one so.
    private boolean admits(List<Tool> offered, String name, String arguments) {
        Tools tools = new Tools(
                offered, Use.REQUIRED, offered.stream().map(Tool::name).collect(Collectors.toSet()), true);
        ReplyFormat format = new ReplyFormat(
                new Dialect(Optional.empty(), CallSyntax.HERMES),
                _ -> ReplyFormat.NO_TOKEN,
                false,
                tools.allowed(),
                List.of(),
                false);
        LogitMask mask = constraints
                .of(format, tools, OutputFormat.FREE)
                .orElseThrow()
                .apply(new ReplyReader(format, 0, call -> "call_" + call));
        String call = "<tool_call>\n{\"name\": \"%s\", \"arguments\": %s}\n</tool_call>".formatted(name, arguments);
        for (int token : tokenizer.encode(call, false)) {
            float[] logits = new float[tokenizer.size()];
            Arrays.fill(logits, 1);
            mask.mask(logits);
            if (logits[token] != 1) {
                return false;
            }
            mask.accept(token);
        }
        return true;
    }

    @Test
    void aToolWhoseSchemaCanNotBeEnforcedTakesAnyObjectAndTheOthersWhatTheirsSays() {
        List<Tool> tools =
                List.of(tool("odd", LOOKS_AROUND, false), tool("add", NUMBERS, false), tool("sub", NUMBERS, true));

        assertThat(admits(tools, "odd", "{\"a\": 1, \"b\": 2}")).isTrue();
        assertThat(admits(tools, "odd", "[]")).isFalse();
        for (String name : List.of("add", "sub")) {
            assertThat(admits(tools, name, "{\"a\": 1}")).isTrue();
            assertThat(admits(tools, name, "{\"a\": true}")).isFalse();
        }
    }

    @Test
    void aStrictToolWhoseSchemaCanNotBeEnforcedIsRefusedByItsPlace() {
        List<Tool> tools = List.of(tool("odd", LOOKS_AROUND, false), tool("strange", LOOKS_AROUND, true));

        assertThatThrownBy(() -> admits(tools, "odd", "{}"))
                .isInstanceOfSatisfying(BackendException.class, refusal -> {
                    assertThat(refusal.kind()).isEqualTo(BackendException.Kind.UNSUPPORTED);
                    assertThat(refusal.parameter()).contains("tools");
                })
                .hasMessageStartingWith("tools[1].function.parameters.properties.a.pattern has look-around");
    }

    @Test
    void aGrammarThatProvesTooAmbiguousInAReplyIsRefusedAsOneThatDoesAtOnce() {
        String rules = IntStream.range(0, 5000).mapToObj("r%d"::formatted).collect(Collectors.joining("|"));
        String alike = IntStream.range(0, 5000)
                .mapToObj("r%d ::= [a-z]{40}\n"::formatted)
                .collect(Collectors.joining());
        String grammar = "root ::= \"~~~~~~~~~~~~\" (" + rules + ")+\n" + alike;
        ReplyFormat format = ReplyFormat.text(List.of(), false);
        LogitMask mask = constraints
                .of(format, Tools.NONE, new OutputFormat.Grammar(grammar))
                .orElseThrow()
                .apply(new ReplyReader(format, 0, call -> "call_" + call));

        assertThatThrownBy(() -> follow(mask, "~~~~~~~~~~~~"))
                .isInstanceOfSatisfying(
                        BackendException.class,
                        refusal -> assertThat(refusal.kind()).isEqualTo(BackendException.Kind.UNSUPPORTED))
                .hasMessageContaining("is too ambiguous: there are more than 1000 ways");
    }

    private void follow(LogitMask mask, String reply) {
        for (int token : tokenizer.encode(reply, false)) {
            mask.mask(new float[tokenizer.size()]);
            mask.accept(token);
            assertThat(mask.hasEnded()).isFalse();
        }
    }

    @Test
    void toolsWhoseSchemasAreTooLargeTogetherTakeAnyObject() {
        String large = "{\"type\": \"object\", \"required\": [\"a\"], \"properties\": {\"a\": {\"const\": \"%s\"}}}"
                .formatted("a".repeat(150_000));
        Tool one = tool("one", large, false);
        List<Tool> tools = List.of(one, tool("two", large, false));

        assertThat(admits(List.of(one), "one", "{\"b\": 1}")).isFalse();
        assertThat(admits(tools, "one", "{\"b\": 1}")).isTrue();
    }
}
