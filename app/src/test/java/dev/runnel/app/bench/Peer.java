package dev.runnel.app.bench;

import java.io.IOException;

/// An engine that is timed.
interface Peer extends AutoCloseable {

    String name();

    /// Does a task once.
    ///
    /// @return tokens a second
    double measure(Task task) throws IOException, InterruptedException;

    @Override
    void close();
}
