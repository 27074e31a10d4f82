package dev.runnel.server;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Set;

/// Whose web pages may call. A browser sends a page's origin with whatever the page posts, and a server
/// that is open on a developer's machine is open to every page the developer visits, so by default only
/// pages from this machine may. Clients that are no browsers send no origin.
///
/// @param allowed origins as browsers write them, or `*` for all
record Origins(Set<String> allowed) {

    private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");

    boolean allow(String origin) {
        return allowed.contains("*") || allowed.contains(origin) || isThisMachine(origin);
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
