package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What is chosen on machines other than this one: each is a JVM of its own with flags that make it so.
class KernelChoiceTest {

    private static final String VECTORS = "--add-modules=jdk.incubator.vector";
    private static final String LENIENT = "-XX:+IgnoreUnrecognizedVMOptions";

    /// What [Machine] says about the JVM that it ran in.
    private record Report(String name, String notice, String digest) {}

    @Test
    void withoutTheVectorModuleTheEngineRunsInScalarCodeAndSaysWhatToDo() {
        Report report = machine();

        assertThat(report.name()).isEqualTo("scalar code");
        assertThat(report.notice())
                .isEqualTo("the engine computes in scalar code, many times slower than it could: "
                        + "start Java with --add-modules jdk.incubator.vector");
    }

    @Test
    void withoutFusedMultiplyAddTheEngineRunsInScalarCodeAndSaysSo() {
        Report report = machine(VECTORS, "-XX:-UseFMA");

        assertThat(report.name()).isEqualTo("scalar code");
        assertThat(report.notice()).contains("no fused multiply-add");
    }

    @Test
    void everyWidthOfVectorsGivesTheSameBits() {
        Report scalar = machine();

        Report narrow = machine(VECTORS, LENIENT, "-XX:MaxVectorSize=16");
        Report middle = machine(VECTORS, LENIENT, "-XX:MaxVectorSize=32");
        Report preferred = machine(VECTORS);

        assertThat(narrow.name()).isEqualTo("128-bit vectors");
        assertThat(narrow.notice()).isEmpty();
        assertThat(List.of(narrow.digest(), middle.digest(), preferred.digest()))
                .containsOnly(scalar.digest());
    }

    private static Report machine(String... flags) {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Machine.class.getName()));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String[] lines =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).split("\n", -1);
            return new Report(lines[0], lines[1], lines[2]);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    /// Prints which kernels were chosen, the notice, and a digest of what they compute.
    static final class Machine {

        private Machine() {}

        static void main() {
            KernelChoice choice = KernelChoice.detect();
            IO.println(choice.kernels().name());
            IO.println(choice.notice().orElse(""));
            IO.println(digest(choice.kernels()));
        }

        private static int digest(Kernels kernels) {
            Random random = new Random(42);
            Scratch scratch = new Scratch(512);
            int digest = 0;
            for (TensorType type : kernels.matrixTypes()) {
                for (int tokens : new int[] {1, 7, 32}) {
                    int n = List.of(172, 160, 512).stream()
                            .filter(length -> length % type.blockElements() == 0)
                            .findFirst()
                            .orElseThrow();
                    float[] x = Numbers.random(random, tokens * n);
                    float[] y = new float[tokens * 19];
                    Matrix matrix = Numbers.arranged(kernels, Numbers.matrix(random, type, 19, n));
                    Numbers.multiply(kernels, matrix, x, tokens, y, scratch);
                    digest = 31 * digest + Arrays.hashCode(y);
                }
            }
            float[] x = Numbers.random(random, 172);
            float[] y = Numbers.random(random, 172);
            kernels.rmsNorm(x, 0, y, 1e-5f, x, 0, scratch);
            for (Activation activation : Activation.values()) {
                kernels.gate(activation, x, y, 0, 172);
                kernels.layerNorm(x, 0, y, y, 1e-5f, x, 0, scratch);
            }
            kernels.softCap(3, x, 0, 172);
            float sum = kernels.exponentials(x, 0, 172, kernels.most(x, 0, 172), scratch);
            digest = 31 * (31 * digest + Float.hashCode(sum)) + Arrays.hashCode(x);

            PageLayout layout = new PageLayout(24, 40);
            long values = layout.keyBytes();
            MemorySegment page = Arena.ofAuto().allocate(values + layout.valueBytes(), 64);
            for (int p = 0; p < PageLayout.POSITIONS; p++) {
                layout.write(page, 0, values, p, Numbers.random(random, 24), 0, Numbers.random(random, 40), 0);
            }
            float[] scores = new float[5 * 32];
            float[] out = new float[5 * layout.paddedValueSize()];
            kernels.scores(Numbers.random(random, 5 * 24), 0, 5, layout, page, 0, 1, scores, 0, 32);
            kernels.weigh(scores, 0, 32, 5, 29, layout, page, values, out, 0);
            return 31 * digest + Arrays.hashCode(out);
        }
    }
}
