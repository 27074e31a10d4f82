package dev.runnel.engine.constraint;

import dev.runnel.engine.constraint.SchemaDocument.Schema;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// Schemas for what a schema doesn't admit: what `not` and `else` need. They may admit less than that,
/// where JSON Schema has no words for the rest, and never more.
final class Negation {

    /// Keywords of our own, with the negated meaning of those they are called after. A client may send them
    /// too, and gets what they mean.
    static final String NOT_PATTERN = "\u0000notPattern";

    static final String NOT_ENUM = "\u0000notEnum";

    private static final Set<String> TYPES = Set.of("null", "boolean", "number", "string", "array", "object");

    private static final int MAX_DEPTH = 20;
    private static final int MAX_STEPS = 2_000;

    private final SchemaDocument document;
    private final Schema owner;
    private final String keyword;
    private int steps;

    private Negation(SchemaDocument document, Schema owner, String keyword) {
        this.document = document;
        this.owner = owner;
        this.keyword = keyword;
    }

    /// The negation of a schema that a keyword wants.
    ///
    /// @throws ConstraintException if there are no words for it; it names the keyword
    static JsonValue of(Schema schema, SchemaDocument document, Schema owner, String keyword) {
        return new Negation(document, owner, keyword).negate(schema, 0);
    }

    private JsonValue negate(Schema schema, int depth) {
        if (depth > MAX_DEPTH || ++steps > MAX_STEPS) {
            throw owner.unsupported(keyword);
        }
        if (schema.value() instanceof JsonValue.Constant constant) {
            return constant == JsonValue.Constant.TRUE ? JsonValue.Constant.FALSE : JsonValue.Constant.TRUE;
        }
        List<JsonValue> options = new ArrayList<>();
        for (Map.Entry<String, JsonValue> each : schema.keywords().entrySet()) {
            if (SchemaCompiler.ANNOTATIONS.contains(each.getKey())) {
                continue;
            }
            negate(schema, each.getKey(), each.getValue(), depth, options);
        }
        return options.size() == 1 ? options.getFirst() : anyOf(options);
    }

    private void negate(Schema schema, String name, JsonValue value, int depth, List<JsonValue> options) {
        switch (name) {
            case "$ref" -> options.add(negate(document.resolve(schema), depth + 1));
            case "not" -> options.add(schema.at("not").value());
            case "allOf" -> schema.listed(name).forEach(each -> options.add(negate(each, depth + 1)));
            case "anyOf" ->
                options.add(object(
                        "allOf",
                        array(schema.listed(name).stream()
                                .map(each -> negate(each, depth + 1))
                                .toList())));
            case "type" -> {
                Set<String> rest = new TreeSet<>(TYPES);
                for (String type : SchemaCompiler.typeNames(schema, value)) {
                    rest.remove(type.equals("integer") ? "number" : type);
                }
                options.add(
                        rest.isEmpty()
                                ? JsonValue.Constant.FALSE
                                : object(
                                        "type",
                                        array(rest.stream()
                                                .<JsonValue>map(JsonValue.Text::new)
                                                .toList())));
            }
            case "const" -> options.add(object(NOT_ENUM, array(List.of(value))));
            case "enum" -> {
                if (!(value instanceof JsonValue.Array)) {
                    throw schema.refusal(name, "is %s, expected an array".formatted(value.type()));
                }
                options.add(object(NOT_ENUM, value));
            }
            case "required" -> {
                if (value instanceof JsonValue.Array(var items)) {
                    for (JsonValue each : items) {
                        if (each instanceof JsonValue.Text(var member)) {
                            options.add(typed("object", "properties", object(member, JsonValue.Constant.FALSE)));
                        }
                    }
                }
            }
            case "properties" -> {
                for (Map.Entry<String, Schema> each : schema.named(name)) {
                    Map<String, JsonValue> keywords = new LinkedHashMap<>();
                    keywords.put("type", new JsonValue.Text("object"));
                    keywords.put("required", array(List.of(new JsonValue.Text(each.getKey()))));
                    keywords.put("properties", object(each.getKey(), negate(each.getValue(), depth + 1)));
                    options.add(new JsonValue.Dict(keywords));
                }
            }
            case "pattern" -> options.add(typed("string", NOT_PATTERN, value));
            case "minimum" -> options.add(typed("number", "exclusiveMaximum", value));
            case "maximum" -> options.add(typed("number", "exclusiveMinimum", value));
            case "exclusiveMinimum" -> options.add(typed("number", "maximum", value));
            case "exclusiveMaximum" -> options.add(typed("number", "minimum", value));
            case "minLength" -> below(value, "string", "maxLength", options);
            case "maxLength" -> options.add(typed("string", "minLength", plus(value, 1)));
            case "minItems" -> below(value, "array", "maxItems", options);
            case "maxItems" -> options.add(typed("array", "minItems", plus(value, 1)));
            case "minProperties" -> below(value, "object", "maxProperties", options);
            case "maxProperties" -> options.add(typed("object", "minProperties", plus(value, 1)));
            default -> throw owner.unsupported(keyword);
        }
    }

    private void below(JsonValue bound, String type, String opposite, List<JsonValue> options) {
        if (bound instanceof JsonValue.Numeric number && number.value().signum() > 0) {
            options.add(typed(type, opposite, plus(bound, -1)));
        }
    }

    private JsonValue plus(JsonValue bound, int more) {
        if (!(bound instanceof JsonValue.Numeric number)) {
            throw owner.unsupported(keyword);
        }
        BigDecimal sum = number.value().add(BigDecimal.valueOf(more));
        return new JsonValue.Numeric(sum, sum.toPlainString());
    }

    private static JsonValue typed(String type, String name, JsonValue value) {
        Map<String, JsonValue> keywords = new LinkedHashMap<>();
        keywords.put("type", new JsonValue.Text(type));
        keywords.put(name, value);
        return new JsonValue.Dict(keywords);
    }

    static JsonValue object(String name, JsonValue value) {
        return new JsonValue.Dict(Map.of(name, value));
    }

    static JsonValue array(List<JsonValue> items) {
        return new JsonValue.Array(items);
    }

    static JsonValue anyOf(List<JsonValue> options) {
        return options.isEmpty() ? JsonValue.Constant.FALSE : object("anyOf", array(options));
    }
}
