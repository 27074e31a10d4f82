import org.jspecify.annotations.NullMarked;

/// The command line, and the only place where the rooms are put together.
@NullMarked
module dev.runnel.app {
    requires static org.jspecify;
    requires dev.runnel.core;
    requires dev.runnel.engine;
    requires dev.runnel.relay;
    requires dev.runnel.server;
    requires dev.runnel.lab;
    requires com.fasterxml.jackson.core;
    requires dev.runnel.wire;
    requires info.picocli;
    requires java.logging;
    requires org.jline;

    // Picocli sets the commands' options.
    opens dev.runnel.app to
            info.picocli;
}
