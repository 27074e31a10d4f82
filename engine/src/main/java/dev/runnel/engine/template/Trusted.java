package dev.runnel.engine.template;

import java.util.Objects;

/// A variable's text that counts as the template's own: the name of a role, the text of a control token
/// such as `bos_token`. A plain `String` counts as user text.
public record Trusted(String text) {

    public Trusted {
        Objects.requireNonNull(text, "text");
    }
}
