package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.ModelText;
import dev.runnel.testing.SharedData;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `runnel tokenize`, `runnel detokenize` and `runnel render`, with the vocabulary that the program carries.
class TextCommandsTest {

    private final TestProgram program = new TestProgram(ScriptedRooms.saying());
    private final ModelText model = ModelText.embedded();

    @TempDir
    private Path folder;

    @Test
    void aTextIsShownTokenByToken() {
        assertThat(program.run("tokenize", "<|im_start|>\n🦊")).isZero();

        int start = model.tokenize("<|im_start|>", false, true)[0];
        assertThat(program.out().lines().toList())
                .contains("%6d  '<|im_start|>'".formatted(start))
                .anySatisfy(line -> assertThat(line).endsWith("  '\\n'"))
                .anySatisfy(line -> assertThat(line).matches(" *[0-9]+  F0( [0-9A-F]{2})*"));
    }

    @Test
    void controlTokensAreTextIfAskedFor() {
        program.run("tokenize", "--no-parse-special", "<|im_start|>");

        assertThat(program.out().lines().count()).isGreaterThan(1);
    }

    @Test
    void theTokensThatAModelExpectsAroundATextAreShownIfAskedFor() {
        Path stories = SharedData.require("models/stories260K-q8_0.gguf");

        program.run("tokenize", "--add-special", "--model", stories.toString(), "Once");

        assertThat(program.out().lines().findFirst()).contains("     1  '<s>'");
    }

    @Test
    void linesOfTextsBecomeLinesOfTokens() {
        program.in("""
                {"content": "Count"}

                {"content": "<|im_end|>", "with_pieces": true}
                {"content": "<|im_end|>", "parse_special": false}
                """);

        assertThat(program.run("tokenize")).isZero();

        int end = model.tokenize("<|im_end|>", false, true)[0];
        assertThat(program.out())
                .isEqualTo("{\"tokens\":%s}\n{\"tokens\":[{\"id\":%d,\"piece\":\"<|im_end|>\"}]}\n{\"tokens\":%s}\n"
                        .formatted(
                                ids(model.tokenize("Count", false, true)),
                                end,
                                ids(model.tokenize("<|im_end|>", false, false))));
    }

    @Test
    void tokensBecomeTextAgain() {
        String[] arguments = IntStream.concat(IntStream.of(-1), IntStream.of(model.tokenize("1+1=?", false, true)))
                .mapToObj(each -> each < 0 ? "detokenize" : Integer.toString(each))
                .toArray(String[]::new);

        assertThat(program.run(arguments)).isZero();

        assertThat(program.out()).isEqualTo("1+1=?\n");
    }

    @Test
    void linesOfTokensBecomeLinesOfTexts() {
        program.in("{\"tokens\":[]}\n{\"tokens\":" + ids(model.tokenize("世界", false, true)) + "}");

        assertThat(program.run("detokenize")).isZero();

        assertThat(program.out()).isEqualTo("{\"content\":\"\"}\n{\"content\":\"世界\"}\n");
    }

    @Test
    void aTextBecomesAPrompt() {
        assertThat(program.run("render", "--system", "Be brief.", "Hi")).isZero();

        assertThat(program.out()).isEqualTo("""
                <|im_start|>system
                Be brief.<|im_end|>
                <|im_start|>user
                Hi<|im_end|>
                <|im_start|>assistant
                """);
    }

    @Test
    void aPromptCanEndWithTheConversation() {
        program.run("render", "--no-generation-prompt", "Hi");

        assertThat(program.out()).isEqualTo("<|im_start|>user\nHi<|im_end|>\n");
    }

    @Test
    void linesOfConversationsBecomeLinesOfPrompts() {
        program.in("""
                {"messages": [{"role": "user", "content": "Hi"}], "add_generation_prompt": false, "tools": []}
                """);

        assertThat(program.run("render")).isZero();

        assertThat(program.out()).isEqualTo("{\"prompt\":\"<|im_start|>user\\nHi<|im_end|>\\n\"}\n");
    }

