package dev.runnel.relay;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/// How a relay treats its upstream.
///
/// @param models what it calls the models that it shall be asked for, by their ids here, in their order;
///     empty: it is asked for its list
/// @param connections most completions at once on an event loop, each of which takes a connection, or a stream of
///     one in HTTP/2; one more is refused
/// @param connect longest wait for a connection
/// @param firstToken longest silence before the first token, while the upstream queues the request and
///     reads its prompt
/// @param nextToken longest silence after that
/// @param event longest wait for the next event of an upstream that isn't silent, but sends comments, or
///     pieces of a line; such signs of life end no wait for ever
/// @param retries how often a request is sent again of which nothing has come back
/// @param whole whether replies are asked for whole, and are one piece of each kind when they are there: to
///     measure how long readers wait who don't stream. The upstream is silent meanwhile, for `firstToken` at
///     most
public record UpstreamOptions(
        Map<String, String> models,
        int connections,
        Duration connect,
        Duration firstToken,
        Duration nextToken,
        Duration event,
        Retries retries,
        boolean whole) {

    /// Asks for the list of models. 1024 connections, because each is a file descriptor. 10 s to connect. 5
    /// minutes to the first token, because a long prompt may keep a small machine busy that long and most
    /// upstreams are silent meanwhile; 30 s between tokens, because no upstream that still works takes so
    /// long for one; 10 minutes where it shows that it works, after which common clients give up.
    public static final UpstreamOptions DEFAULT = new UpstreamOptions(
            Map.of(),
            1024,
            Duration.ofSeconds(10),
            Duration.ofMinutes(5),
            Duration.ofSeconds(30),
            Duration.ofMinutes(10),
            Retries.DEFAULT,
            false);

    public UpstreamOptions {
        models = Collections.unmodifiableMap(new LinkedHashMap<>(models));
        if (Stream.concat(models.keySet().stream(), models.values().stream()).anyMatch(String::isBlank)) {
            throw new IllegalArgumentException("a model's id is blank");
        }
        if (connections < 1) {
            throw new IllegalArgumentException("connections is " + connections + ", expected at least 1");
        }
        requirePositive("connect", connect);
        requirePositive("firstToken", firstToken);
        requirePositive("nextToken", nextToken);
        requirePositive("event", event);
        Objects.requireNonNull(retries, "retries");
    }

    /// @param models ids of the models that it shall be asked for
    public UpstreamOptions withModels(List<String> models) {
        Map<String, String> same = new LinkedHashMap<>();
        models.forEach(model -> same.put(model, model));
        return withModels(same);
    }

    public UpstreamOptions withModels(Map<String, String> models) {
        return new UpstreamOptions(models, connections, connect, firstToken, nextToken, event, retries, whole);
    }

    public UpstreamOptions withConnections(int connections) {
        return new UpstreamOptions(models, connections, connect, firstToken, nextToken, event, retries, whole);
    }

    public UpstreamOptions withConnect(Duration connect) {
        return new UpstreamOptions(models, connections, connect, firstToken, nextToken, event, retries, whole);
    }

    public UpstreamOptions withFirstToken(Duration firstToken) {
        return new UpstreamOptions(models, connections, connect, firstToken, nextToken, event, retries, whole);
    }

    public UpstreamOptions withNextToken(Duration nextToken) {
        return new UpstreamOptions(models, connections, connect, firstToken, nextToken, event, retries, whole);
    }

    public UpstreamOptions withEvent(Duration event) {
        return new UpstreamOptions(models, connections, connect, firstToken, nextToken, event, retries, whole);
    }

    public UpstreamOptions withRetries(Retries retries) {
        return new UpstreamOptions(models, connections, connect, firstToken, nextToken, event, retries, whole);
    }

    public UpstreamOptions withWhole(boolean whole) {
        return new UpstreamOptions(models, connections, connect, firstToken, nextToken, event, retries, whole);
    }

    private static void requirePositive(String name, Duration value) {
        if (!Objects.requireNonNull(value, name).isPositive()) {
            throw new IllegalArgumentException(name + " is " + value + ", expected more than nothing");
        }
    }
}
