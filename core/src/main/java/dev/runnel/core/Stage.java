package dev.runnel.core;

import java.util.function.Consumer;

/// What acts on a stream: events in, events out, in the order that [dev.runnel.core] promises on both sides.
///
/// A stage belongs to one stream and may keep state. It is called by one thread at a time. It ends the stream
/// by passing [TokenEvent.Usage] on, as its source does, or by telling one of its own before that: then the work
/// stops. If it throws, the work stops, too, and the stream fails.
@FunctionalInterface
public interface Stage {

    /// @param event the next event of the source
    /// @param next takes what the stage makes of it: nothing, the event itself, or several others
    void accept(TokenEvent event, Consumer<? super TokenEvent> next);
}
