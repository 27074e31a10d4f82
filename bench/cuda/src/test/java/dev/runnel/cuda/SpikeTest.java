package dev.runnel.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.runnel.engine.CacheType;
import dev.runnel.testing.SharedData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SpikeTest {

    @Test
    void whereThereIsNoDriverOneSentenceSaysSo() throws IOException, InterruptedException {
        assertThat(said()).isEqualTo("bench/cuda: no CUDA driver: libcuda-that-is-not-there.so can't be loaded");
    }

    @Test
    void whatIsNoPartIsNamed() throws IOException, InterruptedException {
        assertThat(said("fast"))
                .isEqualTo(
                        "bench/cuda: no part is called 'fast', expected golden FOLDER or some of odd, large, speed, stages,"
                                + " slots, profile");
        assertThat(said("odd", "golden")).isEqualTo("bench/cuda: golden without a folder, expected golden FOLDER");
    }

    /// What the program says where there is no driver; it ends with 2.
    private static String said(String... parts) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Drunnel.libcuda=libcuda-that-is-not-there.so",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.runnel.cuda.Spike"));
        command.addAll(List.of(parts));
        Process spike = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(spike.getInputStream().readAllBytes(), UTF_8);

        assertThat(spike.waitFor()).isEqualTo(2);
        return said.strip();
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16"})
    void onACardTheGoldenLogitsComeOut(CacheType cacheType) {
        Path gguf = SharedData.require("golden/quants/q-llama-F16.gguf");
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
