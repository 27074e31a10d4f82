package dev.runnel.server;

import io.vertx.core.net.HostAndPort;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Whose web pages may call. A browser sends a page's origin with whatever the page posts, and a server
/// that is open on a developer's machine is open to every page the developer visits, so by default only
/// pages from this machine may. Clients that are no browsers send no origin.
///
/// @param allowed origins as browsers write them, or `*` for all
record Origins(Set<String> allowed) {

    private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");

    private static final Pattern NUMBER =
            Pattern.compile("([0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9a-fA-F:.]+])(:[0-9]+)?");

    boolean allow(String origin) {
        return allowed.contains("*") || allowed.contains(origin) || isThisMachine(origin);
    }

    /// Whether a page came from this server itself, by an address that is a number. A name proves nothing:
    /// whoever owns it can have it lead to this machine once the page is there.
    ///
    /// @param authority this server, as the browser calls it
    static boolean isOwn(String origin, @Nullable HostAndPort authority) {
        return authority != null
                && NUMBER.matcher(authority.toString()).matches()
                && origin.equals("http://" + authority);
    }

    private static boolean isThisMachine(String origin) {
        try {
            String host = new URI(origin).getHost();
            return host != null && THIS_MACHINE.contains(host);
        } catch (URISyntaxException notAnOrigin) {
            return false;
        }
    }
}
