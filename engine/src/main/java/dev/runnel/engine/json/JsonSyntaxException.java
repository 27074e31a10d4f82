package dev.runnel.engine.json;

/// A text is not the JSON it should be. The message goes on from the text's name: `is no JSON: at character 3 …`.
public final class JsonSyntaxException extends RuntimeException {

    private static final long serialVersionUID = 1;

    JsonSyntaxException(String fault) {
        super(fault);
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
