package dev.runnel.server;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.BackendLoad;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.Extension;
import dev.runnel.core.Extensions;
import dev.runnel.core.Model;
import dev.runnel.core.TokenCodec;
import dev.runnel.core.TokenEvent;
import dev.runnel.server.AccessLog.Outcome;
import dev.runnel.wire.CodecRequest;
import dev.runnel.wire.Endpoint;
import dev.runnel.wire.Envelope;
import dev.runnel.wire.Errors;
import dev.runnel.wire.ModelsWriter;
import dev.runnel.wire.Timings;
import dev.runnel.wire.WholeWriter;
import dev.runnel.wire.WireRequest;
import io.vertx.core.Completable;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One request and its response: finds the route, holds the request to the rules, gets it answered, and
/// writes the line in the log. Over when the last byte has been handed to the socket or the client has
/// gone, whichever is first.
final class Exchange {

    private static final System.Logger LOG = System.getLogger(Exchange.class.getName());

    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
    private static final CharSequence EVENT_STREAM = HttpHeaders.createOptimized("text/event-stream; charset=utf-8");
    private static final CharSequence METRICS = HttpHeaders.createOptimized(MetricsText.TYPE);
    private static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("x-request-id");
    private static final CharSequence PROCESSING_MILLIS = HttpHeaders.createOptimized("openai-processing-ms");
    private static final CharSequence VERSION = HttpHeaders.createOptimized("openai-version");
    /// The only version of the interface there has ever been.
    private static final CharSequence ONLY_VERSION = HttpHeaders.createOptimized("2020-10-01");

    /// HTTP/2's word for a failure of this side.
    private static final long INTERNAL_ERROR = 2;
    /// HTTP/2's word for a reply that is complete although the request isn't.
    private static final long NO_ERROR = 0;

    /// Most bytes that are written at once. A write is taken when its last byte is, so longer ones would not
    /// tell a reader that is slow from one that has stopped.
    private static final int SLICE_BYTES = 64 << 10;

    private static final Executor FRESH_THREAD = Thread::startVirtualThread;

    private static final byte[] READY = "{\"status\":\"ok\"}".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LOADING = "{\"status\":\"loading\"}".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ENDED = "{\"status\":\"ended\"}".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DRAINING = "{\"status\":\"draining\"}".getBytes(StandardCharsets.US_ASCII);

    private final Loop loop;
    private final Service service;
    private final Connection connection;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final long began; // in the loop's nanoseconds, as all times here
    private final String path;
    private final String id;
    private final Completable<Void> taken = (_, _) -> took();

    private @Nullable Body body;
    private @Nullable CompletionStream stream;
    private @Nullable StreamedReply streamed;
    private Outcome outcome = Outcome.COMPLETED;
    private long bodyDeadline = Long.MAX_VALUE;
    private boolean answered;
    private volatile boolean over; // asked by other threads, too, before they work for it

    /// Writes that the socket has not taken yet, and when it last took one or was given the first.
    private int unsent;

    private long progressed;

    // What only the log and the metrics want to know.
    private String endpoint = Route.OTHER;
    private @Nullable String model;
    private ModelMetrics meters;
    private @Nullable Stopwatch watch;
    /// Why it was refused or broke, in a word; empty if it was not.
    private String kind = "";

    /// What of the request was passed over and is worth knowing.
    private Optional<String> warning = Optional.empty();

    private TokenEvent.@Nullable Usage usage;
    private long firstPiece = -1;

    Exchange(Loop loop, Connection connection, HttpServerRequest request) {
        this.loop = loop;
        this.connection = connection;
        this.request = request;
        service = loop.service();
        response = request.response();
        path = Objects.requireNonNullElse(request.path(), "");
        began = loop.nanos();
        meters = service.metrics().ofNone();
        if (connection.isHttp2()) {
            response.closeHandler(_ -> clientLeft());
        }
        id = "req_" + hex(service.random().nextLong()) + hex(service.random().nextLong());
    }

