package dev.runnel.server;

import dev.runnel.wire.CodecRequest;
import dev.runnel.wire.Endpoint;
import dev.runnel.wire.UnservedRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// Where a request leads. Every path but the page's is served with and without the prefix `/v1`.
sealed interface Route {

    /// Counts what leads nowhere, or is no request for what is there.
    String OTHER = "other";

    record Complete(Endpoint endpoint) implements Route {}

    /// A question about a model's tokens or its template.
    record AskCodec(CodecRequest.Kind kind) implements Route {}

    /// What clients know and no model here can answer.
    record Unserved(UnservedRequest request) implements Route {}

    record ListModels() implements Route {}

    /// @param id as the client means it, percent signs decoded; may hold slashes
    record ShowModel(String id) implements Route {}

    record Health() implements Route {}

    /// A file of the page, if there is one at this path. Not with the prefix: its addresses are relative.
    record ShowPage(String path) implements Route {}

    record ShowMetrics() implements Route {}

    /// @param allowed methods of the path, as the `Allow` header lists them
    record AskMethods(String allowed) implements Route {}

    /// @param allowed methods of the path, as the `Allow` header lists them
    record WrongMethod(String allowed) implements Route {}

    record UnknownPath() implements Route {}

    /// @param path as it was sent, without the query
    static Route of(String method, String path) {
        if (path.equals("/") || path.startsWith("/page/")) {
            return got(method, new ShowPage(path));
        }
        String resource = path.startsWith("/v1/") ? path.substring("/v1".length()) : path;
        return switch (resource) {
            case "/chat/completions" -> posted(method, new Complete(Endpoint.CHAT));
            case "/completions" -> posted(method, new Complete(Endpoint.TEXT));
            case "/responses" -> posted(method, new Complete(Endpoint.RESPONSES));
            case "/chat/completions/input_tokens" -> posted(method, new AskCodec(CodecRequest.Kind.INPUT_TOKENS));
            case "/responses/input_tokens" -> posted(method, new AskCodec(CodecRequest.Kind.RESPONSE_INPUT_TOKENS));
            case "/tokenize" -> posted(method, new AskCodec(CodecRequest.Kind.TOKENIZE));
            case "/detokenize" -> posted(method, new AskCodec(CodecRequest.Kind.DETOKENIZE));
            case "/apply-template" -> posted(method, new AskCodec(CodecRequest.Kind.APPLY_TEMPLATE));
            case "/embeddings" -> posted(method, new Unserved(UnservedRequest.EMBEDDINGS));
            case "/moderations" -> posted(method, new Unserved(UnservedRequest.MODERATIONS));
            case "/models" -> got(method, new ListModels());
            case "/health" -> got(method, new Health());
            case "/metrics" -> got(method, new ShowMetrics());
            default ->
                resource.startsWith("/models/")
                        ? got(method, new ShowModel(decoded(resource.substring("/models/".length()))))
                        : new UnknownPath();
        };
    }

    /// The word under which its requests are counted.
    default String label() {
        return switch (this) {
            case Complete(var endpoint) -> endpoint.name().toLowerCase(Locale.ROOT);
            case AskCodec(var kind) -> kind.name().toLowerCase(Locale.ROOT);
            case Unserved(var request) -> request.name().toLowerCase(Locale.ROOT);
            case ListModels _, ShowModel _ -> "models";
            case Health _ -> "health";
            case ShowMetrics _ -> "metrics";
            case ShowPage _ -> "page";
            case AskMethods _, WrongMethod _, UnknownPath _ -> OTHER;
        };
    }

    private static Route posted(String method, Route route) {
        return choose(method.equals("POST"), method, "POST, OPTIONS", route);
    }

    private static Route got(String method, Route route) {
        return choose(method.equals("GET") || method.equals("HEAD"), method, "GET, HEAD, OPTIONS", route);
    }

    private static Route choose(boolean right, String method, String allowed, Route route) {
        if (right) {
            return route;
        }
        return method.equals("OPTIONS") ? new AskMethods(allowed) : new WrongMethod(allowed);
    }

    /// What can't be decoded is left as it is: there is no such model then, and the reply says so.
    private static String decoded(String segment) {
        try {
            return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            return segment;
        }
    }
}
