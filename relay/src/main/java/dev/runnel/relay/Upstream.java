package dev.runnel.relay;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.Model;
import dev.runnel.core.UpstreamFault;
import dev.runnel.wire.ModelsReader;
import io.vertx.core.VertxOptions;
import java.net.URI;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;

/// Any server that speaks OpenAI's protocol, as a backend.
///
/// Requests go to it as they come, whatever model they name: it alone knows what it serves. Events are
/// handed on by an event loop, which subscribers must not block: the one of Vert.x that the completion was asked
/// for on, as the server does, or else the relay's own.
public final class Upstream implements Backend {

    private final Networks networks;
    private final Set<RelayedStream> running = ConcurrentHashMap.newKeySet();
    private final List<Model> models;
    private volatile boolean closed;

    private Upstream(Networks networks, List<Model> models) {
        this.networks = networks;
        this.models = models;
    }

    /// Asks the upstream for its models, unless the options name them, and waits for its answer.
    ///
    /// @param baseUrl where its `/chat/completions` and `/models` are, such as `http://127.0.0.1:8080/v1`,
    ///     with or without a slash at its end; `h2c://…` is HTTP/2 without TLS
    /// @param apiKey the bearer token to send
    /// @throws IllegalArgumentException if the address or the key are none
    /// @throws BackendException if the upstream doesn't list its models
    public static Upstream open(URI baseUrl, Optional<String> apiKey, UpstreamOptions options) {
        return open(baseUrl, apiKey, options, new VertxOptions());
    }

    /// Refuses what [#open] would refuse without asking anyone. For whoever has much to do before it.
    ///
    /// @throws IllegalArgumentException if the address or the key are none
    public static void require(URI baseUrl, Optional<String> apiKey) {
        var _ = Address.of(baseUrl, apiKey);
    }

    static Upstream open(URI baseUrl, Optional<String> apiKey, UpstreamOptions options, VertxOptions vertxOptions) {
        Networks networks = new Networks(Address.of(baseUrl, apiKey), options, vertxOptions);
        try {
            return new Upstream(
                    networks,
                    options.models().isEmpty()
                            ? ask(networks.own())
                            : named(options.models().keySet()));
        } catch (BackendException unlisted) {
            networks.close();
            throw unlisted;
        }
    }

    private static List<Model> named(Collection<String> ids) {
        return ids.stream()
                .map(id -> new Model(id, Instant.EPOCH, "", OptionalInt.empty()))
                .toList();
    }

    private static List<Model> ask(Network network) {
        Listing listing = new Listing(network);
        network.run(listing::ask);
        try {
            return listing.models.join();
        } catch (CompletionException failed) {
            throw BackendException.of(failed);
        }
    }

    /// The upstream's list of models, on its way.
    private static final class Listing implements Call.Caller {

        private final CompletableFuture<List<Model>> models = new CompletableFuture<>();
        private final WholeBody body = new WholeBody("list of models");
        private final Call call;

        Listing(Network network) {
            call = new Call(network, network.options().nextToken(), this);
        }

        void ask() {
            call.get("/models", "application/json");
        }

        @Override
        public void read(byte[] piece) {
            body.add(piece);
        }

        @Override
        public void end() {
            List<Model> listed = ModelsReader.read(body.toByteArray());
            if (listed.isEmpty()) {
                throw UpstreamFault.MALFORMED_EVENT.failure("the upstream's list of models is empty");
            }
            models.complete(listed);
        }

        @Override
        public void failed(BackendException failure, boolean passing) {
            models.completeExceptionally(failure.withMessage(
                    failure.getMessage() + " (when asked for its models, which can be named instead)"));
        }

        @Override
        public String progress() {
            return "";
        }
    }

    /// What the upstream listed when it was opened.
    @Override
    public List<Model> models() {
        return models;
    }

    @Override
    public CompletionStream complete(CompletionRequest request) {
        if (closed) {
            return CompletionStream.failed(closing());
        }
        String theirs = options().models().getOrDefault(request.model(), request.model());
        return new RelayedStream(this, request.withModel(theirs)).events();
    }

    @Override
    public void close() {
        closed = true;
        running.forEach(stream -> stream.abort(closing()));
        networks.close();
    }

    private BackendException closing() {
        return new BackendException(
                Kind.SHUTTING_DOWN, "the relay to " + networks.address().name() + " is being closed");
    }

    /// Where a completion that is asked for here and now happens.
    Network network() {
        return networks.here();
    }

    UpstreamOptions options() {
        return networks.options();
    }

    /// A stream that is to be told when this closes, until it has [#ended].
    void began(RelayedStream stream) {
        running.add(stream);
        if (closed) {
            stream.abort(closing());
        }
    }

    void ended(RelayedStream stream) {
        running.remove(stream);
    }
}
