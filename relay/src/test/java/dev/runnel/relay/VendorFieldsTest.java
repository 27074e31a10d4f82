package dev.runnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.server.CompletionServer;
import dev.runnel.server.ServerOptions;
import dev.runnel.testing.RawUpstream;
import dev.runnel.testing.RawUpstream.Chunks;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What an upstream says that no event has words for, as a client of ours receives it.
class VendorFieldsTest {

    private static void answer(RawUpstream.Request request, RawUpstream.Answer to) throws IOException {
        to.stream()
                .event(Chunks.ROLE)
                .event(Chunks.text("Hel").replace("\"choices\"", "\"provider\":\"P\",\"choices\""))
                .event(Chunks.text("lo").replace("\"delta\":{", "\"stop_reason\":3,\"delta\":{\"audio\":1,"))
                .event(Chunks.STOP)
                .event(Chunks.USAGE.replace("\"choices\"", "\"citations\":[],\"choices\""))
                .event(Chunks.DONE)
                .end();
    }

    /// @param extra members of the request
    private static List<String> lines(RawUpstream.Script script, String extra) throws Exception {
        try (RawUpstream raw = new RawUpstream(script);
                Upstream upstream = Upstream.open(
                        raw.baseUrl(), Optional.empty(), UpstreamOptions.DEFAULT.withModels(List.of("raw")));
                CompletionServer server = CompletionServer.start(ServerOptions.at("127.0.0.1", 0));
                HttpClient client = HttpClient.newHttpClient()) {
            server.serve(upstream);
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + server.port() + "/v1/chat/completions"))
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(
                            "{\"model\":\"raw\",%s\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"
                                    .formatted(extra)))
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.ofLines())
                    .body()
                    .filter(line -> !line.isEmpty())
                    .toList();
        }
    }

    @Test
    void theyReachTheClientInTheChunkWhereTheyCame() throws Exception {
        List<String> chunks = lines(VendorFieldsTest::answer, "\"stream\":true,");

        assertThat(chunks).hasSize(5);
        assertThat(chunks.get(1))
                .contains("\"provider\":\"P\",\"choices\":[{\"index\":0")
                .contains("Hel");
        assertThat(chunks.get(2))
                .contains("\"choices\":[{\"stop_reason\":3,", "\"delta\":{\"audio\":1,\"content\":\"lo\"}");
        assertThat(chunks.get(3)).contains("\"citations\":[],\"choices\":[{").contains("\"finish_reason\":\"stop\"");
        assertThat(chunks.get(4)).isEqualTo("data: [DONE]");
    }

    @Test
    void aWholeReplyHasThemAtTheSameLevels() throws Exception {
        String whole = lines(VendorFieldsTest::answer, "").getFirst();

        assertThat(whole)
                .contains("\"content\":\"Hello\",\"refusal\":null,\"audio\":1}")
                .contains("\"finish_reason\":\"stop\",\"stop_reason\":3}]")
                .endsWith(",\"provider\":\"P\",\"citations\":[]}");
    }

    @Test
    void whatPiecesSayDifferentlyIsNotInAWholeReplySinceOnlyItsVendorCanPutItTogether() throws Exception {
        String whole = lines(
                        (_, to) -> to.stream()
                                .event(Chunks.text("a").replace("\"delta\":{", "\"delta\":{\"part\":1,\"same\":true,"))
                                .event(Chunks.text("b").replace("\"delta\":{", "\"delta\":{\"part\":2,\"same\":true,"))
                                .event(Chunks.STOP)
                                .event(Chunks.USAGE)
                                .event(Chunks.DONE)
                                .end(),
                        "")
                .getFirst();

        assertThat(whole).contains("\"same\":true").doesNotContain("\"part\"");
    }
}
