package dev.runnel.app.hub;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A hub on this machine, and a store on another address that it redirects to. It speaks as Hugging Face's does, and
/// as ModelScope's, and fails as it is told.
public final class SmallHub implements AutoCloseable {

    public static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    private static final Pattern LIST = Pattern.compile("/api/models/([^/]+/[^/]+)/revision/([^/]+)");
    private static final Pattern FILE = Pattern.compile("(?:/models)?/([^/]+/[^/]+)/resolve/([^/]+)/(.+)");
    private static final Pattern SCOPE_LIST = Pattern.compile("/api/v1/models/([^/]+/[^/]+)/repo/files");
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");

    /// What was asked, and of whom.
    public record Seen(String host, String method, String path, String range, String authorization) {}

    /// How the next answer fails.
    interface Fault {
        /// @param bytes that the answer should have
        void answer(HttpExchange exchange, byte[] bytes) throws IOException, InterruptedException;
    }

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer hub = start("127.0.0.1");
    private final HttpServer store = start("localhost");
    private final Map<String, Map<String, byte[]>> repositories = new ConcurrentHashMap<>();
    private final List<Seen> seen = new CopyOnWriteArrayList<>();

    /// Of the store's answers, one after another.
    final Queue<Fault> faults = new ConcurrentLinkedQueue<>();

    /// Of the hub's answers, one after another.
    final Queue<Fault> hubFaults = new ConcurrentLinkedQueue<>();

    /// Of all the store's answers.
    volatile @Nullable Fault lastingFault;

    volatile boolean knowsRanges = true;
    volatile boolean listsBlobs = true;
    volatile String commit = COMMIT;
    volatile String neededToken = "";

