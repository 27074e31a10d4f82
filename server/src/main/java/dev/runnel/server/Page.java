package dev.runnel.server;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The page at `/`, on which a person talks to the server: a handful of files that lie beside this class, read
/// once. A path names one of them or none; no path is ever looked up in a file system.
///
/// Each file names the others, and what it asks of the server, by relative addresses, so the page works
/// wherever a proxy puts it.
final class Page {

    /// Only what comes from this server may run, be shown or be called, nothing that stands in the page's own
    /// text, and text that isn't the page's never becomes elements: what a model says is no program.
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            + "require-trusted-types-for 'script'; trusted-types 'none'";

    private static final String SCRIPT = "text/javascript; charset=utf-8";

    private final Map<String, File> files = Stream.of(
                    read("/", "index.html", "text/html; charset=utf-8"),
                    read("/page/page.css", "page.css", "text/css; charset=utf-8"),
                    read("/page/icon.svg", "icon.svg", "image/svg+xml"),
                    read("/page/page.js", "page.js", SCRIPT),
                    read("/page/reply.js", "reply.js", SCRIPT),
                    read("/page/api.js", "api.js", SCRIPT),
                    read("/page/markdown.js", "markdown.js", SCRIPT),
                    read("/page/timeline.js", "timeline.js", SCRIPT),
                    read("/page/store.js", "store.js", SCRIPT),
                    read("/page/words.js", "words.js", SCRIPT))
            .collect(Collectors.toUnmodifiableMap(File::path, file -> file));

    static final class File {

        private final String path;
        private final String type;
        private final byte[] bytes;
        private final String tag;

        private File(String path, String type, byte[] bytes) {
            this.path = path;
            this.type = type;
            this.bytes = bytes;
            tag = Page.tag(bytes);
        }

        String path() {
            return path;
        }

        Buffer body() {
            return Buffer.buffer(bytes);
        }

        Map<String, String> headers() {
            return Map.of(
                    "content-type",
                    type,
                    "etag",
                    tag,
                    "cache-control",
                    "no-cache",
                    "content-security-policy",
                    POLICY,
                    "x-content-type-options",
                    "nosniff",
                    "referrer-policy",
                    "no-referrer");
        }

        /// Whether the browser has it already.
        ///
        /// @param ifNoneMatch the header of that name
        boolean isKnown(@Nullable String ifNoneMatch) {
            return ifNoneMatch != null
                    && Arrays.stream(ifNoneMatch.split(","))
                            .map(String::strip)
                            .anyMatch(known -> known.equals("*") || known.equals(tag) || known.equals("W/" + tag));
        }
    }

    /// @param path as it was sent, without the query
    Optional<File> at(String path) {
        return Optional.ofNullable(files.get(path));
    }

    private static File read(String path, String name, String type) {
        try (InputStream in = Page.class.getResourceAsStream("page/" + name)) {
            if (in == null) {
                throw new IllegalStateException("the page's file " + name + " is missing from this build");
            }
            return new File(path, type, in.readAllBytes());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String tag(byte[] bytes) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
            return '"' + HexFormat.of().formatHex(hash, 0, 8) + '"';
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }
}
