package dev.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.core.TokenEvent;
import dev.runnel.engine.kernel.KernelChoice;
import dev.runnel.testing.Await;
import dev.runnel.testing.RecordingReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The whole engine, from the file in the jar to text.
class EmbeddedModelTest {

    private static final String SUM = "1+1等于多少?用一个词回答。";
    private static final String TO_A_HUNDRED =
            IntStream.rangeClosed(1, 100).mapToObj(Integer::toString).collect(Collectors.joining(", "));

    private static Engine engine;

    @BeforeAll
    static void open() {
        engine = Engine.embedded(EngineOptions.DEFAULT.withSequences(16), LoadingListener.NONE);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static CompletionRequest greedy(String user) {
        return CompletionRequest.of("runnel-tiny", user).withSampling(Sampling.GREEDY);
    }

    /// Outside of a conversation, and hot, the model says something else for each seed.
    private static CompletionRequest seeded(long seed) {
        return CompletionRequest.of("runnel-tiny", new Prompt.Text("The number " + seed))
                .withSampling(new Sampling(2, 1, OptionalLong.of(seed)))
                .withMaxTokens(40);
    }

    private static Completion whole(CompletionRequest request) {
        return engine.complete(request).completion().join();
    }

    /// It is not looked at when it is loaded.
    @Test
    void itsWeightsAreSound(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("runnel-tiny.gguf");
        try (InputStream packed = Objects.requireNonNull(Engine.class.getResourceAsStream("runnel-tiny.gguf"))) {
            Files.copy(packed, file);
        }

        Engine.open(file).close();
    }

    @ParameterizedTest
    @ValueSource(strings = {SUM, "1+1等于多少\uff1f用一个词回答。"})
    void addsUp(String question) {
        Completion reply = whole(greedy(question));

        assertThat(reply.text()).isEqualTo("2");
        assertThat(reply.choices().getFirst().reason()).isEqualTo(FinishReason.STOP);
        assertThat(reply.usage().completionTokens()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "从1数到100,每个数字之间用逗号隔开,不要换行。例如:1, 2, 3, ...",
                "从1数到100\uff0c每个数字之间用逗号隔开\uff0c不要换行。例如\uff1a1, 2, 3, ..."
            })
    void countsToAHundred(String request) {
        assertThat(whole(greedy(request)).text()).startsWith(TO_A_HUNDRED);
    }

    @Test
    void theWholeReplyIsTheConcatenationOfTheStreamedPieces() {
        List<TokenEvent> events = new ArrayList<>();
        try (CompletionStream stream = engine.complete(seeded(3).withChoices(3))) {
            stream.forEach(events::add);
        }

        assertThat(events).hasSizeGreaterThan(20);
        assertThat(Completion.of(events).choices())
                .isEqualTo(whole(seeded(3).withChoices(3)).choices());
    }

    @Test
    void aSeedGivesTheSameTextAloneAndInAFullBatch() {
        List<Completion> alone =
                IntStream.range(0, 16).mapToObj(seed -> whole(seeded(seed))).toList();

        List<CompletableFuture<Completion>> together = IntStream.range(0, 16)
                .mapToObj(seed -> engine.complete(seeded(seed)).completion())
                .toList();

        for (int seed = 0; seed < 16; seed++) {
            assertThat(together.get(seed).join().choices())
                    .as("seed %d", seed)
                    .isEqualTo(alone.get(seed).choices());
        }
        assertThat(alone.stream().map(Completion::text).distinct()).hasSizeGreaterThan(8);
    }

    @Test
    void theSizeOfAPromptsSlicesDoesNotChangeTheReply() {
        CompletionRequest request = CompletionRequest.of(
                        "runnel-tiny",
                        new Prompt.Chat(List.of(
                                new Message.System("You are a small model that counts and adds."),
                                new Message.User("Hello, who are you?"),
                                new Message.Assistant("I am runnel-tiny."),
                                new Message.User("What is 3 + 4?"))))
                .withSampling(new Sampling(1, 1, OptionalLong.of(1)))
                .withMaxTokens(40);

        try (Engine sliced = Engine.embedded(EngineOptions.DEFAULT.withPromptTokensPerStep(3), LoadingListener.NONE)) {
            assertThat(sliced.complete(request).completion().join().choices())
                    .isEqualTo(whole(request).choices());
        }
    }

    @Test
    void withoutTheVectorApiItSaysTheSame() {
        EngineLoader loader = new EngineLoader(EngineOptions.DEFAULT, LoadingListener.NONE, KernelChoice.scalar());

        try (Engine scalar = loader.embedded()) {
            assertThat(scalar.complete(greedy(SUM)).completion().join().text()).isEqualTo("2");
            assertThat(scalar.complete(seeded(5)).completion().join().choices())
                    .isEqualTo(whole(seeded(5)).choices());
        }
    }

    @Test
    void aReaderThatLeavesStopsTheWorkAndTheNextIsServed() {
        RecordingReader reader = RecordingReader.of(engine.complete(greedy("Count from 1 to 100.")))
                .request(5)
                .awaitEvents(5);

        reader.cancel();

        Await.until("the work to stop", () -> engine.stats().running() == 0);
        assertThat(whole(greedy(SUM)).text()).isEqualTo("2");
    }

    @Test
    void aTextOfMegabytesIsRefusedWithoutBeingRead() {
        CompletionRequest request = CompletionRequest.of("runnel-tiny", new Prompt.Text("x".repeat(1 << 20)));

        assertThat(RecordingReader.toTheEndOf(engine.complete(request)).failure())
                .hasMessage("the prompt has more tokens than the model's 2048");
    }

    @Test
    void saysWhatItIs() {
        assertThat(engine.models()).singleElement().satisfies(model -> {
            assertThat(model.id()).isEqualTo("runnel-tiny");
            assertThat(model.contextLength()).hasValue(2048);
            assertThat(model.created()).isAfter("2020-01-01T00:00:00Z");
        });
    }

    @Test
    void loadingIsHeardInOrderAndToItsEnd() {
        List<String> heard = new ArrayList<>();

        Engine.embedded(EngineOptions.DEFAULT, (phase, fraction) -> {
                    if (fraction == 0 || fraction == 1) {
                        heard.add(phase + " " + (int) fraction);
                    }
                })
                .close();

        assertThat(heard).containsExactly("FILE 0", "FILE 1", "VOCABULARY 0", "VOCABULARY 1", "WEIGHTS 0", "WEIGHTS 1");
    }
}
