package dev.runnel.conformance;

import dev.runnel.conformance.Reading.Part;
import java.net.URI;
import java.util.Set;

/// One way of one client to ask for a completion and to read the reply.
interface Client {

    /// The client and the way, such as `openai-java helper`.
    String title();

    /// Whether the reply comes in a stream.
    boolean streams();

    /// What it tells its callers of a reply.
    Set<Part> tells();

    /// Whether its callers can ask for that.
    boolean asks(Scenario scenario);

    /// Whether it asks for usage in a stream by itself.
    default boolean asksForUsage() {
        return true;
    }

    /// Reads the reply to `message` to its end, and once more complains about any failure.
    ///
    /// @param server where the server is, without a path
    /// @param order what to ask, and how
    /// @throws Exception the client's own for whatever went wrong
    Reading read(URI server, Order order) throws Exception;

    /// What to ask, and how.
    ///
    /// @param message names the script that the server plays
    /// @param ask what the request holds besides
    /// @param usage ask for usage in a stream
    /// @param retries how often the client may try again
    /// @param leaveEarly go away after the first piece
    record Order(String message, Scenario.Ask ask, boolean usage, int retries, boolean leaveEarly) {

        static Order of(Scenario scenario) {
            return new Order(scenario.message, scenario.ask, true, 0, false);
        }

        static Order of(String message) {
            return new Order(message, Scenario.Ask.NOTHING, true, 0, false);
        }

        Order withoutUsage() {
            return new Order(message, ask, false, retries, leaveEarly);
        }

        Order withRetries(int retries) {
            return new Order(message, ask, usage, retries, leaveEarly);
        }

        Order leavingEarly() {
            return new Order(message, ask, usage, retries, true);
        }
    }
}
