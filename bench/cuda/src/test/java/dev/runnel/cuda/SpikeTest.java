package dev.runnel.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.runnel.engine.CacheType;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SpikeTest {

    @Test
    void whereThereIsNoDriverOneSentenceSaysSo() throws IOException, InterruptedException {
        Process spike = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Drunnel.libcuda=libcuda-that-is-not-there.so",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.runnel.cuda.Spike")
                .redirectErrorStream(true)
                .start();
        String said = new String(spike.getInputStream().readAllBytes(), UTF_8);

        assertThat(spike.waitFor()).isEqualTo(2);
        assertThat(said)
                .isEqualTo("bench/cuda: no CUDA driver: libcuda-that-is-not-there.so can't be loaded"
                        + System.lineSeparator());
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16"})
    void onACardTheGoldenLogitsComeOut(CacheType cacheType) {
        Path gguf = Checkout.shared("golden/quants/q-llama-F16.gguf");
        try (Cuda cuda = open()) {
            GoldenCheck.Result result = GoldenCheck.run(cuda, gguf, cacheType);

            assertThat(result.fromGolden().ofStandardDeviation()).isLessThan(GoldenCheck.tolerance(cacheType));
            assertThat(result.isRight()).isTrue();
            assertThat(result.greedy()).isEqualTo(result.greedyExpected());
        }
    }

    private static Cuda open() {
        try {
            return Cuda.open();
        } catch (CudaException missing) {
            return abort(String.valueOf(missing.getMessage()));
        }
    }
}
