package dev.runnel.engine.template;

/// A template that can't be read, or a rendering that failed. One sentence: which template, which line,
/// what was found.
public final class TemplateException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /// Longest description of what was found; it may quote the source.
    private static final int WHAT = 200;

    TemplateException(String template, int line, String what) {
        super("chat template '%s', line %d: %s"
                .formatted(template, line, what.length() > WHAT ? what.substring(0, WHAT) + "…" : what));
    }
}
