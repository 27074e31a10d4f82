package dev.runnel.app.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URL;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Asks a hub, and the hosts it sends on to. Blocks, so virtual threads call it.
///
/// Stands on [HttpURLConnection] because that can give up on a body in the middle of which nothing comes any more,
/// which the JDK's newer client can't. Redirects are followed here and not there: the token is for the hub's own
/// address and goes to no other.
final class HubHttp {

    private static final int MOST_REDIRECTS = 8;

    private static final Duration LONGEST_ASKED_PAUSE = Duration.ofMinutes(5);

    private final Optional<String> token;
    private final Proxies proxies;
    private final Waits waits;
    private final String agent;

    /// @param token for the hosts that are asked directly
    /// @param agent how this program calls itself
    HubHttp(Optional<String> token, Proxies proxies, Waits waits, String agent) {
        this.token = token;
        this.proxies = proxies;
        this.waits = waits;
        this.agent = agent;
    }

    boolean hasToken() {
        return token.isPresent();
    }

    Waits waits() {
        return waits;
    }

    /// The host can't answer now and may later.
    static final class BusyException extends IOException {

        private static final long serialVersionUID = 1;

        private final @Nullable Duration pause;

        private BusyException(String message, @Nullable Duration pause) {
            super(message);
            this.pause = pause;
        }

        /// How long the host asks to be left alone.
        Optional<Duration> pause() {
            return Optional.ofNullable(pause);
        }
    }

