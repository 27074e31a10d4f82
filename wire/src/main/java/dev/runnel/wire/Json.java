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
}
