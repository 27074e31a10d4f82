package dev.runnel.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.SoftAssertions.assertSoftly;

import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.testing.SharedData;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every vocabulary of the golden data, against the reference tokenizers.
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
    void textIsEncodedAsTheReferenceDoes(String name, String model) throws IOException {
        List<GoldenCase> cases = GoldenCase.read(SharedData.require("golden/tokenizers/" + name + ".jsonl"));
        List<GoldenCase> tokens = GoldenCase.read(SharedData.require("golden/tokenizers/" + name + ".detok.jsonl"));
        Tokenizer tokenizer = load(model);

        assertThat(cases).hasSizeGreaterThan(400);
        assertSoftly(softly -> {
            for (GoldenCase each : cases) {
                softly.assertThat(ids(tokenizer, each.text(), each.special()))
                        .as("%s, special %s", each.text(), each.special())
                        .isIn(each.acceptedIds());
            }
            for (GoldenCase each : tokens) {
                for (int i = 0; i < each.ids().size(); i++) {
                    int id = each.ids().get(i);
                    softly.assertThat(hex(tokenizer.bytes(id)))
                            .as("bytes of token %d", id)
                            .isEqualTo(each.strings("pieces_hex").get(i));
                    softly.assertThat(hex(tokenizer.bytesWithSpecial(id)))
                            .as("bytes of token %d with special ones", id)
                            .isEqualTo(each.strings("pieces_special_hex").get(i));
                }
            }
        });
    }

    private static List<Integer> ids(Tokenizer tokenizer, String text, boolean special) {
        return Arrays.stream(tokenizer.encode(text, special)).boxed().toList();
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static Tokenizer load(String model) throws IOException {
        Path path = SharedData.require("golden/tokenizers/" + model);
        if (!model.endsWith(".gz")) {
            try (GgufFile file = GgufFile.open(path)) {
                return Tokenizer.of(file);
            }
        }
        try (InputStream in = new GZIPInputStream(Files.newInputStream(path))) {
            return Tokenizer.of(GgufFile.of(model, MemorySegment.ofArray(in.readAllBytes())));
        }
    }
}