    /// One try of something that another try may do better.
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws IOException;
    }

    /// Tries until it works, as often as [Waits] allows.
    ///
    /// @param what is tried, as a sentence about its failure begins
    <T> T patiently(String what, Attempt<T> attempt) {
        for (int failures = 1; ; failures++) {
            try {
                return attempt.run();
            } catch (IOException failure) {
                if (failures >= waits.attempts()) {
                    throw new HubException("%s: %s".formatted(what, reason(failure)), failure);
                }
                pause(failures, failure);
            }
        }
    }

    /// Waits before the next attempt after `failures` in a row.
    void pause(int failures, IOException last) {
        Duration pause = last instanceof BusyException busy
                ? busy.pause().orElse(waits.pauseAfter(failures))
                : waits.pauseAfter(failures);
        try {
            Thread.sleep(pause);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new HubException("interrupted", interrupt);
        }
    }

    /// What went wrong, in words.
    static String reason(IOException failure) {
        String message = Objects.requireNonNullElse(failure.getMessage(), "");
        return switch (failure) {
            case UnknownHostException _ -> "there is no host " + message;
            case SocketTimeoutException _ -> "nothing came for too long";
            case ConnectException _ -> "nobody answers there (" + message + ")";
            case IOException _ when message.equals("Premature EOF") -> "the connection was closed early";
            default -> message.isEmpty() ? failure.toString() : message;
        };
    }

    /// The first and the last byte that are asked for.
    record Span(long first, long last) {}

    /// An answer's head, and its body as it comes.
    static final class Answer implements AutoCloseable {

        private final HttpURLConnection connection;
        final URI address;
        final int status;

        private Answer(HttpURLConnection connection, URI address) throws IOException {
            this.connection = connection;
            this.address = address;
            this.status = connection.getResponseCode();
        }

        Optional<String> header(String name) {
            return Optional.ofNullable(connection.getHeaderField(name));
        }

        OptionalLong length() {
            long length = connection.getContentLengthLong();
            return length < 0 ? OptionalLong.empty() : OptionalLong.of(length);
        }

        InputStream body() throws IOException {
            InputStream error = status >= 400 ? connection.getErrorStream() : null;
            return error != null ? error : status >= 400 ? InputStream.nullInputStream() : connection.getInputStream();
        }

        /// Any thread may call this; whoever reads the body then finds it broken.
        @Override
        public void close() {
            connection.disconnect();
        }
    }

    /// The answer to a GET after all redirects.
    ///
    /// @param span empty: the whole body
    /// @throws BusyException if it is that the host is busy or out of order
    Answer get(URI address, Optional<Span> span) throws IOException {
        URI at = address;
        for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
            Answer answer = ask("GET", at, isSameHost(at, address), span);
            Optional<String> location = redirect(answer);
            if (location.isEmpty()) {
                refuseBusy(answer);
                return answer;
            }
            answer.close();
            at = next(at, location.get());
        }
        throw new HubException("%s redirects more than %d times".formatted(address, MOST_REDIRECTS));
    }

    /// The answer to a HEAD, which may be a redirect to another host: what the hub itself says of a file is there.
    Answer head(URI address) throws IOException {
        URI at = address;
        for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
            Answer answer = ask("HEAD", at, true, Optional.empty());
            Optional<URI> next = Optional.empty();
            Optional<String> location = redirect(answer);
            if (location.isPresent()) {
                next = Optional.of(next(at, location.get())).filter(to -> isSameHost(to, address));
            }
            if (next.isEmpty()) {
                refuseBusy(answer);
                return answer;
            }
            answer.close();
            at = next.get();
        }
        throw new HubException("%s redirects more than %d times".formatted(address, MOST_REDIRECTS));
    }

    private Answer ask(String method, URI address, boolean withToken, Optional<Span> span) throws IOException {
        URL url = url(address);
        Optional<Proxy> proxy = proxies.to(address);
        HttpURLConnection connection =
                (HttpURLConnection) (proxy.isPresent() ? url.openConnection(proxy.get()) : url.openConnection());
        connection.setRequestMethod(method);
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setConnectTimeout(millis(waits.connect()));
        connection.setReadTimeout(millis(waits.silence()));
        connection.setRequestProperty("User-Agent", agent);
        connection.setRequestProperty("Accept-Encoding", "identity");
        if (withToken) {
            token.ifPresent(secret -> connection.setRequestProperty("Authorization", "Bearer " + secret));
        }
        span.ifPresent(asked -> connection.setRequestProperty("Range", "bytes=" + asked.first() + "-" + asked.last()));
        try {
            return new Answer(connection, address);
        } catch (IOException failure) {
            connection.disconnect();
            throw failure;
        }
    }

    private static void refuseBusy(Answer answer) throws BusyException {
        if (answer.status == 408 || answer.status == 429 || answer.status >= 500) {
            Duration pause = answer.header("Retry-After")
                    .filter(seconds -> seconds.matches("\\d{1,9}"))
                    .map(seconds -> Duration.ofSeconds(Long.parseLong(seconds)))
                    .map(asked -> asked.compareTo(LONGEST_ASKED_PAUSE) < 0 ? asked : LONGEST_ASKED_PAUSE)
                    .orElse(null);
            answer.close();
            throw new BusyException(answer.address.getHost() + " answers " + answer.status, pause);
        }
    }

    private static URL url(URI address) {
        String scheme = Objects.requireNonNullElse(address.getScheme(), "");
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new HubException("%s is no address of a hub, expected http:// or https://".formatted(address));
        }
        try {
            return address.toURL();
        } catch (MalformedURLException | IllegalArgumentException malformed) {
            throw new HubException("%s is no address of a hub: %s".formatted(address, malformed.getMessage()));
        }
    }

    private static Optional<String> redirect(Answer answer) {
        return switch (answer.status) {
            case 301, 302, 303, 307, 308 -> answer.header("Location");
            default -> Optional.empty();
        };
    }

    /// Where a redirect leads.
    static URI next(URI from, String location) {
        URI to;
        try {
            to = from.resolve(location);
        } catch (IllegalArgumentException malformed) {
            throw new HubException("%s redirects to what is no address".formatted(from.getHost()));
        }
        if ("https".equals(from.getScheme()) && !"https".equals(to.getScheme())) {
            throw new HubException(
                    "%s redirects to %s, which is not encrypted".formatted(from.getHost(), to.getHost()));
        }
        return to;
    }

    private static boolean isSameHost(URI a, URI b) {
        return Objects.equals(a.getScheme(), b.getScheme())
                && equalsIgnoringCase(a.getHost(), b.getHost())
                && a.getPort() == b.getPort();
    }

    private static boolean equalsIgnoringCase(@Nullable String a, @Nullable String b) {
        return a != null && a.equalsIgnoreCase(b);
    }

    private static int millis(Duration time) {
        return Math.toIntExact(time.toMillis());
    }
}
