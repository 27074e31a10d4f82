package dev.runnel.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.runnel.conformance.Client.Order;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Text comes out as it went in, whatever the tokens: any bytes, cut anywhere, with any stop strings. The tokens are
/// made up; the way from bytes to text is the engine's, and the way from there to the client is the server's.
class TextTest {

    /// What texts are made of: several scripts, emoji of several code points, JSON's own signs, controls, the look
    /// of control tokens, and bytes that are no text.
    private static final List<byte[]> PARTS = List.of(
            "hello ".getBytes(UTF_8),
            "世界".getBytes(UTF_8),
            "你好,".getBytes(UTF_8),
            "👩‍👩‍👧‍👦".getBytes(UTF_8),
            "😀".getBytes(UTF_8),
            "naïve é".getBytes(UTF_8),
            "{\"a\": [\\\"]}".getBytes(UTF_8),
            "\n\r\n\t".getBytes(UTF_8),
            "\u0000\u001F\u007F\u0085\u2028\u2029\uFEFF".getBytes(UTF_8),
            "<|im_start|>".getBytes(UTF_8),
            "data: [DONE]\n\n".getBytes(UTF_8),
            "\uFFFD".getBytes(UTF_8),
            new byte[] {(byte) 0xE4, (byte) 0xB8}, // the beginning of a character
            new byte[] {(byte) 0xFF},
            new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80}); // half of a pair, which is no character

    private static final List<String> STOPS =
            List.of("世", "界你", "lo w", "\n\n", "😀", "\"]}", "hello hello", "\uFFFD", "é{", "never said");

    /// One made-up reply.
    ///
    /// @param tokens bytes each, cut without regard for characters
    /// @param stops up to four
    private record Reply(List<byte[]> tokens, List<String> stops) {

        static Reply of(int seed) {
            Random random = new Random(seed);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            int parts = random.nextInt(12);
            for (int i = 0; i < parts; i++) {
                bytes.writeBytes(PARTS.get(random.nextInt(PARTS.size())));
            }
            List<byte[]> tokens = new ArrayList<>();
            byte[] all = bytes.toByteArray();
            for (int from = 0; from < all.length; ) {
                int to = Math.min(all.length, from + 1 + random.nextInt(6));
                tokens.add(Arrays.copyOfRange(all, from, to));
                if (random.nextInt(8) == 0) {
                    tokens.add(new byte[0]); // a control token, which says nothing
                }
                from = to;
            }
            List<String> stops = random.ints(random.nextInt(4), 0, STOPS.size())
                    .distinct()
                    .mapToObj(STOPS::get)
                    .toList();
            return new Reply(tokens, stops);
        }

        /// What the tokens say, decoded at once, up to the stop string that ends first.
        String text() {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            tokens.forEach(bytes::writeBytes);
            String all = bytes.toString(UTF_8);
            return IntStream.rangeClosed(0, all.length())
                    .boxed()
                    .flatMap(end -> stops.stream()
                            .filter(all.substring(0, end)::endsWith)
                            .map(stop -> all.substring(0, end - stop.length())))
                    .findFirst()
                    .orElse(all);
        }
    }

    private static ScriptedServer server;

    @BeforeAll
    static void serve() {
        server = new ScriptedServer();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static IntStream seeds() {
        return IntStream.range(0, 150);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void theStreamIsTheWholeAndNothingLeaks(int seed) throws IOException {
        Reply reply = Reply.of(seed);
        server.on(
                "reply " + seed,
                request ->
                        MadeUpTokens.script(reply.tokens(), request.stopping().strings()));
        ObjectNode streamed = request(seed, reply, true);
        ObjectNode whole = request(seed, reply, false);

        String body = RawHttp.post(server.uri(), streamed.toString()).body();
        JsonNode answer =
                Requests.parsed(RawHttp.post(server.uri(), whole.toString()).body());

        StringBuilder pieces = new StringBuilder();
        List<JsonNode> chunks = new ArrayList<>();
        PythonRules.read(new ByteArrayInputStream(body.getBytes(UTF_8)), chunk -> {
            chunks.add(chunk);
            String piece = chunk.at("/choices/0/delta/content").asText("");
            assertThat(piece.isEmpty() || !Character.isLowSurrogate(piece.charAt(0)))
                    .isTrue();
            assertThat(piece.isEmpty() || !Character.isHighSurrogate(piece.charAt(piece.length() - 1)))
                    .isTrue();
            pieces.append(piece);
            // What has left is the beginning of what is said: nothing of a stop string is ever taken back.
            assertThat(reply.text()).startsWith(pieces);
        });
        assertThat(pieces).hasToString(reply.text());
        assertThat(answer.at("/choices/0/message/content").asText()).isEqualTo(reply.text());
        assertThat(chunks.getLast().get("usage")).isEqualTo(answer.get("usage"));
    }

    private static ObjectNode request(int seed, Reply reply, boolean stream) {
        ObjectNode body = Requests.chat(Order.of("reply " + seed), stream);
        if (!reply.stops().isEmpty()) {
            reply.stops().forEach(body.putArray("stop")::add);
        }
        return body;
    }
}
