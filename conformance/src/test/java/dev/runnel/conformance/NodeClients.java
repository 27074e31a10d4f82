package dev.runnel.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.runnel.conformance.Reading.Part;
import dev.runnel.testing.SharedData;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The clients in Node, all in one process that lives as long as the tests do. It gets a line of JSON for each
/// reply that shall be read and gives one back.
///
/// Where there is no Node, or its packages can't be installed, these clients' tests are skipped and say why. Where
/// tests run unattended (`CI` is set) that is a failure.
final class NodeClients {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path FOLDER = SharedData.checkout().resolve("conformance/node");

    /// Node 20 or newer; some of the packages refuse older ones.
    private static final int OLDEST = 20;

    private static @Nullable Start start;

    /// Either the process or the reason why there is none.
    private record Start(@Nullable NodeClients clients, String reason) {}

    /// A client's complaint, with what it says about it.
    static final class NodeFailure extends Exception {
        private static final long serialVersionUID = 1;

        final int status;
        final String code;

        /// Whether it stumbled, over a `TypeError`, rather than judged.
        final boolean fault;

        NodeFailure(JsonNode error) {
            super(error.path("message").asText());
            status = error.path("status").asInt();
            code = error.path("code").asText();
            fault = error.path("fault").asBoolean();
        }
    }

    private final OutputStream in;
    private final BufferedReader out;
    private final List<Client> clients = new ArrayList<>();
    private final Map<Long, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong();

    private NodeClients(Process process) throws IOException {
        in = process.getOutputStream();
        out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
        for (JsonNode entry : JSON.readTree(readLine())) {
            clients.add(new NodeClient(entry));
        }
        Thread.ofPlatform().daemon().name("node").start(this::readResults);
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
    }

    /// All of them, or the calling test is skipped.
    static List<Client> all() {
        return started().clients;
    }

    /// Where their packages are installed.
    static Path packages() {
        var _ = started();
        return FOLDER.resolve("node_modules");
    }

    /// Has something done that isn't reading a reply.
    static JsonNode run(String errand, URI server, String what) throws Exception {
        return started().result(Map.of("errand", errand, "server", server.toString(), "order", what));
    }

    private static synchronized NodeClients started() {
        if (start == null) {
            start = start();
        }
        if (start.clients == null && System.getenv("CI") != null) {
            throw new IllegalStateException(start.reason);
        }
        assumeTrue(start.clients != null, start.reason);
        return start.clients;
    }

    private static Start start() {
        try {
            String version = output("node", "--version").strip();
            if (Integer.parseInt(version.substring(1, version.indexOf('.'))) < OLDEST) {
                return new Start(null, "the clients in Node need Node %d, and this is %s".formatted(OLDEST, version));
            }
        } catch (IOException none) {
            return new Start(null, "there is no Node on the PATH: " + none.getMessage());
        }
        try {
            install();
            return new Start(
                    new NodeClients(new ProcessBuilder("node", "drive.mjs")
                            .directory(FOLDER.toFile())
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start()),
                    "");
        } catch (IOException failure) {
            return new Start(null, "the clients in Node don't start: " + failure.getMessage());
        }
    }

    /// Installs what the lock file says, unless it is there already.
    private static void install() throws IOException {
        Path installed = FOLDER.resolve("node_modules/.installed");
        byte[] wanted = Files.readAllBytes(FOLDER.resolve("package-lock.json"));
        if (!Files.exists(installed) || !Arrays.equals(Files.readAllBytes(installed), wanted)) {
            output("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
            Files.write(installed, wanted);
        }
    }

    private static String output(String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .directory(FOLDER.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        if (process.onExit().join().exitValue() != 0) {
            throw new IOException(String.join(" ", command) + " failed: " + output);
        }
        return output;
    }

    private void readResults() {
        try {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                JsonNode result = JSON.readTree(line);
                CompletableFuture<JsonNode> future =
                        waiting.remove(result.get("id").asLong());
                if (future != null) {
                    future.complete(result);
                }
            }
            waiting.values().forEach(future -> future.completeExceptionally(new IOException("Node has ended")));
        } catch (IOException failure) {
            waiting.values().forEach(future -> future.completeExceptionally(failure));
        }
    }

    private String readLine() throws IOException {
        String line = out.readLine();
        if (line == null) {
            throw new IOException("Node has ended; try `node drive.mjs` in conformance/node");
        }
        return line;
    }

    private JsonNode result(Map<String, Object> errand) throws Exception {
        long id = ids.incrementAndGet();
        CompletableFuture<JsonNode> future = new CompletableFuture<>();
        waiting.put(id, future);
        Map<String, Object> line = new HashMap<>(errand);
        line.put("id", id);
        synchronized (in) {
            in.write((JSON.writeValueAsString(line) + "\n").getBytes(UTF_8));
            in.flush();
        }
        try {
            JsonNode result = future.get(30, TimeUnit.SECONDS);
            if (result.has("error")) {
                throw new NodeFailure(result.get("error"));
            }
            return result.get("reading");
        } catch (TimeoutException tooLong) {
            throw new AssertionError("the client has not ended within 30 s", tooLong);
        } catch (ExecutionException failure) {
            throw new IOException(failure.getCause());
        }
    }

    private final class NodeClient implements Client {

        private final String title;
        private final boolean streams;
        private final boolean asksForUsage;
        private final Set<String> asks = new HashSet<>();
        private final Set<Part> tells = EnumSet.noneOf(Part.class);

        NodeClient(JsonNode entry) {
            title = entry.get("title").asText();
            streams = entry.get("streams").asBoolean();
            asksForUsage = entry.path("asksForUsage").asBoolean();
            entry.get("asks").forEach(ask -> asks.add(ask.asText()));
            entry.get("tells").forEach(part -> tells.add(Part.valueOf(part.asText())));
        }

        @Override
        public String title() {
            return title;
        }

        @Override
        public boolean streams() {
            return streams;
        }

        @Override
        public Set<Part> tells() {
            return tells;
        }

        @Override
        public boolean asks(Scenario scenario) {
            return asks.contains(scenario.ask.name());
        }

        @Override
        public boolean asksForUsage() {
            return asksForUsage;
        }

        @Override
        public Reading read(URI server, Order order) throws Exception {
            JsonNode reading = result(Map.of("client", title, "server", server.toString(), "order", order));
            try {
                return JSON.treeToValue(reading, Reading.class);
            } catch (JsonProcessingException wrong) {
                throw new UncheckedIOException(title + " read something else: " + reading, wrong);
            }
        }
    }
}
