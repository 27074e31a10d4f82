package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.Extension;
import dev.runnel.core.TokenEvent;

/// Writes one completion's events as server-sent events. One for each stream; for one thread at a time.
///
/// It holds the stream to the order that [dev.runnel.core] promises, so that no stream looks complete
/// that isn't, and sends the end of the last choice together with all that follows it: whoever stops
/// reading at the end has read the connection empty.
public sealed interface EventWriter permits ChunkWriter, ResponseEventWriter {

    /// Appends what the event is on the wire: none, one or several server-sent events. [TokenEvent.Usage]
    /// ends the stream.
    ///
    /// @throws BackendException of kind `INTERNAL`, with nothing written, if the event can't follow those
    ///     before it or the endpoint has no place for it
    void write(TokenEvent event, ByteSink out);

    /// Has the next events told with what came beside them, where the protocol has a place for it. Before the
    /// event of the extension's number is written.
    default void extend(Extension extension) {}

    /// Appends the error, after which the body ends; nothing if the stream has ended.
    void fail(BackendException failure, ByteSink out);

    /// How long the completion took, to be told at its end. Before [TokenEvent.Usage] is written.
    void time(Timings timings);
}
