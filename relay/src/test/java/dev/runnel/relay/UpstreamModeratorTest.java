package dev.runnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.moderation.ModeratedBackend;
import dev.runnel.testing.Await;
import dev.runnel.testing.RawUpstream;
import dev.runnel.testing.RecordingReader;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UpstreamModeratorTest {

    private RawUpstream raw;
    private UpstreamModerator moderator;

    private UpstreamModerator moderator(Duration patience, RawUpstream.Script script) throws IOException {
        raw = new RawUpstream(script);
        moderator = new UpstreamModerator(raw.baseUrl(), Optional.of("key"), Optional.of("judge-1"), patience);
        return moderator;
    }

    private UpstreamModerator answering(int status, String body) throws IOException {
        return moderator(Duration.ofSeconds(20), (_, to) -> to.json(status, body));
    }

    private static BackendException failure(CompletableFuture<Boolean> answer) {
        Await.until("an answer", answer::isDone);
        return (BackendException) answer.exceptionNow();
    }

    @AfterEach
    void close() throws IOException {
        moderator.close();
        raw.close();
    }

    @ParameterizedTest
    @CsvSource({"false, true", "true, false"})
    void whatIsFlaggedMayNotBeShown(boolean isFlagged, boolean isAllowed) throws Exception {
        UpstreamModerator asked =
                answering(200, "{\"id\":\"modr-1\",\"results\":[{\"flagged\":%s}]}".formatted(isFlagged));

        assertThat(asked.allows("Say \"hi\".\n").toCompletableFuture().get()).isEqualTo(isAllowed);

        RawUpstream.Request request = raw.requests().getFirst();
        assertThat(request.path()).isEqualTo("/v1/moderations");
        assertThat(request.headers()).containsEntry("authorization", "Bearer key");
        assertThat(request.body()).isEqualTo("{\"input\":\"Say \\\"hi\\\".\\n\",\"model\":\"judge-1\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "200 | {\"results\":[]}        | UPSTREAM   | results is an empty array, expected at least one element",
                "200 | {\"results\":[{}]}      | UPSTREAM   | results[0].flagged is missing",
                "200 | {                       | UPSTREAM   | the upstream's judgement",
                "400 | {\"error\":{\"message\":\"no input\"}} | UPSTREAM | no input",
                "404 | {\"error\":{\"message\":\"no such model\",\"code\":\"model_not_found\"}} | UPSTREAM | no such model",
                "401 | {\"error\":{\"message\":\"no key\"}}   | UPSTREAM | refused this server's key",
                "429 | {\"error\":{\"message\":\"slow down\"}} | OVERLOADED | slow down"
            })
    void anAnswerThatIsNoJudgementIsAFailureOfTheModerator(int status, String body, Kind kind, String found)
            throws Exception {
        BackendException failure = failure(answering(status, body).allows("a").toCompletableFuture());

        assertThat(failure.kind()).isEqualTo(kind);
        assertThat(failure).hasMessageEndingWith(" (when asked whether the reply may be shown)");
        assertThat(failure.getMessage().replace("upstream " + raw.baseUrl(), "the upstream"))
                .contains(found);
    }

    @Test
    void aConnectionThatIsClosedInPlaceOfAnAnswerIsNoneOfTheReadersBusiness() throws Exception {
        UpstreamModerator closing = moderator(Duration.ofSeconds(20), (_, to) -> {
            if (raw.requests().size() == 1) {
                to.hangUp();
            }
            to.json(200, "{\"results\":[{\"flagged\":false}]}");
        });

        assertThat(closing.allows("a").toCompletableFuture().get(20, TimeUnit.SECONDS))
                .isTrue();
        assertThat(raw.requests()).hasSize(2);
    }

    @Test
    void aModeratorThatClosesEveryConnectionIsAskedTwice() throws Exception {
        UpstreamModerator closing = moderator(Duration.ofSeconds(20), (_, to) -> to.hangUp());

        assertThat(failure(closing.allows("a").toCompletableFuture())).hasMessageContaining("closed the connection");
        assertThat(raw.requests()).hasSize(2);
    }

    @Test
    void aModeratorThatBreaksOffItsAnswerIsNotAskedAgain() throws Exception {
        UpstreamModerator closing = moderator(
                Duration.ofSeconds(20),
                (_, to) -> to.raw("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{")
                        .hangUp());

        assertThat(failure(closing.allows("a").toCompletableFuture())).hasMessageContaining("closed the connection");
        assertThat(raw.requests()).hasSize(1);
    }

    @Test
    void aSilentModeratorIsGivenUp() throws Exception {
        UpstreamModerator silent = moderator(Duration.ofMillis(300), (_, to) -> to.hang());

        assertThat(failure(silent.allows("a").toCompletableFuture()).kind()).isEqualTo(Kind.TIMED_OUT);
    }

    @Test
    void closingFailsWhatIsAskedAndWhatIsAskedLater() throws Exception {
        UpstreamModerator silent = moderator(Duration.ofSeconds(20), (_, to) -> to.hang());
        CompletableFuture<Boolean> before = silent.allows("a").toCompletableFuture();
        Await.until("a request", () -> !raw.requests().isEmpty());

        silent.close();

        assertThat(failure(before).kind()).isEqualTo(Kind.SHUTTING_DOWN);
        assertThat(failure(silent.allows("b").toCompletableFuture()).kind()).isEqualTo(Kind.SHUTTING_DOWN);
    }

    @Test
    void aReplyEndsBeforeTheSentenceThatIsFlagged() throws Exception {
        UpstreamModerator strict = moderator(
                Duration.ofSeconds(20),
                (request, to) -> to.json(
                        200,
                        "{\"results\":[{\"flagged\":%s}]}"
                                .formatted(request.body().contains("secret"))));
        try (ModeratedBackend backend = new ModeratedBackend(
                new ScriptedBackend("m", Script.saying("m", "This is fine.", " The sec", "ret is 42.", " More.")),
                strict)) {

            RecordingReader reader = RecordingReader.toTheEndOf(backend.complete(CompletionRequest.of("m", "hi")));

            assertThat(reader.completed()).isTrue();
            assertThat(reader.events().subList(1, 3))
                    .isEqualTo(List.of(new Text(0, "This is fine."), new Finished(0, FinishReason.CONTENT_FILTER)));
        }
    }

    @Test
    void anAddressThatIsNoneIsRefused() throws Exception {
        moderator = new UpstreamModerator(
                URI.create("http://127.0.0.1:1/v1"), Optional.empty(), Optional.empty(), Duration.ofSeconds(1));
        raw = new RawUpstream((_, to) -> to.hang());

        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> new UpstreamModerator(
                        URI.create("ftp://a"), Optional.empty(), Optional.empty(), Duration.ofSeconds(1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ftp://a");
    }
}
