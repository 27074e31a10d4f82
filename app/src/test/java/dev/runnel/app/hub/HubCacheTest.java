package dev.runnel.app.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Where models are kept, and how they are found again.
class HubCacheTest {

    @TempDir
    private Path home;

    @Test
    void theFolderIsWhereTheHubsToolsLook() {
        assertThat(folder(Map.of("HOME", "/h"))).isEqualTo("/h/.cache/huggingface/hub");
        assertThat(folder(Map.of("HOME", "/h", "XDG_CACHE_HOME", "/x"))).isEqualTo("/x/huggingface/hub");
        assertThat(folder(Map.of("XDG_CACHE_HOME", "/x", "HF_HOME", "/f"))).isEqualTo("/f/hub");
        assertThat(folder(Map.of("HF_HOME", "/f", "HF_HUB_CACHE", "/c"))).isEqualTo("/c");
        assertThat(folder(Map.of("HOME", "/h", "HF_HUB_CACHE", "~/c"))).isEqualTo("/h/c");
        assertThat(folder(Map.of("HOME", "/h", "HF_HUB_CACHE", " "))).isEqualTo("/h/.cache/huggingface/hub");
        assertThat(HubCache.modelScope(Map.of("HOME", "/h")).folder()).isEqualTo(Path.of("/h/.cache/modelscope/hub"));
    }

    @Test
    void aModelIsFoundByItsNameAndByItsFormat() throws IOException {
        Path q8 = fetched("c1", "m-Q8_0.gguf");
        Path q4 = fetched("c1", "m-Q4_K_M.gguf");
        ref("main", "c1");

        assertThat(find("org/m")).contains(q4);
        assertThat(find("org/m:q8_0")).contains(q8);
        assertThat(find("org/m:m-Q8_0.gguf")).contains(q8);
        assertThat(find("other/m")).isEmpty();
        assertThatExceptionOfType(HubException.class)
                .isThrownBy(() -> find("org/m:Q2_K"))
                .withMessage("org/m has no Q2_K; it has Q4_K_M, Q8_0, as far as it has been pulled");
    }

    @Test
    void whatMainIsAtComesFirstAndThenTheNewest() throws IOException {
        Path old = fetched("c1", "m-Q8_0.gguf");
        Path current = fetched("c2", "m-Q4_K_M.gguf");
        Path newest = fetched("c3", "m-F16.gguf");
        time("c1", 1);
        time("c2", 2);
        time("c3", 3);

        assertThat(find("org/m")).contains(newest);
        ref("main", "c2");
        assertThat(find("org/m")).contains(current);
        assertThat(find("org/m:Q8_0")).contains(old);
    }

    @Test
    void whatIsNotWholeIsNotFound() throws IOException {
        Path link = snapshot("c1").resolve("m-Q4_K_M.gguf");
        Files.createSymbolicLink(link, Path.of("../../blobs/gone"));
        ref("main", "c1");

        assertThat(find("org/m")).isEmpty();
    }

    private static String folder(Map<String, String> environment) {
        return HubCache.huggingFace(environment).folder().toString();
    }

    private Optional<Path> find(String name) {
        return new HubCache(home).find(HubName.parse(name).orElseThrow());
    }

    private Path snapshot(String commit) throws IOException {
        return Files.createDirectories(home.resolve("models--org--m/snapshots/" + commit));
    }

    private Path fetched(String commit, String file) throws IOException {
        return Files.writeString(snapshot(commit).resolve(file), "model");
    }

    private void time(String commit, long seconds) throws IOException {
        Files.setLastModifiedTime(snapshot(commit), FileTime.from(Instant.ofEpochSecond(seconds)));
    }

    private void ref(String branch, String commit) throws IOException {
        Path refs = Files.createDirectories(home.resolve("models--org--m/refs"));
        Files.writeString(refs.resolve(branch), commit);
    }
}
