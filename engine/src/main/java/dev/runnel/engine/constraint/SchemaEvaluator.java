package dev.runnel.engine.constraint;

import dev.runnel.engine.constraint.SchemaDocument.Schema;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/// Whether a schema admits a value: for the values that `enum` and `const` list.
final class SchemaEvaluator {

    private static final int MAX_DEPTH = 100;

    private final SchemaDocument document;
    private final Patterns patterns;
    private final boolean isExact;

    /// @param isExact otherwise what is admitted here may be too much: formats, which we know more
    ///     narrowly than they are meant, and what is denied don't count
    SchemaEvaluator(SchemaDocument document, Patterns patterns, boolean isExact) {
        this.document = document;
        this.patterns = patterns;
        this.isExact = isExact;
    }

    /// @throws ConstraintException if the schema says something that isn't known here
    boolean admits(Schema schema, JsonValue value) {
        return admits(schema, value, 0);
    }

    private boolean admits(Schema schema, JsonValue value, int depth) {
        patterns.look(schema);
        if (depth > MAX_DEPTH) {
            throw schema.tooLarge();
        }
        if (schema.isFalse()) {
            return false;
        }
        for (Map.Entry<String, JsonValue> each : schema.keywords().entrySet()) {
            if (!admits(schema, each.getKey(), each.getValue(), value, depth)) {
                return false;
            }
        }
        return true;
    }

    private boolean admits(Schema schema, String keyword, JsonValue argument, JsonValue value, int depth) {
        return switch (keyword) {
            case "$ref" -> admits(document.resolve(schema), value, depth + 1);
            case "allOf" -> schema.listed(keyword).stream().allMatch(each -> admits(each, value, depth + 1));
            case "anyOf" -> schema.listed(keyword).stream().anyMatch(each -> admits(each, value, depth + 1));
            case "oneOf" -> {
                long admitting = schema.listed(keyword).stream()
                        .filter(each -> admits(each, value, depth + 1))
                        .count();
                yield admitting == 1 || (!isExact && admitting > 1);
            }
            case "not" -> !isExact || !admits(schema.at(keyword), value, depth + 1);
            case "if" -> {
                boolean holds = admits(schema.at(keyword), value, depth + 1);
                boolean then = !schema.has("then") || admits(schema.at("then"), value, depth + 1);
                boolean otherwise = !schema.has("else") || admits(schema.at("else"), value, depth + 1);
                yield isExact ? (holds ? then : otherwise) : then || otherwise;
            }
            case "type" -> {
                for (JsonValue each : argument instanceof JsonValue.Array(var items) ? items : List.of(argument)) {
                    if (each instanceof JsonValue.Text(var type) && isOfType(value, type)) {
                        yield true;
                    }
                }
                yield false;
            }
            case "const" -> argument.equals(value);
            case "enum" -> argument instanceof JsonValue.Array(var items) && patterns.lists(items, value, schema);
            case Negation.NOT_ENUM ->
                argument instanceof JsonValue.Array(var items) && !patterns.lists(items, value, schema);
            default ->
                switch (value) {
                    case JsonValue.Constant _ -> true;
                    case JsonValue.Numeric(var number, var _) -> admitsNumber(schema, keyword, argument, number);
                    case JsonValue.Text text -> admitsText(schema, keyword, argument, text);
                    case JsonValue.Array(var items) -> admitsItems(schema, keyword, argument, items, depth);
                    case JsonValue.Dict(var members) -> admitsMembers(schema, keyword, argument, members, depth);
                };
        };
    }

    private static boolean isOfType(JsonValue value, String type) {
        return switch (value) {
            case JsonValue.Constant constant -> type.equals(constant == JsonValue.Constant.NULL ? "null" : "boolean");
            case JsonValue.Numeric number -> type.equals("number") || (type.equals("integer") && number.isWhole());
            case JsonValue.Text _ -> type.equals("string");
            case JsonValue.Array _ -> type.equals("array");
            case JsonValue.Dict _ -> type.equals("object");
        };
    }

