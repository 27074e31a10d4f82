package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.Extension;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Writes one completion as a whole reply. One for each reply, as it may have to see the events: the items of a
/// response stand in the order in which they came, which a [Completion] doesn't tell.
public final class WholeWriter {

    private final Endpoint endpoint;
    private final Envelope envelope;
    private final ReplyForm form;
    private final @Nullable ResponseOutput output; // of a response

    /// @param kept where a response's items are
    WholeWriter(Endpoint endpoint, Envelope envelope, ReplyForm form, ResponseItems kept) {
        this.endpoint = endpoint;
        this.envelope = envelope;
        this.form = form;
        output = endpoint == Endpoint.RESPONSES
                ? new ResponseOutput(envelope, kept, ResponseOutput.Listener.NONE)
                : null;
    }

    /// The stream to read the completion from: the same events, of which this takes note where it has to.
    public CompletionStream reading(CompletionStream events) {
        ResponseOutput items = output;
        if (items == null) {
            return events;
        }
        return events.through((event, next) -> {
            items.accept(event);
            next.accept(event);
        });
    }

    /// The whole reply, once all events have been read.
    ///
    /// @param completion the fold of the events
    /// @param beside what came beside them, for endpoints that have a place for it
    /// @param timings absent unless it was asked for
    /// @throws BackendException of kind `INTERNAL` if the endpoint has no words for what the completion holds
    public byte[] write(Completion completion, List<Extension> beside, Optional<Timings> timings) {
        return output == null
                ? CompletionWriter.write(endpoint, envelope, form, completion, new WholeExtensions(beside), timings)
                : ResponseWriter.write(envelope, form, completion, output);
    }
}
