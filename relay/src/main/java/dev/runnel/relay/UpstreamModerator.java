package dev.runnel.relay;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.UpstreamFault;
import dev.runnel.core.moderation.Moderator;
import dev.runnel.wire.Moderations;
import io.vertx.core.VertxOptions;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/// Any server with OpenAI's `/moderations` as a moderator. What it flags may not be shown, whatever for.
public final class UpstreamModerator implements Moderator {

    private final Networks networks;
    private final Optional<String> model;
    private final Set<Judgement> asked = ConcurrentHashMap.newKeySet();
    private volatile boolean isClosed;

    /// Asks nothing yet.
    ///
    /// @param baseUrl where its `/moderations` is, as of [Upstream#open]
    /// @param apiKey the bearer token to send
    /// @param model that judges; empty for the server's own
    /// @param patience longest wait for a connection, and for an answer
    /// @throws IllegalArgumentException if the address or the key are none
    public UpstreamModerator(URI baseUrl, Optional<String> apiKey, Optional<String> model, Duration patience) {
        networks = new Networks(
                Address.of(baseUrl, apiKey),
                UpstreamOptions.DEFAULT.withConnect(patience).withNextToken(patience),
                new VertxOptions());
        this.model = model;
    }

    @Override
    public CompletionStage<Boolean> allows(String text) {
        Judgement judgement = new Judgement(Moderations.request(text, model));
        asked.add(judgement);
        if (isClosed) {
            judgement.fail(closing());
        } else {
            networks.own().run(judgement::ask);
        }
        return judgement.answer;
    }

    @Override
    public void close() {
        isClosed = true;
        asked.forEach(judgement -> judgement.fail(closing()));
        networks.close();
    }

    /// A text's, on its way.
    private final class Judgement implements Call.Caller {

        private final CompletableFuture<Boolean> answer = new CompletableFuture<>();
        private final WholeBody body = new WholeBody("judgement");
        private final byte[] question;
        private boolean isAskedAgain; // on the loop

        Judgement(byte[] question) {
            this.question = question;
        }

        void ask() {
            Network network = networks.own();
            new Call(network, network.options().nextToken(), this).post("/moderations", "application/json", question);
        }

        @Override
        public void read(byte[] piece) {
            body.add(piece);
        }

        @Override
        public void end() {
            boolean isFlagged = Moderations.isFlagged(body.toByteArray());
            asked.remove(this);
            answer.complete(!isFlagged);
        }

        @Override
        public void failed(BackendException failure, boolean passing) {
            boolean isUnheard = failure.code().equals(Optional.of(UpstreamFault.CLOSED_EARLY.code())) && body.isEmpty();
            if (isUnheard && !isAskedAgain) {
                isAskedAgain = true; // at most once: the connection had been idle, as a rule, and was just being closed
                ask();
                return;
            }
            String message = failure.getMessage() + " (when asked whether the reply may be shown)";
            fail(
                    switch (failure.kind()) {
                        // What was wrong was our question, and not the reader's.
                        case INVALID_REQUEST, UNSUPPORTED, CONTEXT_LENGTH_EXCEEDED, MODEL_NOT_FOUND ->
                            UpstreamFault.REFUSED.failure(message);
                        case OVERLOADED, LOADING, SHUTTING_DOWN, TIMED_OUT, UPSTREAM, CLOSED, INTERNAL ->
                            failure.withMessage(message);
                    });
        }

        private void fail(BackendException why) {
            asked.remove(this);
            answer.completeExceptionally(why);
        }

        @Override
        public String progress() {
            return "";
        }
    }

    private BackendException closing() {
        return new BackendException(
                Kind.SHUTTING_DOWN, "the moderator at " + networks.address().base() + " is being closed");
    }
}
