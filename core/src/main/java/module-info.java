import org.jspecify.annotations.NullMarked;

/// The vocabulary every other room speaks: requests, token events, completions, backends.
@NullMarked
module dev.runnel.core {
    requires static org.jspecify;

    exports dev.runnel.core;
    exports dev.runnel.core.moderation;
}
