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

    private final int limit;
    private final BodySpace space;
    private final Consumer<Refusal> none;
    private Buffer came = Buffer.buffer();
    private boolean dropped;

    private Body(int limit, BodySpace space, Consumer<Refusal> none) {
        this.limit = limit;
        this.space = space;
        this.none = none;
    }

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
    /// @param space for what has come until all has
    /// @return the body on its way, to be dropped when nobody waits for it any more
    static Body receive(
            HttpServerRequest request, int limit, BodySpace space, Consumer<byte[]> whole, Consumer<Refusal> none) {
        if (announcedBytes(request) > limit) {
            throw tooLong(limit);
        }
        if (HttpHeaders.CONTINUE.toString().equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            request.response().writeContinue();
        }
        Body body = new Body(limit, space, none);
        request.handler(body::add);
        request.exceptionHandler(fault -> {
            if (!(fault instanceof HttpClosedException) && !(fault instanceof StreamResetException)) {
                body.refuse(Refusal.ofMalformed(fault));
            }
        });
        request.endHandler(_ -> {
            if (!body.dropped) {
                byte[] all = body.came.getBytes();
                body.drop();
                whole.accept(all);
            }
        });
        return body;
    }

    private void add(Buffer part) {
        if (dropped) {
            return;
        }
        if (came.length() + (long) part.length() > limit) {
            refuse(tooLong(limit));
        } else if (!space.take(part.length())) {
            refuse(space.full());
        } else {
            came.appendBuffer(part);
        }
    }

    private void refuse(Refusal refusal) {
        drop();
        none.accept(refusal);
    }

    /// Forgets what has come, and what still comes.
    void drop() {
        if (!dropped) {
            dropped = true;
            space.giveBack(came.length());
            came = Buffer.buffer();
        }
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
