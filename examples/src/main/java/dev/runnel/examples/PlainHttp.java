package dev.runnel.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A streamed reply with nothing but the JDK: one request, and lines as they come.
///
/// The server is the one at OPENAI_BASE_URL, or a Runnel on this machine; the model OPENAI_MODEL, or runnel-tiny.
public final class PlainHttp {

    /// A piece of the answer within its chunk. A program of more than one page has a JSON parser.
    private static final Pattern PIECE = Pattern.compile("\"delta\":\\{\"content\":(\"(?:[^\"\\\\]|\\\\.)*\")");

    private PlainHttp() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        stream(
                URI.create(System.getenv().getOrDefault("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1")),
                System.getenv().getOrDefault("OPENAI_MODEL", "runnel-tiny"),
                "What's 1+1?",
                System.out);
    }

    /// Prints each piece as the JSON string that it is. A reply is complete when `[DONE]` has come, and only then.
    static void stream(URI baseUrl, String model, String question, PrintStream out)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(baseUrl + "/chat/completions"))
                .header("content-type", "application/json")
                .header("authorization", "Bearer " + System.getenv().getOrDefault("OPENAI_API_KEY", "none"))
                .POST(HttpRequest.BodyPublishers.ofString("""
                        {"model": "%s", "stream": true, "messages": [{"role": "user", "content": "%s"}]}
                        """.formatted(model, question)))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<Stream<String>> response = client.send(request, HttpResponse.BodyHandlers.ofLines());
            if (response.statusCode() != 200) {
                throw new IOException(response.statusCode() + " "
                        + String.join("", response.body().toList()));
            }
            boolean done = false;
            try (Stream<String> lines = response.body()) {
                for (String line : (Iterable<String>) lines::iterator) {
                    if (line.startsWith("event: error")) {
                        throw new IOException("the stream broke off: " + line);
                    }
                    done |= line.equals("data: [DONE]");
                    Matcher piece = PIECE.matcher(line);
                    if (piece.find()) {
                        out.println(piece.group(1));
                    }
                }
            }
            if (!done) {
                throw new IOException("the stream ended before it was done");
            }
        }
    }
}
