package dev.runnel.wire;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.BestOf;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// A request as it came over the wire: what to complete, and in which form to reply.
public final class WireRequest {

    private final Endpoint endpoint;
    private final List<CompletionRequest> completions;
    private final int kept;
    private final boolean stream;
    private final ReplyForm form;
    private final Optional<String> warning;
    private final ResponseItems items;

    /// @param completions one for each prompt, alike in all else
    /// @param kept how many choices of each are sent, the best ones
    /// @param warning what was passed over and is worth knowing
    /// @param items where those of the reply are kept
    WireRequest(
            Endpoint endpoint,
            List<CompletionRequest> completions,
            int kept,
            boolean stream,
            ReplyForm form,
            Optional<String> warning,
            ResponseItems items) {
        this.endpoint = endpoint;
        this.completions = List.copyOf(completions);
        this.kept = kept;
        this.stream = stream;
        this.form = form;
        this.warning = warning;
        this.items = items;
    }

    /// Reads a request's JSON body.
    ///
    /// @throws BackendException of kind `INVALID_REQUEST` or `UNSUPPORTED`, with the path of the field to
    ///     blame
    public static WireRequest read(Endpoint endpoint, byte[] body, WireOptions options) {
        return read(endpoint, body, options, ResponseItems.NONE);
    }

    /// Reads a request's JSON body.
    ///
    /// @param items that the request may name by their ids, and where those of its reply are kept
    /// @throws BackendException of kind `INVALID_REQUEST` or `UNSUPPORTED`, with the path of the field to
    ///     blame
    public static WireRequest read(Endpoint endpoint, byte[] body, WireOptions options, ResponseItems items) {
        Node document = Node.ofBody(body);
        return switch (endpoint) {
            case CHAT, TEXT -> new RequestReader(endpoint, document, options).read();
            case RESPONSES -> new ResponsesReader(document, options, items).read();
        };
    }

    public Endpoint endpoint() {
        return endpoint;
    }

    /// Id of the model that shall answer.
    public String model() {
        return completion().model();
    }

    /// What is asked of a backend; where there are several prompts, of the first.
    public CompletionRequest completion() {
        return completions.getFirst();
    }

    /// What is asked of a backend, for each prompt.
    public List<CompletionRequest> completions() {
        return completions;
    }

    /// Whether to reply with a stream of chunks.
    public boolean stream() {
        return stream;
    }

    /// Whether the reply shall tell how long it took ([EventWriter#time], [#wholeWriter]).
    public boolean timings() {
        return form.timings();
    }

    /// What was passed over and is worth knowing, in a sentence for a header.
    public Optional<String> warning() {
        return warning;
    }

    ReplyForm form() {
        return form;
    }

    /// Has `backend` complete it. The stream's choices are those of the reply.
    public CompletionStream complete(Backend backend) {
        return CompletionStream.merged(
                completions.stream()
                        .map(request -> best(request, backend.complete(request)))
                        .toList(),
                kept);
    }

    private CompletionStream best(CompletionRequest request, CompletionStream events) {
        return kept == request.choices()
                ? events
                : events.through(new BestOf(kept, form.logprobs().isPresent(), request.echo()));
    }

    /// What writes the streamed reply.
    public EventWriter writer(Envelope envelope) {
        return switch (endpoint) {
            case CHAT, TEXT -> new ChunkWriter(endpoint, envelope, form);
            case RESPONSES -> new ResponseEventWriter(envelope, form, items);
        };
    }

    /// What writes the whole reply.
    public WholeWriter wholeWriter(Envelope envelope) {
        return new WholeWriter(endpoint, envelope, form, items);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof WireRequest that
                && endpoint == that.endpoint
                && completions.equals(that.completions)
                && kept == that.kept
                && stream == that.stream
                && form.equals(that.form)
                && warning.equals(that.warning);
    }

    @Override
    public int hashCode() {
        return Objects.hash(endpoint, completions, kept, stream, form, warning);
    }

    @Override
    public String toString() {
        return "WireRequest[%s, %s, kept=%d, stream=%b, %s, %s]"
                .formatted(endpoint, completions, kept, stream, form, warning);
    }
}
