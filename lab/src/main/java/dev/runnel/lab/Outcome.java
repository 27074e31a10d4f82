package dev.runnel.lab;

import dev.runnel.core.BackendException;
import dev.runnel.core.TokenEvent;
import java.util.Locale;

/// How a request ended.
public sealed interface Outcome {

    /// The reply is complete.
    ///
    /// @param finish why the model stopped, as the protocol words it
    record Complete(TokenEvent.Usage usage, String finish) implements Outcome {}

    /// It was refused, or broke off.
    ///
    /// @param code one word for all failures of this sort: the [BackendException]'s code, or its kind where it
    ///     has none
    /// @param message what happened, in a sentence
    record Failed(String code, String message) implements Outcome {

        /// The code of a request that took longer than the lab waits.
        public static final String TIMEOUT = "timeout";

        static Failed of(BackendException failure) {
            return new Failed(
                    failure.code().orElse(failure.kind().name().toLowerCase(Locale.ROOT)), failure.getMessage());
        }
    }

    /// The lab was stopped before it ended, which says nothing about the server.
    record Stopped() implements Outcome {}
}
