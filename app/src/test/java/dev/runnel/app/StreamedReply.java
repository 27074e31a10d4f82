package dev.runnel.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

/// A streamed reply of a server, read line by line.
final class StreamedReply implements AutoCloseable {

    private final HttpClient client = HttpClient.newHttpClient();
    private final BufferedReader lines;

    /// @param baseUrl that ends with `/v1`
    StreamedReply(String baseUrl) throws IOException, InterruptedException {
        String body = """
                {"model":"scripted","stream":true,"messages":[{"role":"user","content":"hi"}]}""";
        HttpRequest request = HttpRequest.newBuilder(URI.create(baseUrl + "/chat/completions"))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        lines = new BufferedReader(new InputStreamReader(
                client.send(request, HttpResponse.BodyHandlers.ofInputStream()).body(), StandardCharsets.UTF_8));
    }

    /// Reads until a line has `text` in it.
    void readTo(String text) throws IOException {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.contains(text)) {
                return;
            }
        }
        throw new AssertionError("the stream ended before " + text);
    }

    String rest() throws IOException {
        return lines.readAllAsString();
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
