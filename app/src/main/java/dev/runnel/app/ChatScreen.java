package dev.runnel.app;

import java.util.Optional;

/// Where a conversation takes place.
interface ChatScreen extends AutoCloseable {

    /// The next line that someone says, or several pasted at once; empty when they leave.
    Optional<String> readLine();

    void reply(String piece);

    /// Reasoning before the reply.
    void thinking(String piece);

    void endReply();

    /// What a person may like to know and a program doesn't.
    void note(String text);

    /// Something went wrong with a line.
    ///
    /// @throws CommandFailure where nobody is there to say it better
    void problem(String sentence);

    /// What stops the reply that is being made, until the next call.
    void onInterrupt(Runnable stop);

    @Override
    void close();
}
