package dev.runnel.engine.constraint;

import dev.runnel.engine.constraint.SchemaDocument.Schema;
import dev.runnel.engine.constraint.StringLanguage.Limited;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The automata of the strings that a grammar's schemas ask for, each expression compiled once, and the
/// [Budget] of all that is done with those schemas.
final class Patterns {

    /// What it takes to look at a schema.
    private static final int LOOK = 10;

    /// Of a value in a set.
    private static final int LISTED_BYTES = 48;

    private final Map<String, CharDfa> compiled = new HashMap<>();
    private final Map<String, CharDfa> formats = new HashMap<>();
    private final IdentityHashMap<List<JsonValue>, Set<JsonValue>> listed = new IdentityHashMap<>();
    private final Budget budget = new Budget();

    /// @throws ConstraintException if that is more than the grammar's schemas may take
    void spend(long steps, Schema schema) {
        if (!budget.takes(steps)) {
            throw schema.tooLarge();
        }
    }

    /// Counts that a schema is looked at.
    ///
    /// @throws ConstraintException if that is more than the grammar's schemas may take
    void look(Schema schema) {
        spend(LOOK, schema);
    }

    /// @throws ConstraintException if that is more than the grammar's schemas may take
    void hold(long bytes, Schema schema) {
        if (!budget.holds(bytes)) {
            throw schema.tooLarge();
        }
    }

    /// Whether a value is among those that a keyword lists.
    boolean lists(List<JsonValue> values, JsonValue value, Schema schema) {
        if (values.stream().anyMatch(JsonValue::isCompound)) {
            spend(values.size(), schema);
            return values.contains(value);
        }
        Set<JsonValue> known = listed.get(values);
        if (known == null) {
            spend((long) LOOK * values.size(), schema);
            hold((long) LISTED_BYTES * values.size(), schema);
            known = new HashSet<>(values);
            listed.put(values, known);
        }
        return known.contains(value);
    }

    CharDfa pattern(Schema schema, String keyword, @Nullable JsonValue argument) {
        return compile(schema, keyword, source(schema, keyword, argument));
    }

    CharDfa compile(Schema schema, String keyword, String source) {
        CharDfa known = compiled.get(source);
        if (known == null) {
            try {
                known = Pattern.compile(source, budget);
            } catch (Pattern.Refusal refusal) {
                throw schema.refusal(keyword, String.valueOf(refusal.getMessage()));
            }
            compiled.put(source, known);
        }
        return known;
    }

    CharDfa format(Schema schema, JsonValue argument) {
        String name = source(schema, "format", argument);
        CharDfa known = formats.get(name);
        if (known == null) {
            try {
                known = Formats.named(name, budget);
            } catch (Pattern.Refusal refusal) {
                throw schema.refusal("format", String.valueOf(refusal.getMessage()));
            }
            formats.put(name, known);
        }
        return known;
    }

    private static String source(Schema schema, String keyword, @Nullable JsonValue argument) {
        if (!(argument instanceof JsonValue.Text(var source))) {
            throw schema.refusal(keyword, "is not a string");
        }
        return source;
    }

    /// Whether a language has a text that a schema or an instance of it lists.
    boolean contains(CharDfa language, String text, Schema schema) {
        spend(text.length(), schema);
        return language.contains(text);
    }

    /// The language of some strings that a schema lists.
    CharDfa listing(Collection<String> strings, Schema schema) {
        CharDfa found = CharDfa.of(strings);
        if (found == null || !budget.holds(found.bytes())) {
            throw schema.tooLarge();
        }
        return found;
    }

    /// The strings that a language doesn't have.
    CharDfa not(CharDfa language, Schema schema) {
        hold(language.bytes(), schema);
        return language.complement();
    }

    /// The strings that are in both languages.
    CharDfa and(CharDfa a, CharDfa b, Schema schema, String keyword) {
        CharDfa both = a.and(b);
        boolean isNew = both != a && both != b;
        if (isNew && !budget.holds(both == null ? CharDfa.MOST_BYTES : both.bytes())) {
            both = null;
        }
        if (both == null) {
            throw schema.refusal(keyword, "is too large to be enforced together with others");
        }
        return both;
    }

    /// The strings of a language that have some lengths.
    ///
    /// @param max or [StringLanguage.Lengths#UNBOUNDED]
    /// @return null if that takes too many states
    @Nullable
    StringLanguage limited(CharDfa language, int min, int max) {
        return Limited.of(language, min, max, budget);
    }

    /// What `properties`, `patternProperties` and `additionalProperties` of one schema ask of a member.
    List<Schema> propertySchemas(Schema schema, String name) {
        look(schema);
        List<Schema> all = new ArrayList<>();
        Schema property = schema.named("properties", name);
        if (property != null) {
            all.add(property);
        }
        for (Map.Entry<String, Schema> each : schema.named("patternProperties")) {
            look(schema);
            if (contains(compile(schema, "patternProperties", each.getKey()), name, schema)) {
                all.add(each.getValue());
            }
        }
        if (all.isEmpty() && schema.has("additionalProperties")) {
            all.add(schema.at("additionalProperties"));
        }
        return all;
    }
}
