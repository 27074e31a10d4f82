package dev.runnel.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.kernel.KernelChoice;
import dev.runnel.engine.tokenizer.Tokenizer;
import dev.runnel.testing.SharedData;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Real, trained weights tell the story that they tell elsewhere.
class StoriesTest {

    private static final String STORY =
            ", there was a little girl named Lily. She loved to play outside in the park. One "
                    + "day, she saw a big, red ball. She wanted to play with it, but it was too high.\nLily's mom said, \"Lily, "
                    + "let's go to the park";

    @ParameterizedTest
    @ValueSource(strings = {"f32", "f16", "q8_0"})
    void theMostLikelyStory(String type) {
        GgufFile file = GgufFile.open(SharedData.require("models/stories260K-" + type + ".gguf"));
        Tokenizer tokenizer = Tokenizer.of(file);
        try (RunningModel running =
                RunningModel.open(file, KernelChoice.detect().kernels(), 2, LoadOptions.DEFAULT)) {
            ByteArrayOutputStream story = new ByteArrayOutputStream();
            for (int token : running.greedy(new int[] {1, 403, 407, 261, 378}, 100)) {
                story.writeBytes(tokenizer.bytes(token));
            }

            assertThat(story.toString(StandardCharsets.UTF_8)).startsWith(STORY);
        }
    }
}
