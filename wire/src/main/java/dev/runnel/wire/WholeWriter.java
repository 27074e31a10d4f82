package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.Extension;
import dev.runnel.core.Stage;
import dev.runnel.core.TokenEvent;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Writes one completion as a whole reply. One for each reply: its events pass through it unchanged, since the
/// items of a response stand in the order in which they came, which a [Completion] doesn't tell.
public final class WholeWriter implements Stage {

    private final Endpoint endpoint;
    private final Envelope envelope;
    private final ReplyForm form;
    private final ResponseOutput output; // stays empty where the reply is no response

    /// @param kept where a response's items are
    WholeWriter(Endpoint endpoint, Envelope envelope, ReplyForm form, ResponseItems kept) {
        this.endpoint = endpoint;
        this.envelope = envelope;
        this.form = form;
        output = new ResponseOutput(envelope, kept, ResponseOutput.Listener.NONE);
    }

    @Override
    public void accept(TokenEvent event, Consumer<? super TokenEvent> next) {
        if (endpoint == Endpoint.RESPONSES) {
            output.accept(event);
        }
        next.accept(event);
    }

    /// The whole reply, once all events have passed.
    ///
    /// @param completion the fold of the events
    /// @param beside what came beside them, for endpoints that have a place for it
    /// @param timings absent unless it was asked for
    /// @throws BackendException of kind `INTERNAL` if the endpoint has no words for what the completion holds
    public byte[] write(Completion completion, List<Extension> beside, Optional<Timings> timings) {
        return switch (endpoint) {
            case CHAT, TEXT ->
                CompletionWriter.write(endpoint, envelope, form, completion, new WholeExtensions(beside), timings);
            case RESPONSES -> ResponseWriter.write(envelope, form, completion, output);
        };
    }
}
