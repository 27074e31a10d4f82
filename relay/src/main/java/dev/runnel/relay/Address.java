package dev.runnel.relay;

import dev.runnel.core.BackendException;
import io.vertx.core.http.HttpVersion;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Where an upstream is, and how it knows us.
///
/// @param base scheme, host and path, without a slash at the end, such as `http://127.0.0.1:8080/v1`. The
///     scheme is one of `https`, over which both sides choose a version of HTTP, `http`, which is HTTP/1.1, and
///     `h2c`, which is HTTP/2 without TLS
/// @param apiKey the bearer token; never part of a message
record Address(URI base, Optional<String> apiKey) {

    /// As other proxies call it.
    private static final String CLEAR_HTTP2 = "h2c";

    /// Host and port, if it has one. More lenient than [URI#getHost], which takes no underscore, as names in
    /// a network of containers have.
    private static final Pattern AUTHORITY = Pattern.compile("(?:\\[[0-9A-Fa-f:.]+]|[^:@\\[\\]]+)(?::(\\d{1,5}))?");

    /// @throws IllegalArgumentException if no request can be made of this; secrets in it are not quoted
    static Address of(URI baseUrl, Optional<String> apiKey) {
        if (baseUrl.getRawAuthority() != null && baseUrl.getRawAuthority().contains("@")) {
            throw new IllegalArgumentException(
                    "the upstream's address holds a user's name, expected the API key to be given apart");
        }
        if (baseUrl.getRawQuery() != null || baseUrl.getRawFragment() != null) {
            throw new IllegalArgumentException(
                    "the upstream's address holds a query or a fragment, expected one that ends with its path");
        }
        if (!isHttp(baseUrl)) {
            throw new IllegalArgumentException(
                    "the upstream's address is " + baseUrl + ", expected something like http://127.0.0.1:8080/v1");
        }
        if (apiKey.isPresent() && !isVisibleAscii(apiKey.get())) {
            throw new IllegalArgumentException(
                    "the upstream's API key is empty or has characters other than visible ASCII");
        }
        return new Address(URI.create(baseUrl.toString().replaceFirst("/+$", "")), apiKey);
    }

    private static boolean isHttp(URI url) {
        String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        Matcher authority = AUTHORITY.matcher(url.getRawAuthority() == null ? "" : url.getRawAuthority());
        return (scheme.equals("http") || scheme.equals("https") || scheme.equals(CLEAR_HTTP2))
                && authority.matches()
                && isPort(authority.group(1))
                && isVisibleAscii(url.toString());
    }

    private static boolean isPort(@Nullable String digits) {
        return digits == null || (Integer.parseInt(digits) > 0 && Integer.parseInt(digits) < 1 << 16);
    }

    private static boolean isVisibleAscii(String text) {
        return !text.isEmpty() && text.chars().allMatch(character -> character > ' ' && character < 0x7F);
    }

    /// What messages call the upstream.
    String name() {
        return "upstream " + base;
    }

    /// `failure` with this upstream's name in place of the first "the upstream", which is what those who
    /// don't know the address call it.
    BackendException named(BackendException failure) {
        String message = failure.getMessage();
        return failure.withMessage(message.replaceFirst("the upstream", Matcher.quoteReplacement(name())));
    }

    /// The versions of HTTP to speak, the most wanted first. With TLS the upstream chooses.
    List<HttpVersion> versions() {
        return switch (scheme()) {
            case "https" -> List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1);
            case CLEAR_HTTP2 -> List.of(HttpVersion.HTTP_2);
            default -> List.of(HttpVersion.HTTP_1_1);
        };
    }

    private String scheme() {
        return base.getScheme().toLowerCase(Locale.ROOT);
    }

    /// @param path below the base, such as `/models`
    String url(String path) {
        String address = base.toString();
        return (scheme().equals(CLEAR_HTTP2) ? "http" + address.substring(CLEAR_HTTP2.length()) : address) + path;
    }

    @Override
    public String toString() {
        return name();
    }
}
