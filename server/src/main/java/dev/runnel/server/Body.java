package dev.runnel.server;

import dev.runnel.wire.Errors;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.StreamResetException;
import java.util.Locale;
import java.util.function.Consumer;

/// A request's body on its way in, held to its type and its length.
final class Body {

    private Body() {}

    /// Refuses what is declared to be something else. A missing type is taken for JSON, a wrong one is not:
    /// pages may send a form or plain text to any server without asking, but not JSON.
    static void requireJson(HttpServerRequest request) {
        String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        if (type != null) {
            String essence = type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
            if (!essence.equals("application/json") && !essence.endsWith("+json")) {
                throw Refusal.of(
                        Errors.Transport.WRONG_MEDIA_TYPE,
                        "the content type is %s, expected application/json".formatted(essence));
            }
        }
        String encoding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw Refusal.of(
                    Errors.Transport.WRONG_MEDIA_TYPE, "the content encoding is %s, expected none".formatted(encoding));
        }
    }

    /// Hands over the whole body, or the reason why there is none. The rest of a refused body is read, and
    /// dropped, so that the refusal arrives.
    ///
    /// @param limit most bytes
    static void receive(HttpServerRequest request, int limit, Consumer<byte[]> whole, Consumer<Refusal> none) {
        if (announcedBytes(request) > limit) {
            throw tooLong(limit);
        }
        if (HttpHeaders.CONTINUE.toString().equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            request.response().writeContinue();
        }
        Buffer body = Buffer.buffer();
        request.handler(part -> {
            if (body.length() + (long) part.length() > limit) {
                none.accept(tooLong(limit));
            } else {
                body.appendBuffer(part);
            }
        });
        request.exceptionHandler(fault -> {
            if (!(fault instanceof HttpClosedException) && !(fault instanceof StreamResetException)) {
                none.accept(Refusal.ofMalformed(fault));
            }
        });
        request.endHandler(_ -> whole.accept(body.getBytes()));
    }

    /// Whether the body is, or may be, longer than `limit`.
    static boolean isEndless(HttpServerRequest request, int limit) {
        return announcedBytes(request) > limit || request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
    }

    private static Refusal tooLong(int limit) {
        return Refusal.of(
                Errors.Transport.BODY_TOO_LARGE, "the request's body is longer than %d bytes".formatted(limit));
    }

    /// Length of the body as the head tells: 0 if it doesn't, and more than any limit if it makes no sense.
    private static long announcedBytes(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        try {
            return length == null ? 0 : Long.parseLong(length);
        } catch (NumberFormatException malformed) {
            return Long.MAX_VALUE;
        }
    }
}
