package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Extension;
import dev.runnel.core.TokenEvent;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/// An upstream's own fields, from its chunks to ours.
class ExtensionsTest {

    private static final String HEAD =
            "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",";
    private static final String ROLE =
            chunk("", "\"index\":0,", "\"role\":\"assistant\",\"content\":\"\",\"refusal\":null", "null");
    private static final String USAGE = "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3,"
            + "\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
            + "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,"
            + "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}}";

    private static String chunk(String ofReply, String ofChoice, String delta, String finish) {
        return HEAD + ofReply + "\"choices\":[{" + ofChoice + "\"delta\":{" + delta + "},\"logprobs\":null,"
                + "\"finish_reason\":" + finish + "}],\"usage\":null}";
    }

    /// What our client receives of an upstream that sends these chunks, with usage.
    private static String relayed(ReplyForm form, String... chunks) {
        Queue<Extension> extensions = new ArrayDeque<>();
        ChunkReader reader = new ChunkReader(CompletionRequest.of("m", "?"), Optional.of(extensions::add));
        ChunkWriter writer =
                new ChunkWriter(Endpoint.CHAT, new Envelope("c", Instant.ofEpochSecond(1), Optional.empty()), form);
        ByteSink out = new ByteSink(16);
        long[] count = {0};
        for (String chunk : chunks) {
            reader.read(new SseReader.Event("", chunk), event -> write(event, count[0]++, extensions, writer, out));
        }
        reader.read(new SseReader.Event("", "[DONE]"), event -> write(event, count[0]++, extensions, writer, out));
        return out.toString();
    }

    private static void write(
            TokenEvent event, long number, Queue<Extension> extensions, ChunkWriter writer, ByteSink out) {
        while (!extensions.isEmpty() && extensions.element().event() <= number) {
            writer.extend(extensions.remove());
        }
        writer.write(event, out);
    }

    private static String stream(String... chunks) {
        StringBuilder stream = new StringBuilder();
        for (String chunk : chunks) {
            stream.append("data: ").append(chunk).append("\n\n");
        }
        return stream + "data: [DONE]\n\n";
    }

    @Test
    void eachFieldComesInTheChunkAndThePlaceWhereItCame() {
        String[] chunks = {
            chunk(
                    "\"provider\":\"P\",",
                    "\"index\":0,",
                    "\"role\":\"assistant\",\"content\":\"\",\"refusal\":null",
                    "null"),
            chunk(
                    "\"x_groq\":{\"id\":[1,null,\"字\"]},",
                    "\"stop_reason\":7,\"index\":0,",
                    "\"audio\":{},\"content\":\"a \\\"delta\\\":{\"",
                    "null"),
            chunk("", "\"index\":0,", "\"content\":\"b\"", "null"),
            chunk("\"provider\":\"Q\",", "\"native_finish_reason\":\"end\",\"index\":0,", "\"note\":true", "\"stop\""),
            HEAD + "\"citations\":[\"u\"],\"choices\":[]," + USAGE
        };

        assertThat(relayed(ReplyForm.PLAIN.withUsage(true), chunks)).isEqualTo(stream(chunks));
    }

    @Test
    void whatComesWithNoEventIsAChunkOfItsOwn() {
        String alone = chunk("", "\"index\":0,", "\"reasoning_details\":[{\"text\":\"hm\"}]", "null");
        String text = chunk("", "\"index\":0,", "\"content\":\"a\"", "null");
        String stop = chunk("", "\"index\":0,", "", "\"stop\"");
        String usage = HEAD + "\"choices\":[]," + USAGE;

        assertThat(relayed(ReplyForm.PLAIN.withUsage(true), ROLE, alone, text, stop, usage))
                .isEqualTo(stream(ROLE, alone, text, stop, usage));
    }

