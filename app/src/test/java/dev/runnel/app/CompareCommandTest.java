package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.runnel.app.Shell.Channel;
import dev.runnel.engine.ModelText;
import dev.runnel.engine.fixtures.Json;
import dev.runnel.engine.fixtures.LlamaShape;
import dev.runnel.engine.fixtures.TinyModels;
import dev.runnel.engine.fixtures.Vocabulary;
import dev.runnel.engine.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareCommandTest {

    private static final String TEXT = "hello world, the 🦊 is in there";

    private final TestProgram program = new TestProgram(new CompositionRoot());

    @TempDir
    private Path folder;

    private String write(String name, TensorType weights, Vocabulary vocabulary) {
        Path file = folder.resolve(name);
        TinyModels.llama(LlamaShape.TINY, weights, vocabulary, 1).write(file);
        return file.toString();
    }

    private String write(String name, TensorType weights) {
        return write(name, weights, Vocabulary.BYTE_LEVEL);
    }

    @Test
    void aModelIsLikeItself() {
        String file = write("a.gguf", TensorType.F32);

        assertThat(program.run("compare", file, file, "--text", TEXT)).isZero();

        int tokens = ModelText.open(Path.of(file)).tokenize(TEXT, false, false).size();
        assertThat(program.out())
                .startsWith("""
                        position         KL    ln q/p  top 1  top 5      rms      max  token
                               2   0.000000    0.0000   same    5/5   0.0000   0.0000  'e'
                        """)
                .contains(
                        "compared    %d tokens\n".formatted(tokens - 1),
                        "B/A 1.00000 ± 0.00000\n",
                        "KL          mean 0.000000 ± 0.000000, median 0.000000, 99 % 0.000000, max 0.000000 nats\n",
                        "top 1       100.00 % the same\n",
                        "top 5       100.00 % shared\n",
                        "logits      rms 0.00000, max 0.00000 standard deviations of A's\n")
                .doesNotContain("█");
        assertThat(program.err()).isEmpty();
    }

    @Test
    void aQuantisationCostsSomethingAndLessIfItKeepsMoreBits() {
        String file = write("f32.gguf", TensorType.F32);

        Map<?, ?> eight = sums(file, write("q8_0.gguf", TensorType.Q8_0));
        Map<?, ?> four = sums(file, write("q4_0.gguf", TensorType.Q4_0));

        assertThat(divergence(eight, "mean")).isPositive().isLessThan(divergence(four, "mean") / 10);
        assertThat(number(eight, "rms_logit_difference")).isBetween(1e-4, 0.1);
        assertThat(number(four, "rms_logit_difference")).isBetween(1e-2, 1.0);
        assertThat(number(four, "max_logit_difference")).isGreaterThan(number(four, "rms_logit_difference"));
        assertThat(divergence(four, "median")).isLessThan(divergence(four, "p99"));
        assertThat(divergence(four, "p99")).isLessThan(divergence(four, "max"));
        assertThat(number(eight, "top_5_overlap")).isGreaterThanOrEqualTo(number(four, "top_5_overlap"));
    }

    @Test
    void thePerplexitiesAreThoseThatScoreTells() {
        String a = write("a.gguf", TensorType.F32, Vocabulary.SCORED);
        String b = write("b.gguf", TensorType.Q4_0, Vocabulary.SCORED);

        Map<?, ?> sums = sums(a, b);

        double perplexity = number(sums, "perplexity_a");
        assertThat(perplexity).isCloseTo(scored(a), within(1e-3 * perplexity));
        assertThat(number(sums, "perplexity_b")).isCloseTo(scored(b), within(1e-3 * perplexity));
        assertThat(number(sums, "perplexity_ratio")).isCloseTo(number(sums, "perplexity_b") / perplexity, within(1e-9));
        assertThat(number(sums, "perplexity_ratio_error")).isPositive();
    }

    @Test
    void howTheDivergenceIsSpreadIsDrawn() {
        program.run("compare", write("a.gguf", TensorType.F32), write("b.gguf", TensorType.Q4_0));

        assertThat(program.out())
                .contains("\nKL that a share of the places does not exceed\n   10 %")
                .containsPattern("\n   50 % +\\d+\\.\\d{6}  [█▏▎▍▌▋▊▉]+\n")
                .containsPattern("\n  100 % +\\d+\\.\\d{6}  █{40}\n$");
    }

    @Test
    void withoutATextItReadsOneOfThreeKinds() {
        String file = write("a.gguf", TensorType.F32);

        assertThat(program.run("compare", file, file, "--json")).isZero();

        StringBuilder text = new StringBuilder();
        program.out().lines().forEach(line -> {
            if (((Map<?, ?>) Json.parse(line)).get("token") instanceof String token) {
                text.append(token);
            }
        });
        assertThat(text).contains(" the", "int gcd(int a, int b) {");
        assertThat(program.out().lines().count()).isGreaterThan(300);
    }

    @Test
    void aFileThatIsTypedWinsOverATextInTheEnvironment() throws IOException {
        String file = write("a.gguf", TensorType.F32);
        Path text = Files.writeString(folder.resolve("text.txt"), "hello");

        assertThat(program.environment("RUNNEL_TEXT", "the world")
                        .run("compare", file, file, "--file", text.toString()))
                .as(program.err())
                .isZero();

        assertThat(program.out()).contains("'e'\n");
    }

    @Test
    void aTextLongerThanTheContextIsReadInWindows() {
        String file = write("a.gguf", TensorType.F32);
        program.in(TEXT.repeat(5) + "\n").terminals(Channel.ERR);

        assertThat(program.run("compare", file, file, "--file", "-", "--context-length", "32", "--threads", "1"))
                .isZero();

        int tokens = ModelText.open(Path.of(file))
                .tokenize(TEXT.repeat(5), false, false)
                .size();
        assertThat(program.out())
                .contains(
                        "compared    %d tokens\n".formatted(tokens - 1),
                        "context     32, so that %d of the tokens had less than all of the text before them"
                                .formatted(tokens - 32));
        assertThat(program.err()).contains("compared 40 of %d tokens".formatted(tokens - 1));
    }

    @Test
    void modelsThatSeeTextDifferentlyAreNotCompared() {
        String a = write("a.gguf", TensorType.F32);
        String b = write("b.gguf", TensorType.F32, Vocabulary.SCORED);

        assertThat(program.run("compare", a, b)).isEqualTo(ExitCode.FAILED);

        assertThat(program.err())
                .isEqualTo("runnel: a.gguf and b.gguf can't be compared, as their vocabularies differ: token 0 is"
                        + " '<|endoftext|>' in the one and '<unk>' in the other\n");
        assertThat(program.out()).isEmpty();
    }

    @Test
    void whatCanNotBeComparedIsRefusedInASentence() {
        String file = write("a.gguf", TensorType.F32);

        assertThat(program.run("compare", file)).isEqualTo(ExitCode.USAGE);
        assertThat(program.run("compare", file, folder.resolve("b.gguf").toString()))
                .isEqualTo(ExitCode.FAILED);
        assertThat(program.run("compare", file, file, "--text=")).isEqualTo(ExitCode.USAGE);
        assertThat(program.run("compare", file, file, "--text", "x")).isEqualTo(ExitCode.FAILED);
        assertThat(program.run("compare", file, file, "--text", "x", "--file", "y"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(program.run("compare", file, file, "--context-length", "1")).isEqualTo(ExitCode.FAILED);

        assertThat(program.err().lines())
                .satisfiesExactly(
                        line -> assertThat(line).contains("'B'"),
                        line -> assertThat(line).contains("b.gguf"),
                        line -> assertThat(line).contains("the text is empty"),
                        line -> assertThat(line)
                                .contains("nothing to compare: the text is one token, and the first follows nothing"),
                        line -> assertThat(line).contains("--text and --file exclude each other"),
                        line -> assertThat(line).contains("in a context of 1 token nothing comes before anything"));
    }

    private static Map<?, ?> sums(String a, String b) {
        TestProgram program = new TestProgram(new CompositionRoot());
        assertThat(program.run("compare", a, b, "--text", TEXT.repeat(4), "--json"))
                .as(program.err())
                .isZero();
        return last(program);
    }

    private static double scored(String file) {
        TestProgram program = new TestProgram(new CompositionRoot());
        program.run("score", TEXT.repeat(4), "--json", "--model", file);
        return number(last(program), "perplexity");
    }

    private static Map<?, ?> last(TestProgram program) {
        List<String> lines = program.out().lines().toList();
        return (Map<?, ?>) Json.parse(lines.getLast());
    }

    private static double divergence(Map<?, ?> sums, String name) {
        return number((Map<?, ?>) sums.get("kl_divergence"), name);
    }

    private static double number(Map<?, ?> object, String name) {
        return ((Number) object.get(name)).doubleValue();
    }
}
