package dev.runnel.server;

import dev.runnel.core.TokenEvent;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One line for each request: words and `name=value` pairs, in a fixed order, without what isn't known.
final class AccessLog {

    private static final System.Logger LOG = System.getLogger("dev.runnel.server.access");

    /// How a request ended.
    enum Outcome {
        /// With all that was asked for.
        COMPLETED,
        /// With an error's status.
        REFUSED,
        /// After its stream had begun.
        BROKEN,
        /// By its client, before all was sent.
        CANCELLED,
        /// By this side, because its client no longer read.
        STALLED
    }

    /// @param status as sent; 499 for a client that left before it got one
    /// @param queuedMillis from the asking of the backend to the completion's beginning, or -1
    /// @param firstMillis from the request's head to the first piece of a streamed reply, or -1
    /// @param millis from the request's head to the end
    /// @param bytes of the response's body
    /// @param clientId what the client calls the request
    record Line(
            String method,
            String path,
            int status,
            Outcome outcome,
            String id,
            @Nullable String clientId,
            @Nullable String model,
            TokenEvent.@Nullable Usage usage,
            long queuedMillis,
            long firstMillis,
            long millis,
            long bytes) {

        @Override
        public String toString() {
            StringBuilder line = new StringBuilder()
                    .append(method)
                    .append(' ')
                    .append(plain(path))
                    .append(' ')
                    .append(status)
                    .append(' ')
                    .append(outcome.name().toLowerCase(Locale.ROOT))
                    .append(" id=")
                    .append(id);
            if (clientId != null) {
                line.append(" client=").append(plain(clientId));
            }
            if (model != null) {
                line.append(" model=").append(plain(model));
            }
            if (usage != null) {
                line.append(" prompt=").append(usage.promptTokens());
                line.append(" cached=").append(usage.cachedTokens());
                line.append(" completion=").append(usage.completionTokens());
            }
            if (queuedMillis >= 0) {
                line.append(" queued=").append(queuedMillis).append("ms");
            }
            if (firstMillis >= 0) {
                line.append(" first=").append(firstMillis).append("ms");
            }
            return line.append(" total=")
                    .append(millis)
                    .append("ms bytes=")
                    .append(bytes)
                    .toString();
        }
    }

    private AccessLog() {}

    static void write(Line line) {
        LOG.log(System.Logger.Level.INFO, line::toString);
    }

    /// What a client wrote, so that it can't be mistaken for another field or another line.
    private static String plain(String text) {
        String start = text.substring(0, Math.min(text.length(), 128));
        return start.replaceAll("[^!-~]", "?");
    }
}