    /// The request's head has come.
    void answer() {
        attempt(() -> {
            requireHost();
            service.requireKnown(request.getHeader(HttpHeaders.ORIGIN), request.authority());
            Route route = Route.of(request.method().name(), path);
            endpoint = route.label();
            switch (route) {
                case Route.Health _ -> answerHealth();
                case Route.ShowMetrics _ -> answerMetrics();
                case Route.ShowPage(var file) -> show(service.page().at(file).orElseThrow(this::unknownPath));
                case Route.AskMethods(var allowed) -> answerMethods(allowed);
                case Route.ListModels _ -> send(200, ModelsWriter.write(admit().models()));
                case Route.ShowModel(var name) -> send(200, ModelsWriter.write(model(name, admit().models())));
                case Route.Complete(var endpoint) -> {
                    Backend backend = admit();
                    receive(endpoint, FRESH_THREAD, body -> {
                        WireRequest wire = WireRequest.read(
                                endpoint, body, service.options().wire(), service.items());
                        return () -> complete(backend, wire);
                    });
                }
                case Route.AskCodec(var kind) -> {
                    Backend backend = admit();
                    receive(Endpoint.CHAT, service.codecThread(), body -> {
                        CodecRequest question =
                                CodecRequest.read(kind, body, service.options().wire(), service.items());
                        byte[] reply = ask(backend, question);
                        return () -> send(200, reply);
                    });
                }
                case Route.Unserved(var unserved) -> {
                    Backend backend = admit();
                    receive(Endpoint.CHAT, FRESH_THREAD, body -> {
                        throw unserved.refusal(body, backend.models());
                    });
                }
                case Route.WrongMethod(var allowed) ->
                    throw Refusal.of(
                                    Errors.Transport.WRONG_METHOD,
                                    "%s takes %s, not %s".formatted(path, allowed, request.method()))
                            .with("allow", allowed);
                case Route.UnknownPath _ -> throw unknownPath();
            }
        });
    }

    private Refusal unknownPath() {
        return Refusal.of(
                Errors.Transport.UNKNOWN_PATH,
                ("there is nothing at %s; see /v1/chat/completions, /v1/completions, /v1/responses, /v1/models, /health,"
                                + " /metrics and the page at /")
                        .formatted(path));
    }

    /// The request's head was no HTTP. Vert.x closes the connection after the reply.
    void answerMalformed(Throwable fault) {
        refuseLast(Refusal.ofMalformed(fault));
    }

    private void refuseLast(Refusal refusal) {
        if (!answered) {
            connection.makeLast();
            failed(refusal);
        }
    }

