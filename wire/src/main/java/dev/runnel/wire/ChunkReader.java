package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.TokenEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads an upstream's stream of chunks as token events. One for each stream; for one thread at a time.
///
/// It is lenient about form, where upstreams differ without harm (null or absent, role repeated, usage
/// early or more than once, no `[DONE]`), and strict about what makes an answer whole: every choice has
/// finished, nothing of it follows, and usage has come.
public final class ChunkReader {

    private static final class Choice {
        final WholeText text = new WholeText();
        final WholeText thinking = new WholeText();

        @Nullable
        FinishReason reason;
    }

    private final Endpoint endpoint;
    private final String askedModel;
    private final List<Choice> choices;
    private TokenEvent.@Nullable Usage usage;
    private boolean started;
    private boolean ended;
    private long chunks;

    /// @param request what the upstream was asked, with usage included
    public ChunkReader(CompletionRequest request) {
        endpoint = Endpoint.of(request.prompt());
        askedModel = request.model();
        choices = Stream.generate(Choice::new).limit(request.choices()).toList();
    }

    /// Hands over what the event says: none, one or several token events. What follows the end is passed
    /// over.
    ///
    /// @throws BackendException if the upstream reports a failure or makes no sense
    public void read(SseReader.Event event, Consumer<? super TokenEvent> events) {
        String data = event.data().strip();
        if (ended || data.isEmpty() || event.type().equals("ping")) {
            return;
        }
        if (data.equals("[DONE]")) {
            complete("sent [DONE]", events);
        } else if (event.type().equals("error")) {
            throw UpstreamReply.read("error", data, ErrorReader::failure);
        } else {
            UpstreamReply.read("chunk", data, this::chunk).forEach(events);
        }
    }

    /// The upstream's body has ended. An upstream may leave out `[DONE]`.
    ///
    /// @throws BackendException if the completion is not whole
    public void end(Consumer<? super TokenEvent> events) {
        if (!ended) {
            complete("ended its stream", events);
        }
    }

    /// @param how what ended the stream, for the sentence
    private void complete(String how, Consumer<? super TokenEvent> events) {
        for (int i = 0; i < choices.size(); i++) {
            if (choices.get(i).reason == null) {
                throw UpstreamReply.failed("the upstream %s before choice %d of %d had finished; chunks so far: %d"
                        .formatted(how, i, choices.size(), chunks));
            }
        }
        if (usage == null) {
            throw UpstreamReply.failed(
                    "the upstream %s without the usage that was asked for; chunks so far: %d".formatted(how, chunks));
        }
        ended = true;
        events.accept(usage);
    }

    private List<TokenEvent> chunk(Node chunk) {
        if (chunk.find("error").isPresent()) {
            throw ErrorReader.failure(chunk);
        }
        chunks++;
        List<TokenEvent> events = new ArrayList<>();
        List<Node> parts = chunk.find("choices").map(Node::elements).orElse(List.of());
        if (!started && !parts.isEmpty()) {
            started = true;
            events.add(new TokenEvent.Started(model(chunk), choices.size()));
        }
        for (Node part : parts) {
            part(part, events);
        }
        chunk.find("usage").ifPresent(cost -> usage = UsageObject.read(cost));
        return events;
    }

    private String model(Node chunk) {
        return chunk.find("model")
                .map(Node::text)
                .filter(name -> !name.isBlank())
                .orElse(askedModel);
    }

    private void part(Node part, List<TokenEvent> events) {
        int index = part.get("index").integer(0, choices.size() - 1);
        Choice choice = choices.get(index);
        String thinking = "";
        String text = "";
        switch (endpoint) {
            case CHAT -> {
                Optional<Node> delta = part.find("delta");
                delta.ifPresent(UpstreamReply::refuseToolCalls);
                thinking = delta.map(UpstreamReply::thinking).orElse("");
                text = delta.map(UpstreamReply::text).orElse("");
            }
            case TEXT -> text = part.find("text").map(Node::rawText).orElse("");
        }
        if (choice.reason != null && !(text.isEmpty() && thinking.isEmpty())) {
            throw UpstreamReply.failed("the upstream sent text for choice %d after it had finished".formatted(index));
        }
        think(index, choice.thinking.append(thinking), events);
        if (!text.isEmpty()) {
            think(index, choice.thinking.end(), events);
        }
        say(index, choice.text.append(text), events);
        part.find("finish_reason").filter(ChunkReader::isSaid).ifPresent(word -> finish(index, choice, word, events));
    }

    private static void finish(int index, Choice choice, Node word, List<TokenEvent> events) {
        FinishReason reason = FinishReasons.read(word);
        if (choice.reason == reason) {
            return;
        }
        if (choice.reason != null) {
            throw UpstreamReply.failed(
                    "the upstream finished choice %d twice, the second time as '%s'".formatted(index, word.text()));
        }
        choice.reason = reason;
        think(index, choice.thinking.end(), events);
        say(index, choice.text.end(), events);
        events.add(new TokenEvent.Finished(index, reason));
    }

    /// Some upstreams write an empty word where null is meant.
    private static boolean isSaid(Node finishReason) {
        return !finishReason.text().isEmpty();
    }

    private static void think(int index, String thinking, List<TokenEvent> events) {
        if (!thinking.isEmpty()) {
            events.add(new TokenEvent.Thinking(index, thinking));
        }
    }

    private static void say(int index, String text, List<TokenEvent> events) {
        if (!text.isEmpty()) {
            events.add(new TokenEvent.Text(index, text));
        }
    }
}
