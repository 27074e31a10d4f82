package dev.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.fixtures.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LatestTextTest {

    @TempDir
    private Path folder;

    private Path file;
    private Path other;

    private final LatestText texts = new LatestText();

    @BeforeEach
    void writeModels() {
        file = folder.resolve("a.gguf");
        other = folder.resolve("b.gguf");
        TinyModels.llama(1).write(file);
        TinyModels.llama(1).write(other);
    }

    @Test
    void aFileIsReadOnceWhileItStaysAsItIs() {
        assertThat(texts.of(file)).isSameAs(texts.of(file));
    }

    @Test
    void aFileThatHasChangedIsReadAgain() throws IOException {
        ModelText before = texts.of(file);

        Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));

        assertThat(texts.of(file)).isNotSameAs(before).isSameAs(texts.of(file));
    }

    @Test
    void onlyTheLatestIsKept() {
        ModelText first = texts.of(file);

        assertThat(texts.of(other)).isNotSameAs(first);
        assertThat(texts.of(file)).isNotSameAs(first);
    }
}