    /// Does what may find a reason to refuse, or fail.
    private void attempt(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error fault) { // memory that runs out, too, or the client would wait for ever
            failed(fault);
        }
    }

    /// A reason to refuse becomes a status. What comes too late for one can't be told: the connection is
    /// reset, so that what was sent isn't taken for all there is.
    void failed(Throwable fault) {
        Refusal refusal = fault instanceof Refusal known ? known : Refusal.of(noted(fault));
        if (answered) {
            kind = refusal.kind();
            finish(Outcome.BROKEN);
            cut();
        } else {
            attempt(() -> refuse(refusal));
        }
    }

    /// Ends the reply at once: whatever was being sent can't be taken for complete.
    private void cut() {
        if (connection.isHttp2()) {
            response.reset(INTERNAL_ERROR);
        } else {
            connection.cut();
        }
    }

    private void requireHost() {
        if (request.version() != HttpVersion.HTTP_1_1) {
            return;
        }
        int hosts = request.headers().getAll(HttpHeaders.HOST).size();
        if (request.authority() == null || hosts > 1) {
            connection.makeLast();
            throw Refusal.of(
                    400,
                    "an HTTP/1.1 request has one host header, and this one has "
                            + (hosts > 1 ? hosts : "none that is valid"));
        }
    }

    private Backend admit() {
        return service.admit(request.getHeader(HttpHeaders.AUTHORIZATION));
    }

    private void answerHealth() {
        switch (service.phase()) {
            case Service.Phase.Serving(var backend) when backend.hasEnded() -> send(503, ENDED);
            case Service.Phase.Serving _ -> send(200, READY);
            case Service.Phase.Loading _ -> send(503, LOADING);
            case Service.Phase.Draining _ -> send(503, DRAINING);
        }
    }

    private void show(Page.File file) {
        boolean known = file.isKnown(request.getHeader(HttpHeaders.IF_NONE_MATCH));
        head(known ? 304 : 200);
        file.headers().forEach(response::putHeader);
        Buffer body = known ? Buffer.buffer() : file.body();
        if (!known) {
            response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()));
        }
        end(body);
    }

    /// Also while there is nothing to serve. Written on a thread of its own: many models make a long text.
    private void answerMetrics() {
        service.requireKey(request.getHeader(HttpHeaders.AUTHORIZATION));
        Map<String, BackendLoad> load = service.load();
        apart(FRESH_THREAD, Refusal::of, () -> {
            byte[] text = service.metrics().write(load);
            return () -> send(200, METRICS, Map.of(), text);
        });
    }

    /// Also what a browser asks before it lets a page call: which headers the page may send is up to the
    /// page.
    private void answerMethods(String allowed) {
        head(204);
        response.putHeader(HttpHeaders.ALLOW, allowed);
        if (request.headers().contains(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD)) {
            response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, allowed);
            String headers = request.getHeader(HttpHeaders.ACCESS_CONTROL_REQUEST_HEADERS);
            if (headers != null) {
                response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, headers);
            }
            response.putHeader(HttpHeaders.ACCESS_CONTROL_MAX_AGE, "7200"); // seconds; browsers cap it there
        }
        end(Buffer.buffer());
    }

    private static Model model(String id, List<Model> models) {
        return models.stream()
                .filter(model -> model.id().equals(id))
                .findFirst()
                .orElseThrow(() -> BackendException.modelNotFound(id, models));
    }

    /// Has the body read, and then done what it asks for.
    ///
    /// @param endpoint in whose words to refuse
    /// @param thread where it is read: not the loop's, since a long prompt takes longer than the events of other
    ///     clients can wait
    /// @param reading makes of the body what is to be done on the loop
    private void receive(Endpoint endpoint, Executor thread, Function<byte[], Runnable> reading) {
        Body.requireJson(request);
        bodyDeadline = loop.nanos() + service.options().limits().body().toNanos();
        body = Body.receive(
                request,
                service.options().limits().bodyBytes(),
                service.bodySpace(),
                whole -> {
                    if (!answered) {
                        bodyDeadline = Long.MAX_VALUE;
                        apart(thread, fault -> Refusal.of(endpoint, fault), () -> reading.apply(whole));
                    }
                },
                this::refuseLast);
    }

    /// Has `work` done on another thread, unless nobody waits for it by then, and what it gives on the loop, unless
    /// there is a reply by then.
    ///
    /// @param refusing words what the work may fail with
    private void apart(Executor thread, Function<BackendException, Refusal> refusing, Supplier<Runnable> work) {
        thread.execute(() -> {
            if (over) {
                return;
            }
            try {
                Runnable next = work.get();
                loop.run(() -> attempt(() -> {
                    if (!answered && !over) {
                        next.run();
                    }
                }));
            } catch (RuntimeException | Error fault) { // the client would wait for ever, as in attempt
                Refusal refusal = refusing.apply(noted(fault));
                loop.run(() -> attempt(() -> refuse(refusal)));
            }
        });
    }

    private static byte[] ask(Backend backend, CodecRequest question) {
        List<Model> models = backend.models();
        Model asked = question.model().map(name -> model(name, models)).orElseGet(() -> only(models));
        TokenCodec codec = backend.codec(asked.id())
                .orElseThrow(() -> BackendException.unsupported(
                        "model", "the tokens of the model '%s' are not known here".formatted(asked.id())));
        return question.answer().apply(codec);
    }

    private static Model only(List<Model> models) {
        if (models.size() != 1) {
            throw BackendException.invalidRequest(
                            "model",
                            "model is missing; this server has "
                                    + models.stream().map(Model::id).collect(Collectors.joining(", ")))
                    .withCode("missing_required_parameter");
        }
        return models.getFirst();
    }

    private void complete(Backend backend, WireRequest wire) {
        model = wire.model();
        warning = wire.warning();
        Envelope envelope = Envelope.fresh(wire.endpoint(), service.clock(), service.random())
                .withFingerprint(fingerprint(wire.model(), backend.models()));
        meters = service.metrics().of(wire.model(), backend.models());
        meters.inFlight().increment();
        Stopwatch started = new Stopwatch(loop::nanos, began, meters);
        watch = started;
        CompletionStream events = wire.complete(backend);
        if (wire.stream()) {
            stream = events;
            streamed = new StreamedReply(
                    loop, this, wire.endpoint(), wire.writer(envelope), events.extensions(), started, wire.timings());
            events.subscribe(streamed);
        } else {
            Extensions beside = events.extensions();
            WholeWriter writer = wire.wholeWriter(envelope);
            stream = writer.reading(events.through(started));
            var _ = stream.completion()
                    .whenComplete((whole, failure) ->
                            loop.run(() -> answerWhole(wire, writer, started, beside, whole, failure)));
        }
    }

    private static Optional<String> fingerprint(String id, List<Model> models) {
        return models.stream()
                .filter(model -> model.id().equals(id))
                .findFirst()
                .flatMap(Model::fingerprint);
    }

    /// @param whole absent if and only if there is a failure
    private void answerWhole(
            WireRequest wire,
            WholeWriter writer,
            Stopwatch watch,
            Extensions beside,
            @Nullable Completion whole,
            @Nullable Throwable failure) {
        if (answered || over) {
            return;
        }
        attempt(() -> {
            if (whole == null) {
                throw Refusal.of(wire.endpoint(), noted(Objects.requireNonNull(failure)));
            }
            usage = whole.usage();
            Optional<Timings> timings = wire.timings() ? Optional.of(watch.timings()) : Optional.empty();
            List<Extension> all = Stream.generate(() -> beside.next(Long.MAX_VALUE))
                    .takeWhile(Optional::isPresent)
                    .flatMap(Optional::stream)
                    .toList();
            apart(FRESH_THREAD, fault -> Refusal.of(wire.endpoint(), fault), () -> {
                byte[] reply = writer.write(whole, all, timings);
                return () -> send(200, reply);
            });
        });
    }

    void refuse(Refusal refusal) {
        if (answered || over) {
            return;
        }
        outcome = Outcome.REFUSED;
        kind = refusal.kind();
        if (!request.isEnded()
                && Body.isEndless(request, service.options().limits().bodyBytes())) {
            connection.makeLast(); // rather than read all that is still coming
        }
        send(refusal.status(), JSON, refusal.headers(), refusal.body());
    }

    private void send(int status, byte[] body) {
        send(status, JSON, Map.of(), body);
    }

    private void send(int status, CharSequence type, Map<String, String> headers, byte[] body) {
        head(status);
        response.putHeader(HttpHeaders.CONTENT_TYPE, type);
        response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length));
        headers.forEach(response::putHeader);
        end(Buffer.buffer(body));
    }

    /// The backend has started, so the reply will be a stream.
    void beginStream() {
        head(200);
        response.setChunked(true) // also where all of it is there already
                .headers()
                .set(HttpHeaders.CONTENT_TYPE, EVENT_STREAM)
                .set(HttpHeaders.CACHE_CONTROL, "no-cache, no-transform")
                .set("x-accel-buffering", "no")
                .set(HttpHeaders.CONTENT_ENCODING, HttpHeaders.IDENTITY);
        if (request.version() == HttpVersion.HTTP_1_0) {
            connection.makeLast(); // the end of the connection is the only end a body without a length has
            response.headersEndHandler(_ -> response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE));
        }
    }

    private void head(int status) {
        answered = true;
        dropBody();
        response.setStatusCode(status);
        MultiMap headers = response.headers()
                .set(HttpHeaders.DATE, loop.date())
                .set(REQUEST_ID, id)
                .set(PROCESSING_MILLIS, Long.toString(millisSince(began)))
                .set(VERSION, ONLY_VERSION);
        if (connection.isLast() && !connection.isHttp2()) {
            headers.set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        warning.ifPresent(text -> headers.set("warning", "299 runnel \"" + text + "\""));
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        if (origin != null) {
            headers.set(HttpHeaders.VARY, HttpHeaders.ORIGIN)
                    .set(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin)
                    .set(
                            HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS,
                            "x-request-id, openai-processing-ms, openai-version, retry-after, retry-after-ms, x-should-retry");
        }
    }

    void write(Buffer bytes) {
        writeSlice(allButLast(bytes));
    }

    /// Ends the reply, of which HEAD asks for the head alone.
    void end(Buffer bytes) {
        Buffer last = request.method().equals(HttpMethod.HEAD) ? Buffer.buffer() : allButLast(bytes);
        wrote();
        response.end(last).onComplete((_, failure) -> {
            finish(failure == null ? outcome : Outcome.CANCELLED);
            if (connection.isHttp2() && !request.isEnded()) {
                response.reset(NO_ERROR); // or the rest of the body would still come
            }
        });
    }

    /// Writes all but the last slice, and returns that one.
    private Buffer allButLast(Buffer bytes) {
        int from = 0;
        while (bytes.length() - from > SLICE_BYTES) {
            writeSlice(bytes.slice(from, from + SLICE_BYTES));
            from += SLICE_BYTES;
        }
        return bytes.slice(from, bytes.length());
    }

    private void writeSlice(Buffer bytes) {
        wrote();
        response.write(bytes).onComplete(taken);
    }

    /// Sends something that means nothing, to learn whether the client is still there. False if there is no
    /// such thing to send.
    boolean probe() {
        if (over || unsent > 0) {
            return true; // what is on its way tells as well
        }
        if (streamed != null && answered) {
            streamed.keepAlive();
            return true;
        }
        if (answered || request.version() == HttpVersion.HTTP_1_0) {
            return answered;
        }
        response.writeContinue();
        return true;
    }

    private void wrote() {
        if (unsent++ == 0) {
            progressed = loop.nanos();
        }
    }

    private void took() {
        unsent--;
        progressed = loop.nanos();
    }

    boolean isFull() {
        return response.writeQueueFull();
    }

    /// Runs `action` whenever the socket has taken enough for more to be written.
    void onDrained(Runnable action) {
        response.drainHandler(_ -> action.run());
    }

    boolean isSent() {
        return unsent == 0;
    }

    boolean isOver() {
        return over;
    }

    /// Whether all of the request has been read.
    boolean isRead() {
        return request.isEnded();
    }

    /// Runs `action` when all of the request has been read, which it isn't yet.
    void whenRead(Runnable action) {
        request.endHandler(_ -> action.run());
    }

    void notePiece() {
        if (firstPiece < 0) {
            firstPiece = loop.nanos();
        }
    }

    void noteUsage(TokenEvent.Usage cost) {
        usage = cost;
    }

    void noteBreak(BackendException cause) {
        outcome = Outcome.BROKEN;
        kind = Refusal.word(cause);
    }

    void clientLeft() {
        finish(Outcome.CANCELLED);
    }

    /// The request's body has taken too long.
    private void timeOut() {
        refuseLast(Refusal.of(
                408,
                "the request's body did not come within %d s"
                        .formatted(service.options().limits().body().toSeconds())));
    }

    /// The server's patience with what is still running is over.
    void breakOff() {
        attempt(() -> {
            if (streamed != null) {
                streamed.breakOff(Service.shuttingDown());
            } else {
                refuse(Refusal.of(Service.shuttingDown()));
            }
        });
    }

    void tick(long now) {
        if (unsent > 0 && now - progressed >= service.options().limits().stall().toNanos()) {
            finish(Outcome.STALLED);
            cut();
        } else if (now >= bodyDeadline) {
            bodyDeadline = Long.MAX_VALUE;
            timeOut();
        } else if (streamed != null) {
            StreamedReply open = streamed;
            attempt(() -> open.tick(now));
        }
    }

    /// `failure` as the backend's, and in this server's log if it is someone's bug.
    BackendException noted(Throwable failure) {
        BackendException known = BackendException.of(failure);
        if (known.kind() == BackendException.Kind.INTERNAL) {
            LOG.log(System.Logger.Level.WARNING, "request " + id + " failed", failure);
        }
        return known;
    }

    private void dropBody() {
        if (body != null) {
            body.drop();
        }
    }

    private void finish(Outcome end) {
        if (over) {
            return;
        }
        over = true;
        dropBody();
        if (stream != null) {
            stream.close();
            if (usage == null) {
                usage = stream.spent().orElse(null); // what was cut short has cost something too
            }
        }
        if (watch != null) {
            meters.inFlight().decrement();
            meters.noteEnd(end, loop.nanos() - began, usage);
        }
        service.metrics().count(meters, endpoint, end, kind);
        if (service.options().accessLog()) {
            AccessLog.write(new AccessLog.Line(
                    request.method().name(),
                    path,
                    end == Outcome.CANCELLED && !answered ? 499 : response.getStatusCode(),
                    end,
                    id,
                    request.getHeader("x-client-request-id"),
                    model,
                    usage,
                    watch == null ? -1 : watch.queuedMillis(),
                    firstPiece < 0 ? -1 : (firstPiece - began) / 1_000_000,
                    millisSince(began),
                    response.bytesWritten()));
        }
        connection.finished(this);
    }

    private static String hex(long word) {
        return HexFormat.of().toHexDigits(word);
    }

    private long millisSince(long then) {
        return (loop.nanos() - then) / 1_000_000;
    }
}