    @Test
    void aLineThatCanNotBeAnsweredSaysWhyAndTheOthersAreAnswered() {
        program.in("{\"tokens\":[]}\n{\"tokens\":7}\n[\n{\"tokens\":[99999999]}\n{\"tokens\":[]}\n");

        assertThat(program.run("detokenize")).isEqualTo(ExitCode.FAILED);

        assertThat(program.out().lines().toList())
                .satisfiesExactly(
                        line -> assertThat(line).isEqualTo("{\"content\":\"\"}"),
                        line -> assertThat(line).isEqualTo("{\"error\":\"tokens is a number, expected an array\"}"),
                        line -> assertThat(line).isEqualTo("{\"error\":\"the body ends inside a JSON value\"}"),
                        line -> assertThat(line).startsWith("{\"error\":\"tokens holds 99999999, expected 0 to "),
                        line -> assertThat(line).isEqualTo("{\"content\":\"\"}"));
        assertThat(program.err()).contains("3 of 5 lines can't be answered").hasLineCount(1);
    }

    @Test
    void eachLineIsAnsweredBeforeTheNextIsThere() {
        List<String> written = new ArrayList<>();
        InputStream conversation = new InputStream() {
            private int line;
            private String rest = "";

            @Override
            public int read() {
                throw new AssertionError("lines are read in blocks");
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                if (rest.isEmpty()) {
                    assertThat(written).hasSize(line);
                    rest = line++ < 3 ? "{\"tokens\":[]}\n" : "";
                }
                // A line comes in pieces.
                byte[] piece = rest.substring(0, Math.min(5, rest.length())).getBytes(StandardCharsets.UTF_8);
                rest = rest.substring(piece.length);
                System.arraycopy(piece, 0, bytes, offset, piece.length);
                return piece.length == 0 ? -1 : piece.length;
            }
        };
        program.in(conversation).sink(new OutputStream() {
            @Override
            public void write(int b) {
                throw new AssertionError("an answer is written as a whole");
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {
                if (length > 0) {
                    written.add(new String(bytes, offset, length, StandardCharsets.UTF_8));
                }
            }
        });

        assertThat(program.run("detokenize")).isZero();

        assertThat(written).hasSize(3).containsOnly("{\"content\":\"\"}\n");
    }

    @Test
    void aLineWithoutEndIsRefusedAndNotHeldInMemory() {
        program.in(new InputStream() {
            private long left = 2L * JsonLines.LONGEST;

            @Override
            public int read() {
                throw new AssertionError("lines are read in blocks");
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                Arrays.fill(bytes, offset, offset + length, (byte) 'x');
                left -= length;
                return left > 0 ? length : -1;
            }
        });

        assertThat(program.run("tokenize")).isEqualTo(ExitCode.FAILED);

        assertThat(program.out())
                .contains("the line is longer than 16777216 bytes")
                .hasLineCount(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokenize", "detokenize", "render"})
    void aVocabularyWithoutWeightsIsEnough(String command) {
        Path vocabulary = SharedData.require("golden/tokenizers/qwen3.gguf");
        program.in("");

        assertThat(program.run(command, "--model", vocabulary.toString())).isZero();
    }

    @Test
    void aFileWithoutAVocabularyIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("note.gguf"), "not a model");

        assertThat(program.run("tokenize", "--model", file.toString(), "Hi")).isEqualTo(ExitCode.FAILED);

        assertThat(program.err()).contains("note.gguf").hasLineCount(1);
    }

    @Test
    void optionsThatLinesSayForThemselvesAreRefused() {
        assertThat(program.run("tokenize", "--add-special")).isEqualTo(ExitCode.USAGE);

        assertThat(program.err())
                .contains("--add-special belongs to TEXT; a line of standard input says for itself")
                .hasLineCount(1);
    }

    @Test
    void atATerminalItSaysWhatIsMissing() {
        program.terminals(Shell.Channel.IN);

        assertThat(program.run("detokenize")).isEqualTo(ExitCode.USAGE);

        assertThat(program.err()).contains("expected an argument, or JSON on standard input");
    }

    private static String ids(int[] tokens) {
        return Arrays.stream(tokens).mapToObj(Integer::toString).collect(Collectors.joining(",", "[", "]"));
    }
}
