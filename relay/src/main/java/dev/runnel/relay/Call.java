package dev.runnel.relay;

import dev.runnel.core.BackendException;
import dev.runnel.core.UpstreamFault;
import dev.runnel.wire.ErrorReader;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One request to the upstream and what comes back. All of it happens on the loop.
///
/// The body comes piece by piece, until the caller pauses it: that holds the upstream back. Whatever goes wrong,
/// a refusal included, is one failure with one sentence, and the connection is closed.
final class Call {

    /// Whoever made the call. Hears nothing more after `end`, `failed` or [Call#stop].
    interface Caller {

        /// The next piece of the body. It, too, may throw a [BackendException], which fails the call.
        void read(byte[] piece);

        /// The body has come to its end.
        void end();

        /// @param passing whether it may be over soon, such as a load that is too high
        void failed(BackendException failure, boolean passing);

        /// How far it had come, to end the sentence of a failure, such as `, after 3 events`. Empty for no
        /// distance.
        String progress();
    }

    /// Most of a refusal that is read.
    private static final int LONGEST_REFUSAL = 64 << 10;

    private final Network network;
    private final Caller caller;

    private Duration patience;
    private @Nullable HttpClientRequest request;
    private @Nullable HttpClientResponse response;

    /// It is the upstream's turn. While it isn't, its silence is ours.
    private boolean waiting = true;

    // On the clock that stands still while it isn't the upstream's turn, in nanoseconds.
    private long alive = System.nanoTime();
    private long eventful = alive;

    /// When it was the upstream's turn last.
    private long paused = alive;

    /// When the piece at hand came.
    private long heard = alive;

    /// Bytes have come since it was last alive.
    private boolean dripping;

    /// The caller hears nothing more.
    private boolean over;

    /// @param patience longest silence
    Call(Network network, Duration patience, Caller caller) {
        this.network = network;
        this.patience = patience;
        this.caller = caller;
    }

    void get(String path, String accept) {
        send(HttpMethod.GET, path, accept, Buffer.buffer());
    }

    /// @param json the body
    void post(String path, String accept, byte[] json) {
        send(HttpMethod.POST, path, accept, Buffer.buffer(json));
    }

    private void send(HttpMethod method, String path, String accept, Buffer body) {
        RequestOptions options = new RequestOptions()
                .setMethod(method)
                .setAbsoluteURI(network.address().url(path))
                .putHeader(HttpHeaders.ACCEPT, accept)
                .putHeader(HttpHeaders.USER_AGENT, "runnel");
        if (body.length() > 0) {
            options.putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
        }
        network.address().apiKey().ifPresent(key -> options.putHeader(HttpHeaders.AUTHORIZATION, "Bearer " + key));
        guarded(() -> network.open(options, this)
                .onSuccess(opened -> opened(opened, accept, body))
                .onFailure(fault -> fail(Faults.unreachable(fault), Faults.mayPass(fault))));
    }

    private void opened(HttpClientRequest opened, String accept, Buffer body) {
        opened.exceptionHandler(this::broke);
        if (over) {
            opened.reset(); // nothing has been sent, so the connection stays
            return;
        }
        request = opened;
        opened.send(body).onSuccess(answer -> answered(answer, accept)).onFailure(this::broke);
    }

    private void answered(HttpClientResponse answer, String accept) {
        if (over) {
            return;
        }
        response = answer;
        heard = System.nanoTime();
        alive();
        answer.exceptionHandler(this::broke);
        int status = answer.statusCode();
        if (status >= 300 && status < 400) {
            fail(UpstreamFault.REFUSED.failure(
                    "the upstream answered with status %d and sends on to %s; redirects are not followed"
                            .formatted(status, header("location").orElse("nowhere"))));
        } else if (status == 200
                && (mediaType().equals(accept) || header("content-type").isEmpty())) {
            answer.handler(this::piece).endHandler(_ -> end());
        } else {
            expectWithin(network.options().nextToken());
            Buffer refusal = Buffer.buffer();
            answer.handler(bytes -> {
                        dripping = true;
                        refusal.appendBuffer(bytes);
                        if (!over && refusal.length() >= LONGEST_REFUSAL) {
                            refused(refusal, accept);
                        }
                    })
                    .endHandler(_ -> {
                        ended();
                        if (!over) {
                            refused(refusal, accept);
                        }
                    });
        }
    }

    private Optional<String> header(String name) {
        return Optional.ofNullable(Objects.requireNonNull(response).getHeader(name));
    }

