import org.jspecify.annotations.NullMarked;

/// How the model in the engine's jar is made and judged.
@NullMarked
module dev.runnel.training {
    requires static org.jspecify;
    requires dev.runnel.engine;
    requires dev.runnel.relay;
    requires static jdk.incubator.vector;
}
