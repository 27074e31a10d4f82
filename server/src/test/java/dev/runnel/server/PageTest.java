package dev.runnel.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PageTest {

    private static final Script HELLO = Script.saying(Serving.MODEL, "Hel", "lo");

    @ParameterizedTest
    @CsvSource({
        "/, text/html; charset=utf-8",
        "/?from=somewhere, text/html; charset=utf-8",
        "/page/page.css, text/css; charset=utf-8",
        "/page/page.js, text/javascript; charset=utf-8",
        "/page/icon.svg, image/svg+xml"
    })
    void aFileOfThePageSaysWhatItIsAndHowItMayBeKept(String path, String type) throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> reply = serving.get(path);

            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(reply.headers().firstValue("content-type")).contains(type);
            assertThat(reply.headers().firstValue("cache-control")).contains("no-cache");
            assertThat(reply.headers().firstValue("etag").orElseThrow()).matches("\"[0-9a-f]{16}\"");
            assertThat(reply.headers().firstValue("x-content-type-options")).contains("nosniff");
            assertThat(reply.headers().firstValue("referrer-policy")).contains("no-referrer");
            assertThat(reply.body()).isNotBlank();
        }
    }

    @Test
    void nothingRunsOnThePageThatIsNotThisServers() throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            String policy = serving.get("/")
                    .headers()
                    .firstValue("content-security-policy")
                    .orElseThrow();

            assertThat(policy)
                    .contains("default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'")
                    .doesNotContain("unsafe", "*", "http");
        }
    }

    @Test
    void everythingThePageNamesIsThereAndNamedRelatively() throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            List<String> named =
                    addresses("(?:href|src)=\"([^\"#]+)\"", serving.get("/").body());

            assertThat(named).contains("page/page.js", "page/page.css").noneMatch(each -> each.startsWith("/"));
            for (String each : named) {
                HttpResponse<String> file = serving.get("/" + each);
                assertThat(file.statusCode()).as(each).isEqualTo(200);
                for (String module : addresses("from '\\./([^']+)'", file.body())) {
                    assertThat(serving.get("/page/" + module).statusCode())
                            .as(module)
                            .isEqualTo(200);
                }
            }
        }
    }

    private static List<String> addresses(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
    }

    @Test
    void aFileThatTheBrowserHasIsNotSentAgain() throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            String tag =
                    serving.get("/page/page.js").headers().firstValue("etag").orElseThrow();

            for (String known : List.of(tag, "W/" + tag, "\"other\", " + tag, "*")) {
                HttpResponse<String> reply = serving.get("/page/page.js", "if-none-match", known);
                assertThat(reply.statusCode()).as(known).isEqualTo(304);
                assertThat(reply.headers().firstValue("etag")).contains(tag);
                assertThat(reply.body()).isEmpty();
            }
            assertThat(serving.get("/page/page.js", "if-none-match", "\"other\"")
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void headTellsTheLengthAndNothingMore() throws Exception {
        try (Serving serving = Serving.script(HELLO);
                RawClient client = RawClient.to(serving.server())) {
            String length =
                    serving.get("/").headers().firstValue("content-length").orElseThrow();

            client.send("HEAD / HTTP/1.1\r\nhost: test\r\n\r\nGET /health HTTP/1.1\r\nhost: test\r\n\r\n");

            assertThat(client.readThrough("\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .contains("content-length: " + length);
            assertThat(client.readReply().body()).isEqualTo("{\"status\":\"ok\"}");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/page/",
                "/page/index.html",
                "/page/../page/page.js",
                "/page/%2e%2e/Page.class",
                "/page/../../../../etc/passwd",
                "/page/..%2f..%2fPage.class",
                "/page//page.js",
                "/v1/page/page.js",
                "/v1/"
            })
    void nothingElseIsReachedBesideThePage(String path) throws Exception {
        try (Serving serving = Serving.script(HELLO);
                RawClient client = RawClient.to(serving.server())) {
            RawClient.Reply reply = client.send("GET " + path + " HTTP/1.1\r\nhost: test\r\n\r\n")
                    .readReply();

            assertThat(reply.status()).isEqualTo(404);
        }
    }

    @Test
    void thePageIsOnlyRead() throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> reply = serving.post("/", "{}");

            assertThat(reply.statusCode()).isEqualTo(405);
            assertThat(reply.headers().firstValue("allow")).contains("GET, HEAD, OPTIONS");
        }
    }

    @Test
    void thePageComesWithoutAKeyAndBeforeThereIsAModel() throws Exception {
        ScriptedBackend backend = new ScriptedBackend(Serving.MODEL, HELLO);
        try (Serving serving = Serving.loading(backend, options -> options.withApiKeys(Set.of("right")))) {
            assertThat(serving.get("/").statusCode()).isEqualTo(200);
            assertThat(serving.get("/v1/models").statusCode()).isEqualTo(401);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.7:8080, http://192.0.2.7:8080, 200",
        "[2001:db8::7]:8080, http://[2001:db8::7]:8080, 200",
        "192.0.2.7:8080, http://192.0.2.7:8081, 403",
        "192.0.2.7:8080, http://192.0.2.8:8080, 403",
        "runnel.example:8080, http://runnel.example:8080, 403"
    })
    void aPageOfThisServerMayCallWhereItsAddressIsANumber(String host, String origin, int status) throws Exception {
        try (Serving serving = Serving.script(HELLO);
                RawClient client = RawClient.to(serving.server())) {
            client.send("GET /v1/models HTTP/1.1\r\nhost: " + host + "\r\norigin: " + origin + "\r\n\r\n");

            assertThat(client.readReply().status()).isEqualTo(status);
        }
    }
}