    private String mediaType() {
        String type = header("content-type").orElse("no content type");
        return type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    }

    private void refused(Buffer body, String accept) {
        int status = Objects.requireNonNull(response).statusCode();
        BackendException refusal = ErrorReader.read(status, this::header, body.getBytes());
        if (status == 200) {
            fail(refusal.withMessage("%s (as %s, expected %s)".formatted(refusal.getMessage(), mediaType(), accept)));
        } else if ((status == 401 || status == 403)
                && network.address().apiKey().isEmpty()) {
            fail(refusal.withMessage(
                    "the upstream refused this server, which has no key for it, with status " + status));
        } else {
            fail(refusal, isPassing(status, refusal));
        }
    }

    /// Not 500: what an upstream is unable to do for one request it is unable to do a second later, and each
    /// try costs. Nor a quota that is used up, though its status is that of too high a load; nor what the
    /// upstream asks not to be tried again.
    private boolean isPassing(int status, BackendException refusal) {
        if (header("x-should-retry").equals(Optional.of("false"))) {
            return false;
        }
        return switch (status) {
            case 408, 502, 504 -> true;
            case 429, 503 -> refusal.kind() != BackendException.Kind.UPSTREAM;
            default -> false;
        };
    }

    private void piece(Buffer bytes) {
        if (!over) {
            heard = System.nanoTime();
            dripping = true;
            try {
                caller.read(bytes.getBytes());
            } catch (RuntimeException | Error failure) {
                fail(BackendException.of(failure));
            }
        }
    }

    private void end() {
        ended();
        if (!over) {
            guarded(caller::end);
            over = true;
        }
    }

    /// Whatever is thrown fails the call, or nobody would ever hear of it.
    private void guarded(Runnable part) {
        try {
            part.run();
        } catch (RuntimeException | Error failure) {
            fail(BackendException.of(failure));
        }
    }

    /// Lets no further piece come until there may be [#more].
    void pause() {
        waiting = false;
        paused = heard;
        Objects.requireNonNull(response).pause();
    }

    /// Lets the pieces come again after a [#pause].
    void more() {
        waiting = true;
        long pause = System.nanoTime() - paused;
        alive += pause;
        eventful += pause;
        Objects.requireNonNull(response).resume();
    }

    /// The upstream has shown that it is there. Bytes alone don't show it: who drips them may never come to
    /// the end of a line.
    void alive() {
        alive = heard;
        dripping = false;
    }

    /// The upstream has sent what it was asked for.
    void eventful() {
        alive();
        eventful = alive;
    }

    /// Changes the longest silence.
    void expectWithin(Duration patience) {
        this.patience = patience;
    }

    /// The caller has all it wants. What is left of the body is read and dropped, so that the connection
    /// can be used again; an upstream that doesn't end it soon loses the connection.
    void finish() {
        over = true;
    }

    /// Ends the call at once, and the connection with it.
    void stop() {
        over = true;
        if (request != null) {
            network.cut(this, request);
        }
        ended();
    }

    void tick(long now) {
        if (!waiting) {
            return;
        }
        Duration event = network.options().event();
        if (now - alive >= patience.toNanos()) {
            if (dripping) {
                stalled(patience);
            } else {
                if (request != null) {
                    network.avoid(request);
                }
                fail(UpstreamFault.SILENT.failure(
                        "the upstream sent nothing for " + Faults.inWords(patience) + caller.progress()));
            }
        } else if (now - eventful >= event.toNanos()) {
            stalled(event);
        }
    }

    private void stalled(Duration wait) {
        fail(UpstreamFault.STALLED.failure("the upstream sent bits and pieces for %s, and nothing whole%s"
                .formatted(Faults.inWords(wait), caller.progress())));
    }

    private void broke(Throwable fault) {
        fail(Faults.broken(fault, caller.progress()));
    }

    /// An end before its time may be due to a connection that was just being closed, or an upstream that was.
    private void fail(BackendException failure) {
        fail(failure, failure.code().equals(Optional.of(UpstreamFault.CLOSED_EARLY.code())));
    }

    private void fail(BackendException failure, boolean passing) {
        boolean news = !over;
        stop();
        if (news) {
            // The readers of the wire don't know which upstream it is.
            caller.failed(network.address().named(failure), passing);
        }
    }

    /// The connection is closed, or for others to use.
    private void ended() {
        waiting = false;
        request = null;
        network.left(this);
    }
}
