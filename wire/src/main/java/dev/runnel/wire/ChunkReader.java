package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Extension;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Prompt;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenLogprob;
import dev.runnel.core.UpstreamFault;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads an upstream's stream of chunks as token events. One for each stream; for one thread at a time.
///
/// It is lenient about form, where upstreams differ without harm (null or absent, role repeated, usage
/// early or more than once, no `[DONE]`), and strict about what makes an answer whole: every choice has
/// finished, nothing of it follows, and usage has come.
public final class ChunkReader {

    /// What a piece is of.
    private enum Kind {
        THINKING,
        TEXT,
        REFUSAL,
        ARGUMENTS
    }

    // Members that have their place in events, or none anywhere.
    private static final Set<String> OF_CHUNK =
            Set.of("id", "object", "created", "model", "choices", "usage", "error", "obfuscation", "timings");
    private static final Set<String> OF_CHOICE = Set.of("index", "delta", "text", "logprobs", "finish_reason");
    private static final Set<String> OF_DELTA =
            Set.of("role", "content", "refusal", "tool_calls", "function_call", "reasoning_content", "reasoning");

    private static final class Choice {
        final Map<Kind, WholeText> texts = new EnumMap<>(Kind.class);

        /// Index and id of the latest call, as the upstream gave them.
        int callIndex;

        String callId = "";
        int calls;

        @Nullable
        FinishReason reason;

        /// What the choice's latest chunk of nothing but text looked like.
        @Nullable
        TextChunk like;

        Choice() {
            for (Kind kind : Kind.values()) {
                texts.put(kind, new WholeText());
            }
        }

        WholeText text(Kind kind) {
            return Objects.requireNonNull(texts.get(kind));
        }
    }

    private final Endpoint endpoint;
    private final String askedModel;
    private final OptionalInt logprobs;
    private final boolean offersTools;
    private final boolean echo;
    private final List<Choice> choices;
    private TokenEvent.@Nullable Usage usage;
    private boolean started;
    private boolean ended;
    private long chunks;

    /// Takes the upstream's own members; absent if nobody wants them.
    private final Optional<Consumer<? super Extension>> extensions;

    /// Events handed over before the chunk that is being read.
    private long eventCount;

    /// Extensions handed over.
    private long extended;

    /// Something was generated.
    private boolean said;

    /// @param request what the upstream was asked, with usage included
    public ChunkReader(CompletionRequest request) {
        this(request, Optional.empty());
    }

