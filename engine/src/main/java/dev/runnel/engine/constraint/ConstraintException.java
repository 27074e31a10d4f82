package dev.runnel.engine.constraint;

/// A grammar or a schema that can't be enforced. The message is one sentence that begins with the path of
/// what is to blame, such as `response_format.json_schema.schema.properties.a.not`.
public final class ConstraintException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final String path;

    ConstraintException(String path, String problem) {
        super(path + " " + problem);
        this.path = path;
    }

    /// Of the keyword, rule or text that can't be enforced, below the path that the grammar came with.
    public String path() {
        return path;
    }
}
