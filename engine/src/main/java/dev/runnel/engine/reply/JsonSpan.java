package dev.runnel.engine.reply;

/// Finds where a JSON value ends in text that arrives bit by bit. It tells well-formed values from their
/// surroundings and leaves it to others to find fault with malformed ones.
final class JsonSpan {

    private enum Kind {
        UNKNOWN,
        SCALAR,
        STRING,
        NESTED
    }

    private Kind kind = Kind.UNKNOWN;
    private int depth;
    private boolean isInString;
    private boolean isEscaped;
    private boolean isComplete;

    /// Reads one more code point.
    ///
    /// @return whether it is part of the value; if not, the value has ended before it
    boolean read(int codePoint) {
        if (isComplete) {
            return false;
        }
        if (kind == Kind.UNKNOWN) {
            kind = switch (codePoint) {
                case '"' -> Kind.STRING;
                case '{', '[' -> Kind.NESTED;
                default -> Kind.SCALAR;
            };
        }
        if (isInString) {
            readInString(codePoint);
            return true;
        }
        switch (codePoint) {
            case '"' -> isInString = true;
            case '{', '[' -> depth++;
            case '}', ']' -> {
                if (depth == 0) {
                    isComplete = true;
                    return false;
                }
                depth--;
                isComplete = depth == 0;
            }
            case ',', ' ', '\t', '\n', '\r' -> {
                if (depth == 0) {
                    isComplete = true;
                    return false;
                }
            }
            default -> {}
        }
        return true;
    }

    private void readInString(int codePoint) {
        if (isEscaped) {
            isEscaped = false;
        } else if (codePoint == '\\') {
            isEscaped = true;
        } else if (codePoint == '"') {
            isInString = false;
            isComplete = depth == 0;
        }
    }

    /// Whether nothing can follow that is part of it. A number is complete only when something else follows.
    boolean isComplete() {
        return isComplete;
    }

    boolean isString() {
        return kind == Kind.STRING;
    }
}