    /// @param extensions takes the members that no event has words for, each before the event it came with
    public ChunkReader(CompletionRequest request, Optional<Consumer<? super Extension>> extensions) {
        this.extensions = extensions;
        endpoint = Endpoint.of(request.prompt());
        askedModel = request.model();
        logprobs = request.logprobs();
        echo = request.echo();
        offersTools = request.prompt() instanceof Prompt.Chat chat
                && !chat.tools().offered().isEmpty();
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
            List<TokenEvent> read = text(data);
            if (read == null) {
                long before = extended;
                read = UpstreamReply.read("chunk", data, this::chunk);
                if (extended == before) {
                    learn(data, read);
                }
            }
            eventCount += read.size();
            read.forEach(events);
        }
    }

    /// A chunk that is the same as one before it but for its text says nothing else than that one did, so it needs no
    /// reading as JSON.
    ///
    /// @return null if the chunk isn't
    private @Nullable List<TokenEvent> text(String data) {
        for (int index = 0; index < choices.size(); index++) {
            Choice choice = choices.get(index);
            if (choice.like != null && choice.reason == null && choice.like.fits(data)) {
                chunks++;
                List<TokenEvent> events = new ArrayList<>(1);
                piece(index, choice, Kind.TEXT, choice.like.text(data), List.of(), events);
                return events;
            }
        }
        return null;
    }

    private void learn(String data, List<TokenEvent> read) {
        if (read.size() == 1
                && read.getFirst() instanceof TokenEvent.Text(var index, var text, var logprobs)
                && logprobs.isEmpty()) {
            choices.get(index).like = TextChunk.of(data, endpoint == Endpoint.CHAT ? "content" : "text", text)
                    .orElse(null);
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
                throw UpstreamFault.CLOSED_EARLY.failure(
                        "the upstream %s before choice %d of %d had finished; chunks so far: %d"
                                .formatted(how, i, choices.size(), chunks));
            }
        }
        if (usage == null) {
            throw UpstreamFault.USAGE.failure(
                    "the upstream %s without the usage that was asked for; chunks so far: %d".formatted(how, chunks));
        }
        requireTrue(usage);
        ended = true;
        events.accept(usage);
    }

    /// An answer without usage is no whole answer, and neither is one with a usage that can't be its own.
    private void requireTrue(TokenEvent.Usage usage) {
        if (said && !echo && usage.completionTokens() == 0) {
            throw UpstreamFault.USAGE.failure(
                    "the upstream counted no completion tokens for an answer that has some; chunks so far: " + chunks);
        }
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
        extensions.ifPresent(to -> extend(chunk, to));
        for (Node part : parts) {
            int before = events.size();
            part(part, events);
            extensions.ifPresent(to -> extend(part, before, events.size() == before, to));
        }
        chunk.find("usage").ifPresent(cost -> usage = usage(cost));
        return events;
    }

    private void extend(Node chunk, Consumer<? super Extension> to) {
        Map<String, String> ofReply = besides(OF_CHUNK, chunk);
        if (!ofReply.isEmpty()) {
            extended++;
            to.accept(new Extension(eventCount, false, OptionalInt.empty(), ofReply, Map.of(), Map.of()));
        }
    }

    /// @param before events of the chunk before those of this part
    /// @param alone there are none of this part
    private void extend(Node part, int before, boolean alone, Consumer<? super Extension> to) {
        Map<String, String> ofChoice = besides(OF_CHOICE, part);
        Map<String, String> ofPiece =
                part.find("delta").map(delta -> besides(OF_DELTA, delta)).orElse(Map.of());
        if (!ofChoice.isEmpty() || !ofPiece.isEmpty()) {
            OptionalInt choice = OptionalInt.of(part.get("index").integer(0, choices.size() - 1));
            extended++;
            to.accept(new Extension(eventCount + before, alone, choice, Map.of(), ofChoice, ofPiece));
        }
    }

    /// The members that are not `known`, and say something.
    private static Map<String, String> besides(Set<String> known, Node object) {
        Map<String, String> besides = Map.of();
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
            if (!known.contains(member.getKey()) && !(member.getValue() instanceof Json.Null)) {
                besides = besides.isEmpty() ? new LinkedHashMap<>() : besides;
                besides.put(member.getKey(), member.getValue().text());
            }
        }
        return besides;
    }

    private static TokenEvent.Usage usage(Node cost) {
        try {
            return UsageObject.read(cost);
        } catch (BackendException senseless) {
            throw UpstreamFault.USAGE.failure("the upstream's usage makes no sense: " + senseless.getMessage());
        }
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
        int before = events.size();
        if (endpoint == Endpoint.CHAT) {
            part.find("delta").ifPresent(delta -> delta(index, choice, part, delta, events));
        } else {
            List<TokenLogprob> tokens = tellsLogprobs(part)
                    .map(object -> LogprobsObject.readText(object, logprobs.orElse(0)))
                    .orElse(List.of());
            piece(index, choice, Kind.TEXT, UpstreamReply.rawText(part, "text"), tokens, events);
        }
        if (choice.reason != null && events.size() > before) {
            throw UpstreamReply.malformed(
                    "the upstream sent text for choice %d after it had finished".formatted(index));
        }
        part.find("finish_reason").filter(ChunkReader::isSaid).ifPresent(word -> finish(index, choice, word, events));
    }

    private void delta(int index, Choice choice, Node part, Node delta, List<TokenEvent> events) {
        String thinking = UpstreamReply.thinking(delta);
        String refusal = UpstreamReply.rawText(delta, "refusal");
        List<Node> calls = UpstreamReply.toolCalls(delta, offersTools);
        // Some upstreams tell them of whatever a delta holds; here they are of text.
        boolean isOfText = thinking.isEmpty() && refusal.isEmpty() && calls.isEmpty();
        List<TokenLogprob> tokens = tellsLogprobs(part)
                .filter(_ -> isOfText)
                .map(LogprobsObject::readChat)
                .orElse(List.of());
        piece(index, choice, Kind.THINKING, thinking, List.of(), events);
        piece(index, choice, Kind.TEXT, UpstreamReply.rawText(delta, "content"), tokens, events);
        piece(index, choice, Kind.REFUSAL, refusal, List.of(), events);
        for (Node call : calls) {
            call(index, choice, call, events);
        }
    }

    private Optional<Node> tellsLogprobs(Node part) {
        return logprobs.isPresent() ? part.find("logprobs") : Optional.empty();
    }

    /// Upstreams differ in how they tell one call from the next: by its index, by its id, or by naming a
    /// tool again.
    private void call(int index, Choice choice, Node call, List<TokenEvent> events) {
        Optional<Node> function = call.find("function");
        String id = UpstreamReply.rawText(call, "id");
        String name =
                function.map(known -> UpstreamReply.rawText(known, "name")).orElse("");
        Optional<Integer> position = call.find("index").map(at -> at.integer(0, Integer.MAX_VALUE));
        int at = position.orElse(choice.callIndex);
        boolean next = choice.calls == 0
                || at > choice.callIndex
                || (!id.isBlank() && !id.equals(choice.callId))
                || (position.isEmpty() && id.isBlank() && !name.isBlank());
        if (at < choice.callIndex) {
            throw UpstreamReply.malformed(
                    "the upstream went back to call %d of choice %d after it had begun the next".formatted(at, index));
        }
        if (next) {
            if (name.isBlank()) {
                throw UpstreamReply.unnamedTool();
            }
            endPieces(index, choice, Kind.ARGUMENTS, events);
            end(index, choice, Kind.ARGUMENTS, events);
            choice.callIndex = at;
            choice.callId = id.isBlank() ? UpstreamReply.newCallId() : id;
            choice.calls++;
            said = true;
            events.add(new TokenEvent.Call(index, WholeText.repaired(choice.callId), WholeText.repaired(name)));
        }
        String arguments =
                function.map(known -> UpstreamReply.rawText(known, "arguments")).orElse("");
        piece(index, choice, Kind.ARGUMENTS, arguments, List.of(), events);
    }

    private void piece(
            int index, Choice choice, Kind kind, String piece, List<TokenLogprob> tokens, List<TokenEvent> events) {
        if (!piece.isEmpty()) {
            endPieces(index, choice, kind, events);
        }
        add(index, kind, choice.text(kind).append(piece), tokens, events);
    }

    /// Ends what was said in other kinds: what half of a character they still hold gets no other half.
    private void endPieces(int index, Choice choice, Kind but, List<TokenEvent> events) {
        for (Kind kind : Kind.values()) {
            if (kind != but) {
                end(index, choice, kind, events);
            }
        }
    }

    private void end(int index, Choice choice, Kind kind, List<TokenEvent> events) {
        add(index, kind, choice.text(kind).end(), List.of(), events);
    }

    private void add(int index, Kind kind, String text, List<TokenLogprob> logprobs, List<TokenEvent> events) {
        if (text.isEmpty() && logprobs.isEmpty()) {
            return;
        }
        said = true;
        events.add(
                switch (kind) {
                    case THINKING -> new TokenEvent.Thinking(index, text);
                    case TEXT -> new TokenEvent.Text(index, text, logprobs);
                    case REFUSAL -> new TokenEvent.Refusal(index, text);
                    case ARGUMENTS -> new TokenEvent.Arguments(index, text);
                });
    }

    private void finish(int index, Choice choice, Node word, List<TokenEvent> events) {
        FinishReason reason = FinishReasons.read(word);
        if (choice.reason == reason) {
            return;
        }
        if (choice.reason != null) {
            throw UpstreamReply.malformed(
                    "the upstream finished choice %d twice, the second time as '%s'".formatted(index, word.text()));
        }
        choice.reason = reason;
        for (Kind kind : Kind.values()) {
            end(index, choice, kind, events);
        }
        events.add(new TokenEvent.Finished(index, reason));
    }

    /// Some upstreams write an empty word where null is meant.
    private static boolean isSaid(Node finishReason) {
        return !finishReason.text().isEmpty();
    }
}
