package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.Tool;
import dev.runnel.core.Tools;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every pair of files in `transcripts`; its `README.md` says what they are.
class TranscriptTest {

    static final Path FOLDER = folder();

    /// Those of the transcripts that tell logprobs.
    private static final int ALTERNATIVES = 2;

    /// @param stream the `.sse`
    /// @param meaning the `.json`
    record Transcript(String name, String stream, String meaning) {

        Endpoint endpoint() {
            return (stream + meaning).contains("text_completion") ? Endpoint.TEXT : Endpoint.CHAT;
        }

        @SuppressWarnings("unchecked") // a transcript is an object
        Map<String, Object> json() {
            return (Map<String, Object>) TestJson.parse(meaning);
        }

        int choices() {
            Map<String, Object> json = json();
            return json.get("choices") instanceof List<?> choices
                    ? choices.size()
                    : ((Long) json.getOrDefault("n", 1L)).intValue();
        }

        private Tools tools() {
            return meaning.contains("\"tool_calls\"")
                    ? Tools.auto(List.of(new Tool("f", "", "{}", false)))
                    : Tools.NONE;
        }

        boolean tellsLogprobs() {
            return meaning.contains("\"logprobs\": {");
        }

        private CompletionRequest asking(CompletionRequest request) {
            return tellsLogprobs() ? request.withLogprobs(ALTERNATIVES) : request;
        }

        ReplyForm form() {
            return tellsLogprobs() ? ReplyForm.PLAIN.withLogprobs(OptionalInt.of(ALTERNATIVES)) : ReplyForm.PLAIN;
        }

        /// The events read from the stream as it comes in pieces of up to `most` bytes.
        List<TokenEvent> events(int most, Random random) {
            Prompt prompt = switch (endpoint()) {
                case CHAT -> new Prompt.Chat(List.of(new Message.User("?"))).withTools(tools());
                case TEXT, RESPONSES -> new Prompt.Text("?");
            };
            ChunkReader chunks =
                    new ChunkReader(asking(CompletionRequest.of("asked", prompt).withChoices(choices())));
            SseReader reader = new SseReader();
            List<TokenEvent> events = new ArrayList<>();
            byte[] bytes = stream.getBytes(UTF_8);
            int length;
            for (int at = 0; at < bytes.length; at += length) {
                length = Math.min(1 + random.nextInt(most), bytes.length - at);
                reader.read(bytes, at, length, chunk -> chunks.read(chunk, events::add));
            }
            chunks.end(events::add);
            return events;
        }

        List<TokenEvent> events() {
            return events(Integer.MAX_VALUE, new Random(1));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Stream<Transcript> written() throws IOException {
        return in("written");
    }

    private static Stream<Transcript> read() throws IOException {
        return in("read");
    }

    private static Stream<Transcript> whole() throws IOException {
        return Stream.concat(written(), read());
    }

    private static Stream<Transcript> broken() throws IOException {
        return in("broken");
    }

    private static Stream<Transcript> in(String folder) throws IOException {
        List<Transcript> transcripts = new ArrayList<>();
        try (Stream<Path> files = Files.list(FOLDER.resolve(folder))) {
            for (Path file : files.filter(path -> path.toString().endsWith(".sse"))
                    .sorted()
                    .toList()) {
                String name = file.getFileName().toString().replace(".sse", "");
                transcripts.add(new Transcript(
                        name, Files.readString(file), Files.readString(file.resolveSibling(name + ".json"))));
            }
        }
        return transcripts.stream();
    }

    @ParameterizedTest
    @MethodSource("whole")
    void theFoldOfAStreamIsTheWholeReply(Transcript transcript) {
        Completion folded = Completion.of(transcript.events());

        Completion whole = CompletionReader.read(
                transcript.endpoint(), ALTERNATIVES, transcript.meaning().getBytes(UTF_8));
        assertThat(folded).isEqualTo(whole);
    }

    @ParameterizedTest
    @MethodSource("whole")
    void theEventsAreTheSameHoweverTheNetworkSplitsTheStream(Transcript transcript) {
        List<TokenEvent> atOnce = transcript.events();

        assertThat(transcript.events(1, new Random(1))).isEqualTo(atOnce);
        for (int seed = 0; seed < 50; seed++) {
            assertThat(transcript.events(40, new Random(seed)))
                    .as("seed %d", seed)
                    .isEqualTo(atOnce);
        }
    }

    @ParameterizedTest
    @MethodSource("written")
    void aStreamIsWrittenByteForByteAsTheProtocolSays(Transcript transcript) {
        ChunkWriter writer = new ChunkWriter(
                transcript.endpoint(), envelope(transcript), transcript.form().withUsage(true));
        ByteSink out = new ByteSink(16);

        transcript.events().forEach(event -> writer.write(event, out));

        assertThat(new String(out.toByteArray(), UTF_8)).isEqualTo(transcript.stream());
    }

    @ParameterizedTest
    @MethodSource("written")
    void aWholeReplyIsWrittenAsTheProtocolSays(Transcript transcript) {
        Completion completion = Completion.of(transcript.events());

        byte[] body = CompletionWriter.write(
                transcript.endpoint(),
                envelope(transcript),
                transcript.form(),
                completion,
                new WholeExtensions(List.of()),
                Optional.empty());

        assertThat(TestJson.parse(body)).isEqualTo(transcript.json());
    }

    @ParameterizedTest
    @MethodSource("broken")
    void aBrokenStreamIsAFailureAndNeverAnAnswer(Transcript transcript) {
        BackendException failure = catchThrowableOfType(BackendException.class, transcript::events);

        assertThat(failure).isNotNull();
        assertThat(((Map<?, ?>) TestJson.parse(Errors.body(transcript.endpoint(), failure))).get("error"))
                .isEqualTo(transcript.json().get("error"));
    }

    private static Path folder() {
        try {
            return Path.of(TranscriptTest.class.getResource("/transcripts").toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static Envelope envelope(Transcript transcript) {
        Map<String, Object> json = transcript.json();
        return new Envelope(
                (String) json.get("id"), Instant.ofEpochSecond((Long) json.get("created")), Optional.ofNullable((String)
                        json.get("system_fingerprint")));
    }
}
