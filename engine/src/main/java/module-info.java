import org.jspecify.annotations.NullMarked;

/// The embedded inference engine: a GGUF file to a backend.
@NullMarked
module dev.runnel.engine {
    requires static org.jspecify;
    requires transitive dev.runnel.core;
    requires static jdk.incubator.vector;
    requires jdk.management;

    exports dev.runnel.engine;
}