    private HttpServer start(String host) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(host), 0), 0);
            server.setExecutor(threads);
            server.createContext("/", exchange -> answer(host, exchange));
            server.start();
            return server;
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    public String endpoint() {
        return "http://127.0.0.1:" + hub.getAddress().getPort();
    }

    /// Puts a file into a repository.
    public SmallHub with(String repository, String path, byte[] bytes) {
        repositories.computeIfAbsent(repository, _ -> new TreeMap<>()).put(path, bytes);
        return this;
    }

    /// What was asked of the hub and of the store.
    public List<Seen> seen() {
        return List.copyOf(seen);
    }

    /// What was asked of the store.
    List<Seen> fetched() {
        return seen.stream().filter(each -> each.host().equals("localhost")).toList();
    }

    void forget() {
        seen.clear();
    }

    /// From now on, gives no more than so many bytes of an answer and then nothing.
    public void fallSilentAfter(int bytes) {
        lastingFault = (exchange, all) -> {
            exchange.sendResponseHeaders(206, all.length);
            exchange.getResponseBody().write(all, 0, bytes);
            exchange.getResponseBody().flush();
            Thread.sleep(60_000);
        };
    }

    public void speakAgain() {
        lastingFault = null;
    }

    private void answer(String host, HttpExchange exchange) throws IOException {
        Headers headers = exchange.getRequestHeaders();
        String path = exchange.getRequestURI().getPath();
        String authorization =
                Optional.ofNullable(headers.getFirst("Authorization")).orElse("");
        String range = Optional.ofNullable(headers.getFirst("Range")).orElse("");
        seen.add(new Seen(host, exchange.getRequestMethod(), path, range, authorization));
        try (exchange) {
            if (host.equals("localhost")) {
                give(exchange, path, range);
                return;
            }
            Fault fault = hubFaults.poll();
            if (fault != null) {
                fault.answer(exchange, new byte[0]);
            } else if (!neededToken.isEmpty() && !authorization.equals("Bearer " + neededToken)) {
                error(authorization.isEmpty() ? 401 : 403, "GatedRepo").answer(exchange, new byte[0]);
            } else {
                answerHub(exchange, path);
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private void answerHub(HttpExchange exchange, String path) throws IOException, InterruptedException {
        Matcher list = LIST.matcher(path);
        Matcher file = FILE.matcher(path);
        Matcher scopeList = SCOPE_LIST.matcher(path);
        if (list.matches()) {
            Map<String, byte[]> files = repositories.get(list.group(1));
            if (files == null) {
                error(404, "RepoNotFound").answer(exchange, new byte[0]);
            } else if (!List.of("main", commit).contains(list.group(2))) {
                error(404, "RevisionNotFound").answer(exchange, new byte[0]);
            } else {
                send(exchange, 200, listing(files).getBytes(StandardCharsets.UTF_8));
            }
        } else if (scopeList.matches()) {
            Map<String, byte[]> files = repositories.get(scopeList.group(1));
            String body = files == null
                    ? "{\"Code\":10010205001,\"Message\":\"no such model\",\"Success\":false}"
                    : scopeListing(files);
            send(exchange, files == null ? 404 : 200, body.getBytes(StandardCharsets.UTF_8));
        } else if (file.matches()
                && repositories.getOrDefault(file.group(1), Map.of()).containsKey(file.group(3))) {
            byte[] bytes = repositories.get(file.group(1)).get(file.group(3));
            exchange.getResponseHeaders().add("X-Repo-Commit", commit);
            exchange.getResponseHeaders().add("X-Linked-Etag", "\"" + sha256(bytes) + "\"");
            exchange.getResponseHeaders().add("X-Linked-Size", String.valueOf(bytes.length));
            exchange.getResponseHeaders()
                    .add(
                            "Location",
                            "http://localhost:" + store.getAddress().getPort() + "/" + file.group(1) + "/"
                                    + Hub.encoded(file.group(3)) + "?signature=secret");
            exchange.sendResponseHeaders(302, -1);
        } else {
            error(404, "EntryNotFound").answer(exchange, new byte[0]);
        }
    }

    private String listing(Map<String, byte[]> files) {
        return files.entrySet().stream()
                .map(file -> {
                    byte[] bytes = file.getValue();
                    String name = "{\"rfilename\":\"" + file.getKey() + "\"";
                    if (!listsBlobs) {
                        return name + "}";
                    }
                    return file.getKey().startsWith("small/")
                            ? name + ",\"size\":" + bytes.length + ",\"blobId\":\"" + gitName(bytes) + "\"}"
                            : name + ",\"size\":" + bytes.length + ",\"blobId\":\"" + gitName(bytes)
                                    + "\",\"lfs\":{\"sha256\":\"" + sha256(bytes) + "\",\"size\":" + bytes.length
                                    + ",\"pointerSize\":135}}";
                })
                .collect(Collectors.joining(
                        ",",
                        "{\"id\":\"x\",\"tags\":[\"gguf\",null,1.5],\"sha\":\"" + commit + "\",\"siblings\":[",
                        "]}"));
    }

    private static String scopeListing(Map<String, byte[]> files) {
        return files.entrySet().stream()
                .map(file -> "{\"Type\":\"blob\",\"Path\":\"" + file.getKey() + "\",\"Size\":" + file.getValue().length
                        + ",\"Sha256\":\"" + sha256(file.getValue()) + "\"}")
                .collect(Collectors.joining(
                        ",",
                        "{\"Code\":200,\"Success\":true,\"Data\":{\"Files\":[{\"Type\":\"tree\",\"Path\":\"dir\"},",
                        "]}}"));
    }

    private void give(HttpExchange exchange, String path, String range) throws IOException, InterruptedException {
        byte[] file = repositories.entrySet().stream()
                .filter(repository -> path.startsWith("/" + repository.getKey() + "/"))
                .map(repository -> repository
                        .getValue()
                        .get(path.substring(repository.getKey().length() + 2)))
                .findFirst()
                .orElseThrow();
        Matcher span = RANGE.matcher(range);
        byte[] part = file;
        if (knowsRanges && span.matches()) {
            int first = Integer.parseInt(span.group(1));
            int last = Math.min(Integer.parseInt(span.group(2)), file.length - 1);
            part = Arrays.copyOfRange(file, first, last + 1);
            exchange.getResponseHeaders().add("Content-Range", "bytes " + first + "-" + last + "/" + file.length);
        }
        Fault fault = faults.poll();
        Fault lasting = lastingFault;
        if (fault != null) {
            fault.answer(exchange, part);
        } else if (lasting != null) {
            lasting.answer(exchange, part);
        } else {
            send(exchange, knowsRanges && span.matches() ? 206 : 200, part);
        }
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    /// A status, and a word for programs.
    static Fault error(int status, String code) {
        return (exchange, _) -> {
            exchange.getResponseHeaders().add("X-Error-Code", code);
            exchange.sendResponseHeaders(status, -1);
        };
    }

    static Fault busy(int status, int retryAfterSeconds) {
        return (exchange, _) -> {
            exchange.getResponseHeaders().add("Retry-After", String.valueOf(retryAfterSeconds));
            exchange.sendResponseHeaders(status, -1);
        };
    }

    /// Closes the connection after so many of the bytes that were announced.
    static Fault cutAfter(int count) {
        return (exchange, bytes) -> {
            exchange.sendResponseHeaders(206, bytes.length);
            exchange.getResponseBody().write(bytes, 0, Math.min(count, bytes.length));
            exchange.getResponseBody().flush();
        };
    }

    /// Announces the bytes and sends none.
    static Fault silent() {
        return (exchange, bytes) -> {
            exchange.sendResponseHeaders(206, bytes.length);
            exchange.getResponseBody().flush();
            Thread.sleep(60_000);
        };
    }

    /// Sends a byte now and then.
    static Fault dripping() {
        return (exchange, bytes) -> {
            exchange.sendResponseHeaders(206, bytes.length);
            for (byte each : bytes) {
                exchange.getResponseBody().write(each);
                exchange.getResponseBody().flush();
                Thread.sleep(20);
            }
        };
    }

    /// Other bytes, as many.
    static Fault wrongBytes() {
        return (exchange, bytes) -> send(exchange, 206, new byte[bytes.length]);
    }

    /// Another range than was asked for.
    static Fault wrongRange() {
        return (exchange, bytes) -> {
            exchange.getResponseHeaders().set("Content-Range", "bytes 7-" + (6 + bytes.length) + "/" + bytes.length);
            send(exchange, 206, bytes);
        };
    }

    static String sha256(byte[] bytes) {
        return hash("SHA-256", bytes);
    }

    static String gitName(byte[] bytes) {
        byte[] header = ("blob " + bytes.length + "\0").getBytes(StandardCharsets.US_ASCII);
        byte[] all = Arrays.copyOf(header, header.length + bytes.length);
        System.arraycopy(bytes, 0, all, header.length, bytes.length);
        return hash("SHA-1", all);
    }

    private static String hash(String algorithm, byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @Override
    public void close() {
        hub.stop(0);
        store.stop(0);
        threads.shutdownNow();
    }
}
