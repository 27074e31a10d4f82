package dev.runnel.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.runnel.engine.fixtures.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A client of a server, made of the JDK's alone, so that what the server writes is not read by what wrote it.
final class JsonClient implements AutoCloseable {

    private static final String DATA = "data: ";

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String address;

    JsonClient(int port) {
        address = "http://127.0.0.1:" + port;
    }

    /// The reply to a request, which must have `status`.
    Map<?, ?> post(int status, String path, String body) throws IOException, InterruptedException {
        return (Map<?, ?>) Json.parse(text(status, path, body));
    }

    /// The chunks of a reply, which must end as it should.
    List<Map<?, ?>> stream(String path, String body) throws IOException, InterruptedException {
        List<String> data = text(200, path, body)
                .lines()
                .filter(line -> line.startsWith(DATA))
                .map(line -> line.substring(DATA.length()))
                .toList();
        if (data.isEmpty() || !data.getLast().equals("[DONE]")) {
            throw new AssertionError("the stream does not end with [DONE]: " + data);
        }
        List<Map<?, ?>> chunks = new ArrayList<>();
        for (String each : data.subList(0, data.size() - 1)) {
            chunks.add((Map<?, ?>) Json.parse(each));
        }
        return chunks;
    }

    private String text(int status, String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<byte[]> reply = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        String text = new String(reply.body(), UTF_8);
        if (reply.statusCode() != status) {
            throw new AssertionError("%s answered %d: %s".formatted(path, reply.statusCode(), text));
        }
        return text;
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
