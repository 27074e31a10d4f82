package dev.runnel.core;

import java.util.Optional;

/// What comes beside the events of one stream, in their order. For the one who reads the events.
@FunctionalInterface
public interface Extensions {

    /// Nothing comes beside the events.
    Extensions NONE = _ -> Optional.empty();

    /// The next one that came with the event of this number or one before it. Each is given once.
    ///
    /// @param event counted from 0
    Optional<Extension> next(long event);
}