    @Test
    void whatComesBeforeTheFirstEventComesWithIt() {
        String filter = HEAD + "\"prompt_filter_results\":[],\"choices\":[]}";
        String stop = chunk("", "\"index\":0,", "", "\"stop\"");
        String usage = HEAD + "\"choices\":[]," + USAGE;

        assertThat(relayed(ReplyForm.PLAIN.withUsage(true), filter, ROLE, stop, usage))
                .isEqualTo(
                        stream(ROLE.replace("\"choices\"", "\"prompt_filter_results\":[],\"choices\""), stop, usage));
    }

    @Test
    void withoutAUsageChunkItsFieldsComeWithTheFinish() {
        String stop = chunk("", "\"index\":0,", "", "\"stop\"");
        String usage = HEAD + "\"citations\":[\"u\"],\"choices\":[]," + USAGE;

        assertThat(new String(relayed(ReplyForm.PLAIN, ROLE, stop, usage).getBytes(UTF_8), UTF_8))
                .endsWith("\"model\":\"m\",\"citations\":[\"u\"],\"choices\":[{\"index\":0,\"delta\":{},"
                        + "\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    }

    @Test
    void whatIsNullOrHasItsPlaceInEventsIsNotSaidTwice() {
        String noise = chunk(
                "\"system_fingerprint\":null,\"obfuscation\":\"xyz\",\"timings\":{},",
                "\"index\":0,",
                "\"content\":\"a\",\"reasoning\":null",
                "null");
        String text = chunk("", "\"index\":0,", "\"content\":\"a\"", "null");
        String stop = chunk("", "\"index\":0,", "", "\"stop\"");
        String usage = HEAD + "\"choices\":[]," + USAGE;

        assertThat(relayed(ReplyForm.PLAIN.withUsage(true), ROLE, noise, stop, usage))
                .isEqualTo(stream(ROLE, text, stop, usage));
    }

    @Test
    void aFieldOfEveryChunkIsInTheLastChunkOnceAndAsItWasSaidLast() {
        String role = ROLE.replace("\"choices\"", "\"provider\":\"P\",\"choices\"");
        String stop = chunk("\"provider\":\"P\",\"system_fingerprint\":\"fp_1\",", "\"index\":0,", "", "\"stop\"");
        String usage = HEAD + "\"provider\":\"Q\",\"system_fingerprint\":\"fp_1\",\"choices\":[]," + USAGE;

        assertThat(relayed(ReplyForm.PLAIN, role, stop, usage))
                .endsWith(
                        "\"model\":\"m\",\"provider\":\"Q\",\"system_fingerprint\":\"fp_1\",\"choices\":[{\"index\":0,"
                                + "\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    }

    @Test
    void aFieldOfChunksThatSayNothingIsInTheNextChunkOnce() {
        String nothing = chunk("\"provider\":\"P\",", "\"index\":0,", "\"content\":\"\"", "null");
        String text = chunk("\"provider\":\"P\",", "\"index\":0,", "\"content\":\"a\"", "null");
        String stop = chunk("", "\"index\":0,", "", "\"stop\"");
        String usage = HEAD + "\"choices\":[]," + USAGE;

        assertThat(relayed(ReplyForm.PLAIN.withUsage(true), ROLE, nothing, nothing, text, stop, usage))
                .isEqualTo(stream(ROLE, text, stop, usage));
    }

    @Test
    void aFieldThatLooksLikeAChunkHoldsNoOther() {
        String text = chunk(
                "\"raw\":{\"choices\":[{\"delta\":{\"content\":\"a\"}}]},",
                "\"stop_reason\":7,\"index\":0,",
                "\"note\":true,\"content\":\"a\"",
                "null");
        String stop = chunk("", "\"index\":0,", "", "\"stop\"");
        String usage = HEAD + "\"choices\":[]," + USAGE;

        assertThat(relayed(ReplyForm.PLAIN.withUsage(true), ROLE, text, stop, usage))
                .isEqualTo(stream(ROLE, text, stop, usage));
    }
}