    private static boolean admitsNumber(Schema schema, String keyword, JsonValue argument, BigDecimal number) {
        if (!(argument instanceof JsonValue.Numeric(var bound, var _))) {
            return switch (keyword) {
                case "exclusiveMinimum", "exclusiveMaximum" -> {
                    String limit = keyword.equals("exclusiveMinimum") ? "minimum" : "maximum";
                    yield argument != JsonValue.Constant.TRUE
                            || !(schema.get(limit) instanceof JsonValue.Numeric(var end, var _))
                            || end.compareTo(number) != 0;
                }
                default -> true;
            };
        }
        int order = number.compareTo(bound);
        return switch (keyword) {
            case "minimum" -> order >= 0;
            case "maximum" -> order <= 0;
            case "exclusiveMinimum" -> order > 0;
            case "exclusiveMaximum" -> order < 0;
            case "multipleOf" -> bound.signum() > 0 && number.remainder(bound).signum() == 0;
            default -> true;
        };
    }

    private boolean admitsText(Schema schema, String keyword, JsonValue argument, JsonValue.Text text) {
        return switch (keyword) {
            case "minLength" -> compare(text.length(), argument) >= 0;
            case "maxLength" -> compare(text.length(), argument) <= 0;
            case "pattern" -> patterns.contains(patterns.pattern(schema, keyword, argument), text.value(), schema);
            case Negation.NOT_PATTERN ->
                !patterns.contains(patterns.pattern(schema, keyword, argument), text.value(), schema);
            case "format" -> !isExact || patterns.contains(patterns.format(schema, argument), text.value(), schema);
            default -> true;
        };
    }

    private static int compare(int size, JsonValue bound) {
        return bound instanceof JsonValue.Numeric(var limit, var _)
                ? BigDecimal.valueOf(size).compareTo(limit)
                : 0;
    }

    private boolean admitsItems(Schema schema, String keyword, JsonValue argument, List<JsonValue> items, int depth) {
        return switch (keyword) {
            case "minItems" -> compare(items.size(), argument) >= 0;
            case "maxItems" -> compare(items.size(), argument) <= 0;
            case "uniqueItems" -> argument != JsonValue.Constant.TRUE || new HashSet<>(items).size() == items.size();
            case "prefixItems", "items", "additionalItems" -> {
                boolean all = true;
                for (int i = 0; i < items.size() && all; i++) {
                    Schema each = SchemaCompiler.itemSchema(schema, i);
                    all = each == null || admits(each, items.get(i), depth + 1);
                }
                yield all;
            }
            case "contains", "minContains", "maxContains" -> {
                if (!schema.has("contains")) {
                    yield true;
                }
                int found = (int) items.stream()
                        .filter(each -> admits(schema.at("contains"), each, depth + 1))
                        .count();
                JsonValue min = schema.get("minContains");
                JsonValue max = schema.get("maxContains");
                yield (min == null ? found > 0 : compare(found, min) >= 0)
                        && (max == null || !isExact || compare(found, max) <= 0);
            }
            case "unevaluatedItems" -> throw schema.unsupported(keyword);
            default -> true;
        };
    }

    private boolean admitsMembers(
            Schema schema, String keyword, JsonValue argument, Map<String, JsonValue> members, int depth) {
        return switch (keyword) {
            case "required" ->
                argument instanceof JsonValue.Array(var names)
                        && names.stream()
                                .allMatch(
                                        each -> each instanceof JsonValue.Text(var name) && members.containsKey(name));
            case "minProperties" -> compare(members.size(), argument) >= 0;
            case "maxProperties" -> compare(members.size(), argument) <= 0;
            case "propertyNames" ->
                members.keySet().stream()
                        .allMatch(name -> admits(schema.at(keyword), new JsonValue.Text(name), depth + 1));
            case "properties", "patternProperties", "additionalProperties" -> {
                for (Map.Entry<String, JsonValue> member : members.entrySet()) {
                    List<Schema> all = patterns.propertySchemas(schema, member.getKey());
                    for (Schema each : all) {
                        if (!admits(each, member.getValue(), depth + 1)) {
                            yield false;
                        }
                    }
                }
                yield true;
            }
            case "dependentRequired", "dependentSchemas", "dependencies", "unevaluatedProperties" ->
                throw schema.unsupported(keyword);
            default -> true;
        };
    }
}
