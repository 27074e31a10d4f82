package dev.runnel.core.moderation;

import java.util.concurrent.CompletionStage;

/// Says what a text means to those who run a server: whether it may be shown. A model usually, on another machine.
public interface Moderator extends AutoCloseable {

    /// Judges what a reply says so far. Several may be asked at once, of different replies.
    ///
    /// @param text of a long reply what has not been judged yet, and at least the last 4000 characters
    /// @return whether it may be shown; or a failure, which breaks the reply off: nothing is shown unjudged
    CompletionStage<Boolean> allows(String text);

    /// What is still asked fails.
    @Override
    default void close() {}
}
