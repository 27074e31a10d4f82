package dev.runnel.engine.reply;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A call written as one JSON object, `{"name": "f", "arguments": {…}}`, read bit by bit. The call is told as
/// soon as its name is known, its arguments as they come.
final class ObjectCall {

    /// What a code point made of it.
    enum Progress {
        MORE,
        COMPLETE,
        /// It is no call. What was read of it is text, unless the call has been told already.
        BROKEN
    }

    /// Where calls are told.
    interface Listener {
        void call(String name);

        void arguments(String text);
    }

    private enum Place {
        START,
        KEY_OR_END,
        KEY,
        COLON,
        VALUE_START,
        VALUE,
        COMMA_OR_END
    }

    /// Members besides the name and the arguments that calls have been seen with.
    private static final Set<String> PASSED_OVER = Set.of("id", "type");

    private final Set<String> callable;
    private final String argumentsKey;
    private final boolean needsArguments;
    private final Listener listener;

    private Place place = Place.START;
    private final StringBuilder span = new StringBuilder(); // the key or the value being read
    private JsonSpan value = new JsonSpan();
    private String key = "";
    private @Nullable String name;
    private @Nullable String arguments; // that came before the name, or as a string
    private boolean isTold;

    /// @param callable names of the tools that may be called; an object that names another is no call
    /// @param needsArguments whether an object without arguments is none either
    ObjectCall(Set<String> callable, String argumentsKey, boolean needsArguments, Listener listener) {
        this.callable = callable;
        this.argumentsKey = argumentsKey;
        this.needsArguments = needsArguments;
        this.listener = listener;
    }

    /// Whether the call has been told.
    boolean isTold() {
        return isTold;
    }

    Progress read(int codePoint) {
        boolean isSpace = codePoint == ' ' || codePoint == '\t' || codePoint == '\n' || codePoint == '\r';
        switch (place) {
            case START -> {
                if (codePoint != '{') {
                    return isSpace ? Progress.MORE : Progress.BROKEN;
                }
                place = Place.KEY_OR_END;
            }
            case KEY_OR_END -> {
                if (codePoint == '"') {
                    begin(Place.KEY, codePoint);
                } else if (codePoint == '}') {
                    return complete();
                } else if (!isSpace) {
                    return Progress.BROKEN;
                }
            }
            case KEY -> {
                value.read(codePoint);
                span.appendCodePoint(codePoint);
                if (value.isComplete()) {
                    key = JsonString.decode(span);
                    boolean isKnown = key.equals("name") || key.equals(argumentsKey) || PASSED_OVER.contains(key);
                    if (!isKnown) {
                        return Progress.BROKEN;
                    }
                    place = Place.COLON;
                }
            }
            case COLON -> {
                if (codePoint == ':') {
                    place = Place.VALUE_START;
                } else if (!isSpace) {
                    return Progress.BROKEN;
                }
            }
            case VALUE_START -> {
                if (isSpace) {
                    return Progress.MORE;
                }
                begin(Place.VALUE, codePoint);
                return readValue(codePoint);
            }
            case VALUE -> {
                if (!value.read(codePoint)) {
                    endValue();
                    return read(codePoint);
                }
                span.appendCodePoint(codePoint);
                return readValue(codePoint);
            }
            case COMMA_OR_END -> {
                if (codePoint == ',') {
                    place = Place.KEY_OR_END;
                } else if (codePoint == '}') {
                    return complete();
                } else if (!isSpace) {
                    return Progress.BROKEN;
                }
            }
        }
        return Progress.MORE;
    }

    private void begin(Place next, int codePoint) {
        place = next;
        value = new JsonSpan();
        value.read(codePoint);
        span.setLength(0);
        span.appendCodePoint(codePoint);
    }

    /// One more code point of a value is in `span`.
    private Progress readValue(int codePoint) {
        if (streams()) {
            tell();
            listener.arguments(Character.toString(codePoint));
        }
        if (value.isComplete()) {
            return endValue() ? Progress.MORE : Progress.BROKEN;
        }
        return Progress.MORE;
    }

    /// Whether the value being read are arguments that can be told as they come.
    private boolean streams() {
        return key.equals(argumentsKey) && name != null && !value.isString();
    }

    private boolean endValue() {
        place = Place.COMMA_OR_END;
        if (key.equals("name")) {
            if (!value.isString()) {
                return false;
            }
            name = JsonString.decode(span);
            return callable.contains(name);
        }
        if (key.equals(argumentsKey) && !streams()) {
            arguments = value.isString() ? JsonString.decode(span) : span.toString();
        }
        return true;
    }

    private Progress complete() {
        boolean streamed = isTold;
        boolean lacksArguments = needsArguments && !streamed && arguments == null;
        if (name == null || lacksArguments) {
            return Progress.BROKEN;
        }
        tell();
        if (!streamed) {
            listener.arguments(arguments == null || arguments.isBlank() ? "{}" : arguments);
        }
        return Progress.COMPLETE;
    }

    private void tell() {
        if (!isTold && name != null) {
            isTold = true;
            listener.call(name);
        }
    }
}
