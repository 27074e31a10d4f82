package dev.runnel.relay;

import dev.runnel.core.Backend;
import dev.runnel.core.CompletionRequest;
import dev.runnel.testing.BackendContract;
import dev.runnel.testing.RawUpstream;
import dev.runnel.testing.RawUpstream.Answer;
import dev.runnel.testing.RawUpstream.Chunks;
import dev.runnel.testing.RawUpstream.Request;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;

/// The contract of every backend, over an upstream made of a socket.
class UpstreamContractTest extends BackendContract {

    private static final List<String> SHORT = List.of(
            Chunks.ROLE,
            Chunks.text("Hel"),
            Chunks.text("lo"),
            Chunks.text(" 你好"),
            Chunks.text("!"),
            Chunks.STOP,
            Chunks.USAGE,
            Chunks.DONE);

    private RawUpstream raw;

    @Override
    protected Backend open() throws IOException {
        raw = new RawUpstream(UpstreamContractTest::answer);
        return Upstream.open(raw.baseUrl(), Optional.empty(), UpstreamOptions.DEFAULT.withModels(List.of("raw")));
    }

    /// Does what the prompt's text names.
    private static void answer(Request request, Answer to) throws IOException {
        if (!request.body().contains("\"model\":\"raw\"")) {
            to.json(404, """
                    {"error":{"message":"no 'no/such-model' here","type":"invalid_request_error",\
                    "param":"model","code":"model_not_found"}}""");
        } else if (request.body().contains("\"short\"")) {
            to.stream();
            for (String chunk : SHORT) {
                to.event(chunk);
            }
            to.end();
        } else if (request.body().contains("\"endless\"")) {
            to.stream().event(Chunks.ROLE);
            while (true) {
                to.event(Chunks.text("tick "));
            }
        } else {
            failAfter(Integer.parseInt(request.body().replaceFirst(".*\"fail after (\\d+)\".*", "$1")), to);
        }
    }

    private static void failAfter(int events, Answer to) throws IOException {
        String error = """
                {"error":{"message":"the script says so","type":"server_error","param":null,"code":null}}""";
        if (events == 0) {
            to.json(500, error);
            return;
        }
        to.stream();
        for (String chunk : SHORT.subList(0, events)) {
            to.event(chunk);
        }
        to.part("event: error\ndata: " + error + "\n\n").end();
    }

    @Override
    protected CompletionRequest shortRequest() {
        return CompletionRequest.of("raw", "short");
    }

    @Override
    protected CompletionRequest endlessRequest() {
        return CompletionRequest.of("raw", "endless");
    }

    @Override
    protected Optional<CompletionRequest> requestFailingAfter(int events) {
        return Optional.of(CompletionRequest.of("raw", "fail after " + events));
    }

    @Override
    protected int inProgress() {
        return raw.answering();
    }

    @AfterEach
    void closeUpstream() throws IOException {
        raw.close();
    }
}
