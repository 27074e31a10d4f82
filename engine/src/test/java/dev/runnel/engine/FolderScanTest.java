package dev.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Model;
import dev.runnel.core.Prompt;
import dev.runnel.engine.fixtures.GgufWriter;
import dev.runnel.engine.fixtures.LlamaShape;
import dev.runnel.engine.fixtures.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which files of a folder are models, and what they are called.
class FolderScanTest {

    private static final Logger LOGGER = Logger.getLogger(FolderScan.class.getName());

    @TempDir
    private Path folder;

    private final List<String> logged = new CopyOnWriteArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            logged.add(entry.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        LOGGER.addHandler(handler);
        LOGGER.setUseParentHandlers(false);
    }

    @AfterEach
    void listenNoMore() {
        LOGGER.removeHandler(handler);
        LOGGER.setUseParentHandlers(true);
    }

    @Test
    void modelsAreCalledAsTheirFilesBelowTheFolder() throws IOException {
        write("b.gguf");
        write("A.v2.gguf");
        write("org/repo/model.gguf");
        write(".hidden/model.gguf");
        Files.writeString(folder.resolve("notes.txt"), "no model");
        Files.createDirectory(folder.resolve("empty"));

        assertThat(ids()).containsExactly("A.v2", "b", "org/repo/model");
        assertThat(logged).isEmpty();
    }

    @Test
    void aSplitModelIsListedOnce() {
        TinyModels.llama(1).writeSplit(folder, "split", 3);

        List<FoundModel> found = FolderScan.of(folder, EngineOptions.DEFAULT);

        assertThat(found).hasSize(1);
        assertThat(found.getFirst().model().id()).isEqualTo("split");
        assertThat(found.getFirst().file()).isEqualTo(folder.resolve("split-00001-of-00003.gguf"));
        assertThat(found.getFirst().weightBytes())
                .isEqualTo(Engine.inspect(found.getFirst().file()).tensorBytes());
        assertThat(logged).isEmpty();
    }

    @Test
    void aModelTellsWhatItsHeadSays() throws IOException {
        Path file = write("m.gguf");
        Instant created = Instant.parse("2026-01-02T03:04:05Z");
        Files.setLastModifiedTime(file, FileTime.from(created));

        Model model = FolderScan.of(folder, EngineOptions.DEFAULT).getFirst().model();
        Model limited = FolderScan.of(folder, EngineOptions.DEFAULT.withContextLength(32))
                .getFirst()
                .model();

        assertThat(model.created()).isEqualTo(created);
        assertThat(model.owner()).isEqualTo("local");
        assertThat(model.contextLength()).hasValue(LlamaShape.TINY.context());
        assertThat(limited.contextLength()).hasValue(32);
    }

    @Test
    void aModelsContextIsNoLongerThanItsCache() {
        Path file = write("m.gguf");
        EngineOptions small = EngineOptions.DEFAULT.withCacheBytes(32 << 10);

        Model listed = FolderScan.of(folder, small).getFirst().model();

        try (Engine engine = Engine.open(file, small, LoadingListener.NONE)) {
            assertThat(listed.contextLength())
                    .isEqualTo(engine.models().getFirst().contextLength());
        }
        assertThat(listed.contextLength().orElseThrow()).isLessThan(LlamaShape.TINY.context());
        assertThatThrownBy(() -> FolderScan.of(folder, EngineOptions.DEFAULT.withCacheBytes(1)))
                .hasMessageEndingWith("none of the 1 .gguf files in this folder can be served");
        assertThat(logged).singleElement().asString().contains("m.gguf: needs ", " bytes of cache for 32 tokens");
    }

