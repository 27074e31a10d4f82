package dev.runnel.wire;

import java.util.List;
import java.util.Map;

/// A JSON value as it was read.
sealed interface Json {

    record Obj(Map<String, Json> members) implements Json {}

    record Arr(List<Json> elements) implements Json {}

    /// @param value may hold half of a surrogate pair, which JSON can say and UTF-8 can't
    record Str(String value) implements Json {}

    /// @param literal as it stands in the document, since no one type holds every number
    record Num(String literal) implements Json {}

    record Bool(boolean value) implements Json {}

    record Null() implements Json {}

    /// What kind of value it is, for a sentence.
    default String kind() {
        return switch (this) {
            case Obj _ -> "an object";
            case Arr _ -> "an array";
            case Str _ -> "a string";
            case Num _ -> "a number";
            case Bool _ -> "a boolean";
            case Null _ -> "null";
        };
    }

    /// The value as a document of its own, without blanks; half a surrogate pair becomes U+FFFD.
    default String text() {
        ByteSink out = new ByteSink(256);
        write(out);
        return out.toString();
    }

    private void write(ByteSink out) {
        switch (this) {
            case Obj(var members) -> {
                out.raw("{");
                String separator = "";
                for (Map.Entry<String, Json> member : members.entrySet()) {
                    out.raw(separator).string(member.getKey()).raw(":");
                    member.getValue().write(out);
                    separator = ",";
                }
                out.raw("}");
            }
            case Arr(var elements) -> {
                out.raw("[");
                String separator = "";
                for (Json element : elements) {
                    element.write(out.raw(separator));
                    separator = ",";
                }
                out.raw("]");
            }
            case Str(var value) -> out.string(value);
            case Num(var literal) -> out.raw(literal);
            case Bool(var value) -> out.raw(Boolean.toString(value));
            case Null _ -> out.raw("null");
        }
    }
}
