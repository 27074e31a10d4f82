package dev.runnel.relay;

import dev.runnel.core.BackendException;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;

/// Where an upstream is, and how it knows us.
///
/// @param base scheme, host and path, without a slash at the end, such as `http://127.0.0.1:8080/v1`
/// @param apiKey the bearer token; never part of a message
record Address(URI base, Optional<String> apiKey) {

    /// @throws IllegalArgumentException if no request can be made of this
    static Address of(URI baseUrl, Optional<String> apiKey) {
        String url = baseUrl.toString();
        if (!isHttp(baseUrl) || baseUrl.getHost() == null) {
            throw new IllegalArgumentException(
                    "the upstream's address is " + url + ", expected something like http://127.0.0.1:8080/v1");
        }
        if (baseUrl.getRawUserInfo() != null) {
            // Not quoted: it is a secret.
            throw new IllegalArgumentException(
                    "the upstream's address holds a user's name, expected the API key to be given apart");
        }
        if (baseUrl.getRawQuery() != null || baseUrl.getRawFragment() != null) {
            throw new IllegalArgumentException(
                    "the upstream's address is " + url + ", expected one that ends with its path");
        }
        if (!apiKey.orElse("none").chars().allMatch(Address::isVisible)
                || apiKey.orElse("none").isEmpty()) {
            throw new IllegalArgumentException(
                    "the upstream's API key is empty or has characters other than visible ASCII");
        }
        return new Address(URI.create(url.replaceFirst("/+$", "")), apiKey);
    }

    private static boolean isHttp(URI url) {
        String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        return scheme.equals("http") || scheme.equals("https");
    }

    private static boolean isVisible(int character) {
        return character > ' ' && character < 0x7F;
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

    /// @param path below the base, such as `/models`
    String url(String path) {
        return base + path;
    }

    @Override
    public String toString() {
        return name();
    }
}
