package dev.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.core.TokenLogprob;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/// Caching, batches and scores with a real model: whatever is shared, the numbers stay the same.
class SharedPromptsTest {

    private static final String SYSTEM = "You are a small model that counts, adds and answers briefly. ".repeat(3);

    private static Engine open(EngineOptions options) {
        return Engine.embedded(options, LoadingListener.NONE);
    }

    private static CompletionRequest request(String question, long seed) {
        return CompletionRequest.of(
                        "runnel-tiny", new Prompt.Chat(List.of(new Message.System(SYSTEM), new Message.User(question))))
                .withSampling(new Sampling(1.3, 0.95, 60, 0.01, 0.98, 1.1, 0.2, 0.1, Map.of(), OptionalLong.of(seed)))
                .withLogprobs(3)
                .withMaxTokens(40);
    }

    private static Completion whole(Engine engine, CompletionRequest request) {
        return engine.complete(request).completion().join();
    }

    @Test
    void aCachedPromptIsToldAndChangesNothing() {
        try (Engine engine = open(EngineOptions.DEFAULT)) {
            Completion alone = whole(engine, request("What is 3 + 4?", 5).withCachePrompt(false));
            Completion first = whole(engine, request("What is 3 + 4?", 5));
            Completion second = whole(engine, request("What is 3 + 4?", 5));
            Completion other = whole(engine, request("Count to 5.", 5));

            assertThat(first).isEqualTo(alone);
            assertThat(second.choices()).isEqualTo(alone.choices());
            assertThat(second.usage().cachedTokens())
                    .isGreaterThan(first.usage().promptTokens() - 33)
                    .isLessThan(first.usage().promptTokens());
            assertThat(other.usage().cachedTokens()).isGreaterThan(50);
            assertThat(engine.stats().hitRate()).isBetween(0.1, 0.9);
            assertThat(engine.stats().keptPages()).isPositive();
            assertThat(engine.stats().heldPages()).isZero();
        }
    }

    @Test
    void choicesThatShareAPromptAreThoseOfAloneAndThePromptIsCountedOnce() {
        try (Engine engine = open(EngineOptions.DEFAULT);
                Engine narrow = open(EngineOptions.DEFAULT.withSequences(1))) {
            Completion together = whole(engine, request("Hello!", 9).withChoices(6));
            Completion oneByOne =
                    whole(narrow, request("Hello!", 9).withChoices(6).withCachePrompt(false));

            assertThat(together.choices()).isEqualTo(oneByOne.choices());
            assertThat(together.usage()).isEqualTo(oneByOne.usage());
            assertThat(engine.stats().promptTokens()).isEqualTo(together.usage().promptTokens());
        }
    }

    @Test
    void aRequestGetsTheSameTokensAloneAndAmongFifteenOthersInASmallCache() {
        try (Engine quiet = open(EngineOptions.DEFAULT);
                Engine busy = open(EngineOptions.DEFAULT
                        .withSequences(16)
                        .withCacheBytes(3 << 20)
                        .withStall(Duration.ZERO))) {
            List<CompletionRequest> requests = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                requests.add(request("Tell me about " + i + ".", i)
                        .withCachePrompt(i % 4 > 0)
                        .withMaxTokens(60 + i));
            }
            Collections.shuffle(requests, new Random(1));

            List<CompletableFuture<Completion>> together = requests.stream()
                    .map(each -> busy.complete(each).completion())
                    .toList();

            for (int i = 0; i < 16; i++) {
                assertThat(together.get(i).join().choices())
                        .isEqualTo(whole(quiet, requests.get(i)).choices());
            }
        }
    }

    @Test
    void aScoredTextHasTheLogprobsWithWhichItWasWritten() {
        try (Engine engine = open(EngineOptions.DEFAULT)) {
            List<Integer> prompt = List.of(20, 21, 22, 23);
            CompletionRequest request = CompletionRequest.of("runnel-tiny", new Prompt.Tokens(prompt))
                    .withSampling(Sampling.GREEDY)
                    .withLogprobs(5)
                    .withEcho(true);
            List<TokenLogprob> written =
                    whole(engine, request.withMaxTokens(1)).choices().getFirst().logprobs();
            List<TokenLogprob> scored = whole(
                            engine,
                            request.withPrompt(new Prompt.Tokens(prompt.subList(0, 3)))
                                    .withMaxTokens(0))
                    .choices()
                    .getFirst()
                    .logprobs();

            assertThat(scored).isEqualTo(written.subList(0, 3));
            assertThat(scored.getFirst().logprob()).isEmpty();
            for (TokenLogprob each : written.subList(1, 4)) {
                double most = each.alternatives().getFirst().logprob();
                assertThat(each.alternatives()).hasSize(5);
                assertThat(each.logprob().orElseThrow()).isLessThanOrEqualTo(most);
            }
        }
    }
}
