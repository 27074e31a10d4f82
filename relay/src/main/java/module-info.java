import org.jspecify.annotations.NullMarked;

/// An upstream's address to a backend.
@NullMarked
module dev.runnel.relay {
    requires static org.jspecify;
    requires transitive dev.runnel.core;
    requires dev.runnel.wire;

    exports dev.runnel.relay;
}
