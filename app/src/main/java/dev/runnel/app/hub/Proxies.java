package dev.runnel.app.hub;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// The proxies that the environment names, as curl understands it and the JDK doesn't: `HTTPS_PROXY`, `HTTP_PROXY`,
/// `ALL_PROXY`, and hosts without one in `NO_PROXY`; in small letters too.
record Proxies(Map<String, String> environment) {

    /// The proxy on the way to an address, if one is named.
    Optional<Proxy> to(URI address) {
        String host = Objects.requireNonNullElse(address.getHost(), "");
        if (isExempt(host)) {
            return Optional.empty();
        }
        return variable(address.getScheme() + "_proxy")
                .or(() -> variable("all_proxy"))
                .map(Proxies::parse);
    }

    private static Proxy parse(String proxy) {
        if (proxy.contains("@")) { // nor is a password to be seen in a message
            throw new HubException("the environment's proxy is named with a user or a password, which are not sent;"
                    + " name one that asks for neither, or exempt the host in NO_PROXY");
        }
        URI address;
        try {
            address = URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
        } catch (IllegalArgumentException malformed) {
            throw new HubException("the environment's proxy '%s' is no address".formatted(proxy), malformed);
        }
        String scheme = address.getScheme().toLowerCase(Locale.ROOT);
        if (address.getHost() == null || !(scheme.startsWith("http") || scheme.startsWith("socks"))) {
            throw new HubException("the environment's proxy is '%s', expected http:// or socks5://, a host and a port"
                    .formatted(proxy));
        }
        int port = address.getPort() >= 0 ? address.getPort() : 1080;
        return new Proxy(
                scheme.startsWith("socks") ? Proxy.Type.SOCKS : Proxy.Type.HTTP,
                new InetSocketAddress(address.getHost(), port));
    }

    private boolean isExempt(String host) {
        return Arrays.stream(variable("no_proxy").orElse("").split(","))
                .map(String::strip)
                .filter(entry -> !entry.isEmpty())
                .map(entry -> entry.startsWith(".") ? entry.substring(1) : entry)
                .anyMatch(entry -> entry.equals("*")
                        || host.equalsIgnoreCase(entry)
                        || host.toLowerCase(Locale.ROOT).endsWith("." + entry.toLowerCase(Locale.ROOT)));
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name))
                .or(() -> Optional.ofNullable(environment.get(name.toUpperCase(Locale.ROOT))))
                .filter(value -> !value.isBlank())
                .map(String::strip);
    }
}
