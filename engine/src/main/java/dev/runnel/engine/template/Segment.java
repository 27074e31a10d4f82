package dev.runnel.engine.template;

import java.util.Objects;

/// A stretch of a rendered prompt that one side wrote.
///
/// @param text never empty
public record Segment(Origin origin, String text) {

    /// Who wrote a text.
    public enum Origin {
        /// The template, or a [Trusted] variable: control tokens in it are meant.
        TEMPLATE,
        /// Anybody else: what looks like a control token is text.
        USER
    }

    public Segment {
        Objects.requireNonNull(origin, "origin");
        if (text.isEmpty()) {
            throw new IllegalArgumentException("a segment's text is empty");
        }
    }
}
