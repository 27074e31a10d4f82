import org.jspecify.annotations.NullMarked;

/// OpenAI's JSON and server-sent events to core types and back, in both directions; the only room that knows
/// JSON names.
@NullMarked
module dev.runnel.wire {
    requires static org.jspecify;
    requires transitive dev.runnel.core;
    requires com.fasterxml.jackson.core;

    exports dev.runnel.wire;
}
