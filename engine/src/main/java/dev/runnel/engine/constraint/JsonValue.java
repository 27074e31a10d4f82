package dev.runnel.engine.constraint;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A value of JSON. Equal as JSON Schema has it: numbers by value, objects whatever the order of their
/// members.
sealed interface JsonValue {

    /// As a message shows it.
    String type();

    /// Whether it has parts: such values may take a hash table long, as it can't order those that hash alike.
    default boolean isCompound() {
        return this instanceof Array || this instanceof Dict;
    }

    enum Constant implements JsonValue {
        NULL,
        TRUE,
        FALSE;

        @Override
        public String type() {
            return this == NULL ? "null" : "a boolean";
        }
    }

    /// Comparable, so that a hash table finds it soon among many that hash alike, as is [Text].
    ///
    /// @param text as it was written
    record Numeric(BigDecimal value, String text) implements JsonValue, Comparable<Numeric> {

        @Override
        public int compareTo(Numeric other) {
            return value.compareTo(other.value);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Numeric(BigDecimal number, String _) && number.compareTo(value) == 0;
        }

        @Override
        public int hashCode() {
            return value.stripTrailingZeros().hashCode();
        }

        boolean isWhole() {
            return value.stripTrailingZeros().scale() <= 0;
        }

        @Override
        public String type() {
            return "a number";
        }
    }

    record Text(String value) implements JsonValue, Comparable<Text> {

        @Override
        public int compareTo(Text other) {
            return value.compareTo(other.value);
        }

        int length() {
            return value.codePointCount(0, value.length());
        }

        @Override
        public String type() {
            return "a string";
        }
    }

    record Array(List<JsonValue> items) implements JsonValue {

        public Array {
            items = List.copyOf(items);
        }

        @Override
        public String type() {
            return "an array";
        }
    }

    /// @param members in the order in which they were written
    record Dict(Map<String, JsonValue> members) implements JsonValue {

        public Dict {
            members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
        }

        @Override
        public String type() {
            return "an object";
        }
    }
}
