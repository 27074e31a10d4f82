package dev.runnel.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.Script;
import dev.runnel.core.TokenEvent;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// The server's page in a real browser. What is done there, and what must come of it, is told in
/// `conformance/node/page.mjs`; here are the replies.
class PageTest {

    private static final String MODEL = ScriptedServer.MODEL;

    private static final Script MARKDOWN = Script.saying(
            MODEL,
            "# Ti",
            "tle\n\nSome **bo",
            "ld** text:\n1. one\n",
            "2. two\n\n```ja",
            "va\nint x = 1;\n",
            "\nint y = 2;\n```\n",
            "| a | b |\n|---|---|\n",
            "| 1 | 2 |\n\n> quoted\n\n",
            "See [this](https://exam",
            "ple.org/a).");

    private static final Script LISTS = Script.saying(MODEL, """
            1. **Foo**
            - a
            - b

            2. **Bar**
            - c

            3. Build
               ```sh
               # all

                 if x:
                   y
               ```
            4. Run
              ```
              if x:
                y
              ```
            5. Look
               - ```
                 - no item
                 # no title
                 ```
            6. ```npm i``` installs it.

            Done.
            """);

    private static final Script LOOKALIKES = Script.saying(MODEL, """
            def f(*all, **named): pass

            5*(3+2)*4

            ***both***

            | a | b |
            |---|---|
            | x \\| y | z |

            # C#
            """);

    /// A heading, and a paragraph of beginnings without an end.
    private static final Script LONG =
            Script.saying(MODEL, "# a" + " ".repeat(100_000) + "b\n\n", " __a".repeat(50_000));

    private static final Script HOSTILE = Script.saying(
            MODEL,
            "<img src=x onerror=alert(1)> ",
            "<script>alert(2)</script> ",
            "![picture](https://elsewhere.example/p.png) ",
            "[click](javascript:alert(3))");

    private static final Script SLOW =
            Script.saying(MODEL, "One", " two", " three.").paced(Duration.ofMillis(20));

    @TestFactory
    Stream<DynamicTest> inABrowser() throws Exception {
        Optional<Path> browser = chromium();
        assumeTrue(browser.isPresent(), "there is no Chromium on the PATH");
        Path packages = NodeClients.packages();
        List<JsonNode> results = new ArrayList<>();
        try (ScriptedServer open = serving(Set.of());
                ScriptedServer guarded = serving(Set.of("secret"))) {
            Process process = new ProcessBuilder(
                            "node", "page.mjs", browser.orElseThrow().toString(), open.uri() + "/", guarded.uri() + "/")
                    .directory(packages.getParent().toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            process.getOutputStream().close();
            ObjectMapper json = new ObjectMapper();
            String output = new String(process.getInputStream().readAllBytes(), UTF_8);
            for (String line : output.lines().toList()) {
                results.add(json.readTree(line));
            }
            assertThat(process.waitFor()).isZero();
            assertThat(open.inProgress()).as("completions that were left").isZero();
        }
        return results.stream()
                .map(result -> DynamicTest.dynamicTest(
                        result.get("name").asText(),
                        () -> assertThat(result.path("failure").asText()).isEmpty()));
    }

    private static ScriptedServer serving(Set<String> keys) {
        ScriptedServer server = new ScriptedServer(options -> options.withApiKeys(keys));
        server.on("markdown", MARKDOWN);
        server.on("lists", LISTS);
        server.on("lookalikes", LOOKALIKES);
        server.on("long", LONG);
        server.on("hostile", HOSTILE);
        server.on("slow", SLOW);
        server.on("slower", SLOW.paced(Duration.ofMillis(700)));
        server.on("brief", Script.saying(MODEL, "Yes."));
        server.on("endless", Script.saying(MODEL, "One", " two", " three").hangingAfter(3));
        server.on("once", _ -> server.asked("once") == 1 ? SLOW : SLOW.hangingAfter(3));
        server.on("breaks", SLOW.failingAfter(3, BackendException.invalidRequest("model", "the cable is loose")));
        server.on("refused", SLOW.failingAfter(0, BackendException.invalidRequest("model", "not today")));
        server.on("tools", PageTest::call);
        return server;
    }

    private static Script call(CompletionRequest request) {
        if (((Prompt.Chat) request.prompt()).messages().getLast() instanceof Message.ToolResult result) {
            return Script.saying(MODEL, "It has ", result.text(), ".");
        }
        return Script.of(
                new TokenEvent.Started(MODEL, 1),
                new TokenEvent.Call(0, "call_1", "weather"),
                new TokenEvent.Arguments(0, "{\"city\":"),
                new TokenEvent.Arguments(0, "\"北京\"}"),
                new TokenEvent.Finished(0, FinishReason.TOOL_CALLS),
                new TokenEvent.Usage(20, 12));
    }

    private static Optional<Path> chromium() {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .flatMap(folder -> Stream.of("chromium", "chromium-browser", "google-chrome")
                        .map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