    @Test
    void whatCantBeServedIsLeftOutAndLoggedInOneSentence() throws IOException {
        write("good.gguf");
        Files.writeString(Files.createDirectory(folder.resolve("sub")).resolve("text.gguf"), "not a model");
        new GgufWriter().string("general.architecture", "clip").write(folder.resolve("mmproj.gguf"));
        List<Path> parts = TinyModels.llama(1).writeSplit(folder, "cut", 3);
        Files.delete(parts.get(1));
        TinyModels.llama(1).writeSplit(folder, "good", 2);

        assertThat(ids()).containsExactly("good");
        assertThat(logged).hasSize(4);
        assertThat(logged)
                .anySatisfy(line -> assertThat(line).contains(" sub/text.gguf: not a GGUF file"))
                .anySatisfy(line -> assertThat(line).contains("mmproj.gguf: has the architecture clip"))
                .anySatisfy(line -> assertThat(line).contains("cut-00001-of-00003.gguf: is part 1 of 3, and part 2"))
                .anySatisfy(line ->
                        assertThat(line).contains("good.gguf: has the same name as ", "good-00001-of-00002.gguf"));
    }

    @Test
    void aFolderWithoutAModelIsRefusedInOneSentence() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Path broken = Files.createDirectory(folder.resolve("broken"));
        Path file = Files.writeString(broken.resolve("text.gguf"), "not a model");

        refused(empty, "empty: no .gguf file is in this folder or below it");
        refused(broken, "broken: none of the 1 .gguf files in this folder can be served");
        refused(file, "text.gguf: is a file, expected a folder");
        refused(folder.resolve("none"), "none: there is no such folder");
    }

    @Test
    void linksAreFollowedAndLoopsAreNot() throws IOException {
        write("real/m.gguf");
        try {
            Files.createSymbolicLink(folder.resolve("link.gguf"), folder.resolve("real/m.gguf"));
            Files.createSymbolicLink(folder.resolve("real/loop"), folder);
        } catch (IOException | UnsupportedOperationException failure) {
            assumeTrue(false, "no symbolic links on this machine: " + failure);
        }

        assertThat(ids()).containsExactly("link", "real/m");
    }

    @Test
    void theCacheOfAHubsToolsIsAFolderToo() throws IOException {
        Path blob = write("models--org--repo-GGUF/blobs/abc");
        write("models--org--repo-GGUF/snapshots/c2/dir/other.gguf");
        for (String commit : List.of("c1", "c2")) {
            Path snapshot = Files.createDirectories(folder.resolve("models--org--repo-GGUF/snapshots/" + commit));
            try {
                Files.createSymbolicLink(snapshot.resolve("m-Q8_0.gguf"), Path.of("../../blobs/abc"));
            } catch (IOException | UnsupportedOperationException failure) {
                assumeTrue(false, "no symbolic links on this machine: " + failure);
            }
        }

        assertThat(ids()).containsExactly("org/repo-GGUF/dir/other", "org/repo-GGUF/m-Q8_0");
        assertThat(blob).exists();
        assertThat(logged).isEmpty();
    }

    @Test
    void aFolderAnswersWithEachOfItsModels() {
        write("one.gguf");
        TinyModels.llama(2).writeSplit(folder, "two", 2);

        try (ModelFolder models = ModelFolder.open(
                folder, EngineOptions.DEFAULT.withModelId("not used"), FolderOptions.ofThisMachine())) {
            for (String id : List.of("one", "two")) {
                var reply = models.complete(CompletionRequest.of(id, new Prompt.Text("hello"))
                                .withMaxTokens(5))
                        .completion()
                        .join();
                assertThat(reply.usage().completionTokens()).isPositive();
            }
            assertThat(models.loaded()).containsExactly("one", "two");
        }
    }

    private Path write(String name) {
        Path file = folder.resolve(name);
        try {
            Files.createDirectories(file.getParent());
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
        TinyModels.llama(1).write(file);
        return file;
    }

    private List<String> ids() {
        return FolderScan.of(folder, EngineOptions.DEFAULT).stream()
                .map(found -> found.model().id())
                .toList();
    }

    private static void refused(Path path, String message) {
        assertThatThrownBy(() -> FolderScan.of(path, EngineOptions.DEFAULT))
                .isInstanceOf(ModelFileException.class)
                .hasMessageEndingWith(message);
    }
}
