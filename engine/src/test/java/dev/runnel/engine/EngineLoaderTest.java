package dev.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Model;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.engine.fixtures.GgufWriter;
import dev.runnel.engine.fixtures.LlamaShape;
import dev.runnel.engine.fixtures.TinyModels;
import dev.runnel.engine.fixtures.Vocabulary;
import dev.runnel.engine.gguf.TensorType;
import dev.runnel.testing.RecordingReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineLoaderTest {

    @TempDir
    private Path folder;

    private Path write(String name, GgufWriter model) {
        Path file = folder.resolve(name);
        model.write(file);
        return file;
    }

    private static Engine open(Path file, EngineOptions options) {
        return Engine.open(file, options, LoadingListener.NONE);
    }

    private static CompletionRequest text(String model, String text) {
        return CompletionRequest.of(model, new Prompt.Text(text)).withSampling(Sampling.GREEDY);
    }

    @Test
    void aModelIsCalledAsItsFileAndIsAsOldAsIt() throws IOException {
        Path file = write("my-model.v2.gguf", TinyModels.llama(1));
        Instant created = Instant.parse("2026-01-02T03:04:05Z");
        Files.setLastModifiedTime(file, FileTime.from(created));

        try (Engine engine = Engine.open(file)) {
            assertThat(engine.models()).singleElement().satisfies(model -> {
                assertThat(model.id()).isEqualTo("my-model.v2");
                assertThat(model.created()).isEqualTo(created);
                assertThat(model.owner()).isEqualTo("local");
                assertThat(model.contextLength()).hasValue(LlamaShape.TINY.context());
            });
        }
    }

    @Test
    void aSplitModelIsServedAsTheWholeWouldBe() {
        Path whole = write("whole.gguf", TinyModels.llama(1));
        List<Path> parts = TinyModels.llama(1).writeSplit(folder, "split", 3);

        try (Engine expected = Engine.open(whole);
                Engine engine = Engine.open(parts.get(1))) {
            assertThat(engine.models()).extracting(Model::id).containsExactly("split");
            assertThat(engine.complete(text("split", "hello").withMaxTokens(10))
                            .completion()
                            .join()
                            .text())
                    .isEqualTo(expected.complete(text("whole", "hello").withMaxTokens(10))
                            .completion()
                            .join()
                            .text());
        }
        assertThat(Engine.inspect(parts.getFirst()).tensors())
                .isEqualTo(Engine.inspect(whole).tensors());
    }

    @Test
    void theOptionsNameTheModelAndBoundItsContext() {
        Path file = write("tiny.gguf", TinyModels.llama(1));

        try (Engine engine =
                open(file, EngineOptions.DEFAULT.withModelId("org/tiny").withContextLength(32))) {
            Model model = engine.models().getFirst();
            assertThat(model.id()).isEqualTo("org/tiny");
            assertThat(model.contextLength()).hasValue(32);
            BackendException refusal = RecordingReader.toTheEndOf(
                            engine.complete(text("org/tiny", "hello").withMaxTokens(32)))
                    .failure();
            assertThat(refusal.kind()).isEqualTo(BackendException.Kind.CONTEXT_LENGTH_EXCEEDED);
            assertThat(refusal).hasMessageContaining("of the model's 32");
        }
    }

    @Test
    void aSmallCacheBoundsTheContextToo() {
        Path file = write("tiny.gguf", TinyModels.llama(1));

        try (Engine engine = open(file, EngineOptions.DEFAULT.withCacheBytes(32 << 10))) {
            int context = engine.models().getFirst().contextLength().orElseThrow();
            assertThat(context).isLessThan(LlamaShape.TINY.context());
            assertThat(engine.complete(text("tiny", "hello"))
                            .completion()
                            .join()
                            .usage()
                            .totalTokens())
                    .isLessThanOrEqualTo(context);
        }
    }

    @Test
    void completionsWaitForTheCacheAndAllAreServed() {
        Path file = write("tiny.gguf", TinyModels.llama(1));

        try (Engine engine = open(file, EngineOptions.DEFAULT.withCacheBytes(64 << 10))) {
            Completion alone = engine.complete(text("tiny", "hello").withMaxTokens(20))
                    .completion()
                    .join();
            var futures = IntStream.range(0, 20)
                    .mapToObj(_ -> engine.complete(text("tiny", "hello").withMaxTokens(20))
                            .completion())
                    .toList();
            futures.forEach(future -> assertThat(future.join().choices()).isEqualTo(alone.choices()));
        }
    }

    @Test
    void scoredAndByteLevelVocabulariesAreServed() {
        for (Vocabulary vocabulary : Vocabulary.values()) {
            Path file = write(vocabulary + ".gguf", TinyModels.llama(LlamaShape.TINY, TensorType.Q8_0, vocabulary, 7));

            try (Engine engine = Engine.open(file)) {
                Completion reply = engine.complete(CompletionRequest.of(vocabulary.name(), "hello world")
                                .withMaxTokens(30))
                        .completion()
                        .join();
                assertThat(reply.usage().completionTokens()).isBetween(1, 30);
            }
        }
    }

    @Test
    void aStepMayBeLargerThanTheModelComputesAtOnce() {
        Path file = write("tiny.gguf", TinyModels.llama(1));
        CompletionRequest request = text("tiny", "hello ".repeat(20)).withMaxTokens(5);

        try (Engine usual = Engine.open(file);
                Engine greedy = open(file, EngineOptions.DEFAULT.withPromptTokensPerStep(Integer.MAX_VALUE))) {
            assertThat(greedy.complete(request).completion().join())
                    .isEqualTo(usual.complete(request).completion().join());
        }
    }

    @Test
    void closingTwiceIsClosingOnce() {
        Engine engine = Engine.open(write("tiny.gguf", TinyModels.llama(1)));

        engine.close();
        engine.close();

        assertThatThrownBy(() -> engine.complete(text("tiny", "x")).completion().join())
                .isInstanceOf(CompletionException.class)
                .hasMessageContaining("the engine is being closed");
    }

    @Test
    void aStartThatFailsLateLetsGoOfAllThatItHasOpened() throws IOException {
        Path mappings = Path.of("/proc/self/maps");
        assumeTrue(Files.isReadable(mappings), "this machine doesn't tell what is mapped");
        GgufWriter model = TinyModels.llama(LlamaShape.TINY, TensorType.Q4_0, Vocabulary.BYTE_LEVEL, 1);
        Path nameless = write(" .gguf", model);
        EngineOptions options =
                EngineOptions.DEFAULT.withDraft(write("draft.gguf", model)).withPackedKept(true);
        open(nameless, options.withModelId("named")).close(); // packs the weights

        assertThatThrownBy(() -> open(nameless, options).close()).hasMessage("a model's id is blank");

        assertThat(Files.readString(mappings)).doesNotContain(folder.toString());
    }

    // Refusals

    private void assertRefused(Path path, String... parts) {
        assertThatThrownBy(() -> Engine.open(path).close())
                .isInstanceOf(ModelFileException.class)
                .satisfies(refusal -> assertThat(refusal.getMessage())
                        .contains(parts)
                        .doesNotContain("\n")
                        .doesNotContain("Exception"));
    }

    @Test
    void aMissingFileIsRefusedInOneSentence() {
        assertRefused(folder.resolve("none.gguf"), "none.gguf", "there is no such file");
    }

    @Test
    void aFolderIsRefusedInOneSentenceThatNamesTheModelInIt() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertRefused(empty, "empty: is a folder, and no .gguf file is in it");

        write("tiny.gguf", TinyModels.llama(1));
        assertRefused(folder, "is a folder, expected a model file, such as the tiny.gguf in it");
        assertThatThrownBy(() -> Engine.inspect(empty)).hasMessageContaining("is a folder");
    }

    @Test
    void aFileThatIsNoModelIsRefusedInOneSentence() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.gguf"), "These are my notes, and no model.");
        Path empty = Files.createFile(folder.resolve("empty.gguf"));

        assertRefused(text, "notes.gguf: ");
        assertRefused(empty, "empty.gguf: ");
    }

    @Test
    void aVocabularyWithoutAModelIsRefusedInOneSentence() {
        GgufWriter vocabularyOnly = new GgufWriter().string("general.architecture", "llama");
        Vocabulary.BYTE_LEVEL.writeTo(vocabularyOnly, Vocabulary.LEAST_SIZE);

        assertRefused(write("vocabulary.gguf", vocabularyOnly), "vocabulary.gguf: ");
    }

    @Test
    void aModelWithoutAVocabularyIsRefusedInOneSentence() {
        assertRefused(
                write("bare.gguf", new GgufWriter().string("general.architecture", "llama")),
                "bare.gguf: metadata key tokenizer.ggml.model is missing");
    }

    /// @param rows of the weights, a token's each
    private static GgufWriter model(int tokens, int rows) {
        GgufWriter model = new GgufWriter()
                .string("general.architecture", "llama")
                .integer("llama.context_length", 64)
                .integer("llama.embedding_length", 32)
                .integer("llama.block_count", 1)
                .integer("llama.feed_forward_length", 32)
                .integer("llama.attention.head_count", 2)
                .number("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        Vocabulary.BYTE_LEVEL.writeTo(model, tokens);
        model.tensor("token_embd.weight", TensorType.F32, new float[32 * rows], 32, rows);
        for (String norm : List.of("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm")) {
            model.tensor(norm + ".weight", TensorType.F32, new float[32], 32);
        }
        for (String part : List.of("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")) {
            model.tensor("blk.0." + part + ".weight", TensorType.F32, new float[32 * 32], 32, 32);
        }
        return model;
    }

    @Test
    void aVocabularyThatIsNotTheWeightsIsRefusedWithBothCounts() {
        assertRefused(
                write("odd.gguf", model(401, 400)),
                "odd.gguf: has 401 tokens in its vocabulary and weights for 400, expected as many");
    }

    @Test
    void aDraftWhoseVocabularyIsNotItsWeightsIsRefusedToo() {
        Path odd = write("odd.gguf", model(401, 400));

        assertThatThrownBy(() -> Engine.open(
                                write("model.gguf", model(401, 401)),
                                EngineOptions.DEFAULT.withDraft(odd),
                                LoadingListener.NONE)
                        .close())
                .hasMessage("odd.gguf: has 401 tokens in its vocabulary and weights for 400, expected as many");
    }

    @Test
    void whatAFileSaysIsReadBeforeItsWeightsTakeMemory() throws IOException {
        byte[] bytes = TinyModels.llama(1).string("general.note", "~ not UTF-8").toByteArray();
        String latin1 = new String(bytes, StandardCharsets.ISO_8859_1);
        bytes[latin1.indexOf("~ not UTF-8")] = (byte) 0xFF;
        Path file = Files.write(folder.resolve("note.gguf"), bytes);
        List<LoadingListener.Phase> phases = new ArrayList<>();

        assertThatThrownBy(() -> Engine.open(file, EngineOptions.DEFAULT, (phase, _) -> phases.add(phase))
                        .close())
                .hasMessage("note.gguf: metadata key general.note holds a string that is not valid UTF-8");

        assertThat(phases).doesNotContain(LoadingListener.Phase.WEIGHTS);
    }

    @Test
    void anUnknownArchitectureIsRefusedByName() {
        GgufWriter other = new GgufWriter().string("general.architecture", "mamba");
        Vocabulary.BYTE_LEVEL.writeTo(other, Vocabulary.LEAST_SIZE);

        assertRefused(write("other.gguf", other), "other.gguf: ", "mamba", "llama");
    }

    // Inspection

    @Test
    void aSummaryTellsWhatTheFileSaysOfItself() throws IOException {
        Path file = write("tiny.gguf", TinyModels.llama(LlamaShape.TINY, TensorType.Q8_0, Vocabulary.SCORED, 1));

        ModelSummary summary = Engine.inspect(file);

        assertThat(summary.file()).isEqualTo("tiny.gguf");
        assertThat(summary.fileBytes()).isEqualTo(Files.size(file));
        assertThat(summary.architecture()).isEqualTo("llama");
        assertThat(summary.tokenizer()).isEqualTo("llama");
        assertThat(summary.contextLength()).hasValue(LlamaShape.TINY.context());
        assertThat(summary.metadata()).startsWith(new ModelSummary.Entry("general.architecture", "llama"));
        assertThat(summary.metadata())
                .contains(
                        new ModelSummary.Entry("llama.block_count", "2"),
                        new ModelSummary.Entry("llama.attention.layer_norm_rms_epsilon", "1.0E-5"),
                        new ModelSummary.Entry("tokenizer.ggml.tokens", "400 × string"));
        ModelSummary.TensorEntry embedding = summary.tensors().getFirst();
        assertThat(embedding)
                .isEqualTo(new ModelSummary.TensorEntry("token_embd.weight", "Q8_0", List.of(64L, 400L), 400 * 2 * 34));
        assertThat(summary.parameters()).isGreaterThan(100_000);
        assertThat(summary.tensorBytes()).isBetween(summary.parameters(), summary.fileBytes());
    }

    @Test
    void whatThisEngineCantRunCanBeInspected() {
        ModelSummary summary =
                Engine.inspect(write("other.gguf", new GgufWriter().string("general.architecture", "mamba")));

        assertThat(summary.architecture()).isEqualTo("mamba");
        assertThat(summary.tokenizer()).isEmpty();
        assertThat(summary.contextLength()).isEmpty();
        assertThat(summary.parameters()).isZero();
    }
}
