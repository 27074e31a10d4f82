package dev.runnel.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.SoftAssertions.assertSoftly;

import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.testing.SharedData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Real vocabularies, against the reference tokenizers.
class GoldenTokensTest {

    @ParameterizedTest
    @CsvSource({
        "llama-spm, ggml-vocab-llama-spm.gguf",
        "phi-3, ggml-vocab-phi-3.gguf",
        "mistral-7b, mistral-7b.gguf",
        "gemma-3, gemma-3.gguf.gz",
        "gpt-2, ggml-vocab-gpt-2.gguf",
        "starcoder, ggml-vocab-starcoder.gguf",
        "llama-3.1, llama-3.1.gguf",
        "qwen3, qwen3.gguf",
        "gpt-oss, gpt-oss.gguf.gz"
    })
    void textAndTokensAreThoseOfTheReference(String name, String model) {
        List<GoldenCase> texts = GoldenCase.read(SharedData.require("golden/tokenizers/" + name + ".jsonl"));
        List<GoldenCase> tokens = GoldenCase.read(SharedData.require("golden/tokenizers/" + name + ".detok.jsonl"));
        Tokenizer tokenizer = load("golden/tokenizers/" + model);

        assertThat(texts).hasSize(454);
        assertThat(tokens).hasSize(60);
        assertSoftly(softly -> {
            for (GoldenCase each : texts) {
                softly.assertThat(encode(tokenizer, each.string("text"), each.flag("special")))
                        .as("%s, special %s", each.string("text"), each.flag("special"))
                        .isIn(each.acceptedIds());
            }
            for (GoldenCase each : tokens) {
                List<Integer> ids = each.integers("ids");
                softly.assertThat(ids.stream().map(tokenizer::bytes).map(GoldenTokensTest::hex))
                        .as("bytes of %s", ids)
                        .isEqualTo(each.strings("pieces_hex"));
                softly.assertThat(ids.stream().map(tokenizer::bytesWithSpecial).map(GoldenTokensTest::hex))
                        .as("bytes of %s with special tokens", ids)
                        .isEqualTo(each.strings("pieces_special_hex"));
            }
        });
    }

    @ParameterizedTest
    @CsvSource({
        "ggml-vocab-llama-spm.gguf, ggml-vocab-llama-spm.gguf",
        "ggml-vocab-phi-3.gguf, ggml-vocab-phi-3.gguf",
        "ggml-vocab-gpt-2.gguf, ggml-vocab-gpt-2.gguf",
        "ggml-vocab-starcoder.gguf, ggml-vocab-starcoder.gguf",
        "ggml-vocab-llama-bpe.gguf, llama-3.1.gguf",
        "ggml-vocab-qwen2.gguf, qwen3.gguf"
    })
    void theVectorsOfLlamaCppHold(String vectors, String model) throws IOException {
        String texts = Files.readString(SharedData.require("golden/tokenizers/" + vectors + ".inp"));
        List<String> ids = Files.readAllLines(SharedData.require("golden/tokenizers/" + vectors + ".out"));
        Tokenizer tokenizer = load("golden/tokenizers/" + model);

        List<String> found = Arrays.stream(texts.split("\n__ggml_vocab_test__\n", -1))
                .limit(ids.size())
                .map(text -> encode(tokenizer, text, false).stream()
                        .map(id -> " " + id)
                        .collect(Collectors.joining()))
                .toList();

        assertThat(found).hasSizeGreaterThan(40).isEqualTo(ids);
    }

    @Test
    void promptsAndRepliesOfTinyModelsAreThoseOfTheReference() {
        Map<String, List<GoldenCase>> casesOfModel =
                GoldenCase.read(SharedData.require("golden/models/e2e.jsonl")).stream()
                        .collect(Collectors.groupingBy(each -> each.string("gguf")));

        assertThat(casesOfModel).isNotEmpty().allSatisfy((model, cases) -> {
            Tokenizer tokenizer = load("golden/models/" + model);
            assertThat(cases).allSatisfy(each -> {
                List<Integer> prompt = new ArrayList<>(encode(tokenizer, each.string("prompt"), true));
                if (tokenizer.addsBos()) {
                    prompt.addFirst(tokenizer.bos().orElseThrow());
                }
                ByteArrayOutputStream reply = new ByteArrayOutputStream();
                each.integers("ids").forEach(id -> reply.writeBytes(tokenizer.bytes(id)));

                assertThat(prompt).isEqualTo(each.integers("prompt_ids"));
                assertThat(hex(reply.toByteArray())).isEqualTo(each.string("text_hex"));
            });
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo-first-q8_0.gguf", "stories260K-q8_0.gguf"})
    void pretrainedModelsReadAndWriteTheirOwnText(String model) {
        Tokenizer tokenizer = load("models/" + model);
        String text = "Once upon a time, 1+1等于多少? 🦊";

        ByteArrayOutputStream decoded = new ByteArrayOutputStream();
        encode(tokenizer, text, false).forEach(id -> decoded.writeBytes(tokenizer.bytes(id)));

        assertThat(decoded).hasToString(tokenizer.addsSpace() ? " " + text : text);
        assertThat(tokenizer.isEndOfGeneration(tokenizer.eos().orElseThrow())).isTrue();
    }

    private static List<Integer> encode(Tokenizer tokenizer, String text, boolean special) {
        return Arrays.stream(tokenizer.encode(text, special)).boxed().toList();
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static Tokenizer load(String model) {
        Path path = SharedData.require(model);
        if (!model.endsWith(".gz")) {
            try (GgufFile file = GgufFile.open(path)) {
                return Tokenizer.of(file);
            }
        }
        try (InputStream in = new GZIPInputStream(Files.newInputStream(path))) {
            return Tokenizer.of(GgufFile.of(model, MemorySegment.ofArray(in.readAllBytes())));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
