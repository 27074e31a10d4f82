package dev.runnel.app.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which of a repository's files are meant.
class ModelChoiceTest {

    @ParameterizedTest
    @CsvSource({
        "Qwen3-0.6B-Q8_0.gguf, Q8_0",
        "tinyllama.Q4_K_M.gguf, Q4_K_M",
        "qwen2.5-0.5b-instruct-q4_k_m.gguf, Q4_K_M",
        "gpt-oss-20b-mxfp4.gguf, MXFP4",
        "gemma-3-4b-it-BF16-00001-of-00002.gguf, BF16",
        "Phi-3-mini-4k-instruct-fp16.gguf, FP16",
        "Qwen3-4B-UD-Q4_K_XL.gguf, UD-Q4_K_XL",
        "model-IQ4_XS.gguf, IQ4_XS",
        "Q6_K/model-00001-of-00003.gguf, Q6_K",
        "Q6_K/model-Q5_K_S.gguf, Q5_K_S",
        "model-TQ1_0.gguf, TQ1_0",
        "stories260K.gguf, ''",
        "modelQ8_0.gguf, ''"
    })
    void theFormatIsReadFromTheName(String path, String format) {
        assertThat(ModelChoice.of(files(path)))
                .singleElement()
                .extracting(ModelChoice::quantization)
                .isEqualTo(format);
    }

    @ParameterizedTest
    @CsvSource({
        "m-Q2_K.gguf m-Q4_K_M.gguf m-Q8_0.gguf, m-Q4_K_M.gguf",
        "m-Q2_K.gguf m-Q8_0.gguf m-q4_0.gguf, m-q4_0.gguf",
        "m-Q2_K.gguf m-Q8_0.gguf, m-Q8_0.gguf",
        "m-Q6_K.gguf m-Q2_K.gguf, m-Q6_K.gguf",
        "m-BF16.gguf m-Q4_K_S.gguf m-Q5_K_M.gguf m-Q6_K.gguf, m-Q4_K_S.gguf",
        "m-BF16.gguf m-IQ2_M.gguf m-Q5_K_M.gguf m-UD-Q4_K_XL.gguf, m-UD-Q4_K_XL.gguf",
        "m-UD-Q4_K_M.gguf m-Q4_0.gguf m-Q4_K_L.gguf, m-UD-Q4_K_M.gguf",
        "m-BF16.gguf m-IQ3_M.gguf m-Q2_K.gguf m-Q3_K_S.gguf m-Q3_K_L.gguf, m-Q3_K_L.gguf",
        "BF16/m-00001-of-00001.gguf m-IQ1_S.gguf, m-IQ1_S.gguf",
        "mmproj-m-Q4_K_M.gguf m-F16.gguf m.imatrix.gguf, m-F16.gguf",
        "m.gguf, m.gguf",
        "m-Q4_K_M-00002-of-00002.gguf m-Q4_K_M-00001-of-00002.gguf, m-Q4_K_M-00001-of-00002.gguf"
    })
    void withoutAWordTheUsualFormatIsTaken(String paths, String chosen) {
        assertThat(pick("o/r", paths.split(" "))).isEqualTo(chosen);
    }

    @ParameterizedTest
    @CsvSource({
        "q8_0, m-Q8_0.gguf",
        "Q4_K_XL, m-UD-Q4_K_XL.gguf",
        "UD-Q4_K_XL, m-UD-Q4_K_XL.gguf",
        "other/x-Q8_0.gguf, other/x-Q8_0.gguf",
        "X-Q8_0.GGUF, other/x-Q8_0.gguf",
        "x-q8_0, other/x-Q8_0.gguf",
        "F16, F16/m-00001-of-00002.gguf",
        "m-00002-of-00002.gguf, F16/m-00001-of-00002.gguf"
    })
    void aWordChoosesByFormatOrByName(String word, String chosen) {
        assertThat(pick(
                        "o/r:" + word,
                        "m-Q8_0.gguf",
                        "m-UD-Q4_K_XL.gguf",
                        "other/x-Q8_0.gguf",
                        "F16/m-00001-of-00002.gguf",
                        "F16/m-00002-of-00002.gguf"))
                .isEqualTo(chosen);
    }

    @Test
    void partsThatAreMissingAreCounted() {
        assertThatExceptionOfType(HubException.class)
                .isThrownBy(() -> pick("o/r", "m-Q8_0-00001-of-00003.gguf", "m-Q8_0-00003-of-00003.gguf"))
                .withMessage("Q8_0 of o/r is in 3 parts, and 2 of them are there");
    }

    @Test
    void ofManyModelsOnlySoManyAreNamed() {
        String[] paths = IntStream.range(0, 100).mapToObj("m%d.gguf"::formatted).toArray(String[]::new);

        assertThatExceptionOfType(HubException.class)
                .isThrownBy(() -> pick("o/r:x", paths))
                .withMessageStartingWith("o/r has no x; it has m0.gguf, m1.gguf, m10.gguf")
                .withMessageEndingWith(" and 70 more");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "m", "a/b/c", "/a/b", "a/", "../a", "a/..b", "a b/c", "a/b:", "a--b/c", "C:\\a\\b", ".a/b"})
    void whatIsNoNameIsNone(String text) {
        assertThat(HubName.parse(text)).isEmpty();
    }

    @Test
    void aNameHasAnOwnerARepositoryAndMaybeAChoice() {
        assertThat(HubName.parse("org/m.v2-GGUF")).contains(new HubName("org", "m.v2-GGUF", Optional.empty()));
        assertThat(HubName.parse("org/m:Q8_0")).contains(new HubName("org", "m", Optional.of("Q8_0")));
        assertThat(HubName.parse("org/m:dir/m.gguf"))
                .hasValueSatisfying(name -> assertThat(name).hasToString("org/m:dir/m.gguf"));
    }

    private static String pick(String name, String... paths) {
        return ModelChoice.pick(HubName.parse(name).orElseThrow(), ModelChoice.of(files(paths)))
                .files()
                .getFirst()
                .path();
    }

    private static List<HubFile> files(String... paths) {
        return Stream.of(paths).map(path -> new HubFile(path, Optional.empty())).toList();
    }
}
