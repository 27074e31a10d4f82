package dev.runnel.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextChunkTest {

    private static String chunk(String text) {
        return "{\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},\"finish_reason\":null}]}"
                .formatted(text);
    }

    private final TextChunk pattern =
            TextChunk.of(chunk("Hel"), "content", "Hel").orElseThrow();

    @ParameterizedTest
    @ValueSource(strings = {"lo", " ", "你好", "😀", "several words, as an upstream sends them that waits a while"})
    void aChunkThatDiffersInItsTextAloneFits(String text) {
        assertThat(pattern.fits(chunk(text))).isTrue();
        assertThat(pattern.text(chunk(text))).isEqualTo(text);
    }

    @Test
    void blanksBetweenMembersAreLettersLikeOthers() {
        String spaced = "{\"choices\": [{\"delta\": {\"content\": \"%s\"}, \"index\": 0}]}";
        TextChunk pattern =
                TextChunk.of(spaced.formatted("Hel"), "content", "Hel").orElseThrow();

        assertThat(pattern.text(spaced.formatted("lo"))).isEqualTo("lo");
    }

    /// Each would be read as something else, or not at all.
    @ParameterizedTest
    @ValueSource(strings = {"\\n", "\\u00e9", "a\\", "a\"", "a\",\"b\":\"", "tab\t"})
    void whatIsEscapedOrEndsEarlyDoesNotFit(String text) {
        assertThat(pattern.fits(chunk(text))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"id\":\"1\",\"choices\":[{\"index\":1,\"delta\":{\"content\":\"lo\"},\"finish_reason\":null}]}",
                "{\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"},\"finish_reason\":\"stop\"}]}",
                "{\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"},\"finish_reason\":null}],\"x\":1}",
                "{\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":",
                ""
            })
    void aChunkThatDiffersInAnythingElseDoesNotFit(String other) {
        assertThat(pattern.fits(other)).isFalse();
    }

    /// The text could be elsewhere than it seems to be.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"x\":{\"content\":\"Hel\"},\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}",
                "{\"x\":{\"content\":\"Hel\"},\"choices\":[{\"index\":0,\"delta\":{\"\\u0063ontent\":\"Hel\"}}]}",
                "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"H\\u0065l\"}}]}",
                "{\"choices\":[{\"index\":0,\"delta\":{\"content\":null}}]}"
            })
    void whereItIsNotPlainWhichLettersAreTheTextThereIsNoPattern(String chunk) {
        assertThat(TextChunk.of(chunk, "content", "Hel")).isEqualTo(Optional.empty());
    }
}
