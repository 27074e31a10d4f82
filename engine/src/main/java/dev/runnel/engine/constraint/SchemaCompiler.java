package dev.runnel.engine.constraint;

import dev.runnel.engine.constraint.SchemaDocument.Schema;
import dev.runnel.engine.constraint.StringLanguage.Lengths;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// A JSON Schema to a grammar of values that it admits. What the grammar generates, the schema admits;
/// never the other way round: of two ways to write a value one may be left out, and a keyword that can't
/// be kept is refused by name.
///
/// The unit of work is a [Conjunction]: schemas that one value must satisfy together. `$ref` and `allOf`
/// add to it, `anyOf` and what is turned into it (`oneOf` of disjoint options, `if`, `dependentRequired`,
/// …) split it. What is left is keywords side by side, of which each type of value takes its own: the
/// bounds of numbers and the lengths of arrays are intersected, expressions become one automaton, and the
/// values of properties and items are conjunctions again. Equal conjunctions are one rule, which is how
/// recursion ends.
///
/// Members of an object come in the order in which the schema lists them, those that it doesn't list
/// last.
final class SchemaCompiler {

    /// Keywords that ask for nothing.
    static final Set<String> ANNOTATIONS = Set.of(
            "$schema",
            "$id",
            "$anchor",
            "$comment",
            "$defs",
            "$vocabulary",
            "$dynamicAnchor",
            "definitions",
            "title",
            "description",
            "default",
            "examples",
            "deprecated",
            "readOnly",
            "writeOnly",
            "contentEncoding",
            "contentMediaType",
            "contentSchema");

    /// Keywords that ask something of a value themselves, and don't only name schemas for it.
    private static final Set<String> ASSERTIONS = Set.of(
            "type",
            "enum",
            "const",
            "properties",
            "patternProperties",
            "additionalProperties",
            "propertyNames",
            "minProperties",
            "maxProperties",
            "required",
            "prefixItems",
            "items",
            "additionalItems",
            "contains",
            "minContains",
            "maxContains",
            "uniqueItems",
            "minItems",
            "maxItems",
            "minLength",
            "maxLength",
            "pattern",
            "format",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "unevaluatedItems",
            "unevaluatedProperties",
            Negation.NOT_ENUM,
            Negation.NOT_PATTERN);

    private static final int MAX_CONJUNCTIONS = 20_000;
    private static final int MAX_DEPTH = 300;
    private static final int MAX_UNIQUE_VALUES = 48;
    private static final int MAX_ORDERED_VALUES = 6;
    private static final int MAX_ITEMS = 2_000;
    private static final int MAX_PATTERNS = 4;
    private static final int MAX_COUNTED_MEMBERS = 64;

    /// States of an object whose members are counted: for each that is named, one for each count before it.
    private static final int MAX_COUNTS = 65_536;

    /// Of a state or an edge of what is drawn.
    private static final int DRAWN_BYTES = 100;

    private enum Type {
        NULL,
        BOOLEAN,
        NUMBER,
        STRING,
        ARRAY,
        OBJECT
    }

    /// An `anyOf` or what is turned into it, of which no option is chosen yet. An option is schemas that
    /// must be satisfied together.
    private record Options(Schema owner, String keyword, String part, List<List<Schema>> all) {

        String key() {
            return owner.pointer() + "/" + keyword + "/" + part;
        }
    }

    /// Schemas that one value must satisfy together.
    ///
    /// @param schemas those that assert something themselves; their references are followed and their
    ///     options open, or chosen
    /// @param open the options among which is still to be chosen
    private record Conjunction(Set<Schema> schemas, List<Options> open) {

        String key() {
            Set<String> key = new TreeSet<>();
            schemas.forEach(each -> key.add(each.pointer()));
            open.forEach(each -> key.add("?" + each.key()));
            return String.join(" ", key);
        }

        String path() {
            return schemas.isEmpty() ? "any value" : schemas.iterator().next().path();
        }

        @Nullable
        Schema with(String keyword) {
            return schemas.stream()
                    .filter(each -> each.has(keyword))
                    .findFirst()
                    .orElse(null);
        }
    }

    private final SchemaDocument document;
    private final JsonNodes json;
    private final boolean usesUnevaluated; // then it matters which schemas hold, those that assert nothing too
    private final Patterns patterns;
    private final Map<String, Node.Rule> rules = new HashMap<>();
    private final Deque<Runnable> pending = new ArrayDeque<>();
    private final Set<Schema> grounded = new HashSet<>();
    private final Map<String, Boolean> never = new HashMap<>();
    private int conjunctions;

    /// @param patterns of all schemas of a grammar
    SchemaCompiler(JsonValue schema, String path, JsonNodes json, Patterns patterns) {
        document = new SchemaDocument(schema, path);
        usesUnevaluated = document.mentions("unevaluatedItems") || document.mentions("unevaluatedProperties");
        this.json = json;
        this.patterns = patterns;
    }

    /// @throws ConstraintException if the schema can't be enforced
    Node compile() {
        Node whole = node(conjunction(List.of(document.root())));
        while (!pending.isEmpty()) {
            pending.remove().run();
        }
        return whole;
    }

    // Conjunctions

    private @Nullable Conjunction conjunction(Collection<Schema> schemas) {
        return conjunction(Set.of(), List.of(), schemas, true);
    }

    /// @param added to the others; all that they refer to is added too
    /// @param narrowly otherwise stand-ins don't count, which may say less than is meant
    /// @return null if one of them is `false`
    private @Nullable Conjunction conjunction(
            Set<Schema> schemas, List<Options> open, Collection<Schema> added, boolean narrowly) {
        schemas.forEach(patterns::look);
        open.forEach(each -> patterns.look(each.owner()));
        Set<Schema> all = new LinkedHashSet<>(schemas);
        if (!narrowly) {
            all.removeIf(Schema::isStandIn);
        }
        Set<Schema> seen = new HashSet<>(schemas);
        Map<String, Options> options = new LinkedHashMap<>();
        open.forEach(each -> options.put(each.key(), each));
        Deque<Schema> work = new ArrayDeque<>(added);
        while (!work.isEmpty()) {
            Schema schema = work.remove();
            if (++conjunctions > MAX_CONJUNCTIONS) {
                throw document.root().tooLarge();
            }
            if (!narrowly && schema.isStandIn()) {
                continue;
            }
            if (schema.isFalse()) {
                return null;
            }
            if (!seen.add(schema)) {
                continue;
            }
            ground(schema, new LinkedHashSet<>());
            if (usesUnevaluated || !Collections.disjoint(schema.keywords().keySet(), ASSERTIONS)) {
                all.add(schema);
            }
            for (Options each : optionsOf(schema)) {
                options.put(each.key(), each);
            }
            work.addAll(referred(schema));
        }
        return new Conjunction(all, List.copyOf(options.values()));
    }

    /// Refuses a schema that refers to itself for the same value, which means nothing.
    private void ground(Schema schema, Set<Schema> above) {
        if (grounded.contains(schema)) {
            return;
        }
        if (above.size() > MAX_DEPTH) {
            throw schema.tooLarge();
        }
        if (!above.add(schema)) {
            throw new ConstraintException(schema.path(), "can't be enforced: it refers to itself for the same value");
        }
        checkKeywords(schema);
        Set<Schema> children = new LinkedHashSet<>(referred(schema));
        optionsOf(schema).forEach(each -> each.all().forEach(children::addAll));
        for (Schema each : children) {
            ground(each, above);
        }
        above.remove(schema);
        grounded.add(schema);
    }

    private void checkKeywords(Schema schema) {
        if (!schema.pointer().isEmpty() && schema.get("$id") instanceof JsonValue.Text) {
            throw schema.refusal("$id", "is in a part of the schema, where it would change what references mean");
        }
        for (String keyword : List.of("$dynamicRef", "$recursiveRef")) {
            if (schema.has(keyword)) {
                throw schema.unsupported(keyword);
            }
        }
    }

    private List<Schema> referred(Schema schema) {
        List<Schema> all = new ArrayList<>();
        if (schema.has("$ref")) {
            all.add(document.resolve(schema));
        }
        all.addAll(schema.listed("allOf"));
        if (schema.has("not")) {
            all.add(schema.standIn("not", "", Negation.of(schema.at("not"), document, schema, "not")));
        }
        return all;
    }

    private List<Options> optionsOf(Schema schema) {
        List<Options> all = new ArrayList<>();
        for (String keyword : List.of("anyOf", "oneOf")) {
            if (schema.has(keyword)) {
                List<Schema> options = schema.listed(keyword);
                if (options.isEmpty()) {
                    throw schema.refusal(keyword, "is empty");
                }
                all.add(new Options(
                        schema, keyword, "", options.stream().map(List::of).toList()));
            }
        }
        if (schema.has("if") && (schema.has("then") || schema.has("else"))) {
            Schema condition = schema.at("if");
            Schema otherwise = schema.standIn("if", "", Negation.of(condition, document, schema, "if"));
            all.add(new Options(
                    schema,
                    "if",
                    "",
                    List.of(
                            schema.has("then") ? List.of(condition, schema.at("then")) : List.of(condition),
                            schema.has("else") ? List.of(otherwise, schema.at("else")) : List.of(otherwise))));
        }
        for (String keyword : List.of("dependentRequired", "dependentSchemas", "dependencies")) {
            JsonValue value = schema.get(keyword);
            if (value instanceof JsonValue.Dict(var members)) {
                members.forEach((name, needed) -> all.add(dependency(schema, keyword, name, needed)));
            } else if (value != null) {
                throw schema.refusal(keyword, "is %s, expected an object".formatted(value.type()));
            }
        }
        return all;
    }

    /// Either a member is absent, or it is there and what depends on it holds.
    private static Options dependency(Schema schema, String keyword, String name, JsonValue needed) {
        JsonValue absent = Negation.object("properties", Negation.object(name, JsonValue.Constant.FALSE));
        JsonValue present = Negation.object("required", Negation.array(List.of(new JsonValue.Text(name))));
        Schema holds = needed instanceof JsonValue.Array
                ? schema.standIn(keyword, name + " needs", Negation.object("required", needed))
                : schema.child(keyword, name, needed);
        return new Options(
                schema,
                keyword,
                name,
                List.of(
                        List.of(schema.standIn(keyword, name + " absent", absent)),
                        List.of(schema.standIn(keyword, name + " present", present), holds)));
    }

    private @Nullable Conjunction choose(
            Conjunction conjunction, Options options, Collection<Schema> chosen, boolean narrowly) {
        List<Options> rest = conjunction.open().stream()
                .filter(each -> !each.key().equals(options.key()))
                .toList();
        return conjunction(conjunction.schemas(), rest, chosen, narrowly);
    }

    /// The rule of a conjunction; [Node#NEVER] for null.
    private Node node(@Nullable Conjunction conjunction) {
        if (conjunction == null) {
            return Node.NEVER;
        }
        if (conjunction.schemas().isEmpty() && conjunction.open().isEmpty()) {
            return json.value();
        }
        String key = key(conjunction);
        Node.Rule known = rules.get(key);
        if (known == null) {
            Node.Rule rule = new Node.Rule(conjunction.path());
            rules.put(key, rule);
            pending.add(() -> {
                rule.body = body(conjunction);
                patterns.hold(DRAWN_BYTES * drawn(rule.body), document.root());
            });
            known = rule;
        }
        return known;
    }

    private String key(Conjunction conjunction) {
        String key = conjunction.key();
        patterns.hold(key.length(), document.root());
        return key;
    }

    /// States and edges of what is drawn for the values of a conjunction.
    private static long drawn(Node body) {
        return switch (body) {
            case Node.Graph graph -> graph.states() + graph.edges().size();
            case Node.Choice(var types) ->
                types.stream().mapToLong(SchemaCompiler::drawn).sum();
            case Node.Text _, Node.OneByte _, Node.Token _ -> 0;
            case Node.Sequence _, Node.Repeat _, Node.JsonString _, Node.Rule _ -> 0;
        };
    }

    private Node body(Conjunction conjunction) {
        if (conjunction.open().isEmpty()) {
            return values(conjunction);
        }
        Options options = conjunction.open().getFirst();
        boolean exactlyOne = options.keyword().equals("oneOf");
        List<Node> nodes = new ArrayList<>();
        for (int i = 0; i < options.all().size(); i++) {
            List<Schema> chosen = new ArrayList<>(options.all().get(i));
            if (exactlyOne) {
                chosen.addAll(notTheOthers(conjunction, options, i));
            }
            nodes.add(node(choose(conjunction, options, chosen, true)));
        }
        return new Node.Choice(nodes);
    }

    /// The negations of those options of a `oneOf` that a value may satisfy beside one.
    private List<Schema> notTheOthers(Conjunction conjunction, Options options, int chosen) {
        List<Schema> negations = new ArrayList<>();
        List<Schema> all = options.all().stream().map(List::getFirst).toList();
        for (int i = 0; i < all.size(); i++) {
            List<Schema> both = List.of(all.get(chosen), all.get(i));
            if (i == chosen || isNever(choose(conjunction, options, both, false), 0)) {
                continue;
            }
            JsonValue negation;
            try {
                negation = Negation.of(all.get(i), document, options.owner(), "oneOf");
            } catch (ConstraintException inexpressible) {
                throw options.owner()
                        .refusal(
                                "oneOf",
                                "can't be enforced: a value may match both option %d and option %d; use anyOf, or tell them apart by a required property with a const"
                                        .formatted(Math.min(i, chosen), Math.max(i, chosen)));
            }
            negations.add(options.owner().standIn("oneOf", "not " + i, negation));
        }
        return negations;
    }

    // What is certainly empty

    /// Whether it is certain that no value satisfies a conjunction. What is enforced more narrowly than
    /// it is meant, negations, formats and what counts as evaluated, proves nothing.
    ///
    /// @param conjunction one without stand-ins
    private boolean isNever(@Nullable Conjunction conjunction, int depth) {
        if (conjunction == null) {
            return true;
        }
        if (depth > 6) {
            return false;
        }
        String key = key(conjunction) + (depth == 0 ? "" : " " + depth);
        Boolean known = never.get(key);
        if (known == null) {
            known = findNever(conjunction, depth);
            never.put(key, known);
        }
        return known;
    }

    private boolean findNever(Conjunction conjunction, int depth) {
        List<JsonValue> listed = listed(conjunction, false);
        if (listed != null && listed.isEmpty()) {
            return true;
        }
        EnumSet<Type> types = types(conjunction);
        if (listed == null && types.stream().allMatch(type -> isNever(conjunction, type, depth))) {
            return true;
        }
        for (Options options : conjunction.open()) {
            if (options.all().stream()
                    .allMatch(each -> isNever(choose(conjunction, options, each, false), depth + 1))) {
                return true;
            }
        }
        return false;
    }

    private boolean isNever(Conjunction conjunction, Type type, int depth) {
        return switch (type) {
            case NULL, BOOLEAN -> false;
            case NUMBER -> range(conjunction).isEmpty();
            case STRING -> text(conjunction, false).start() == StringLanguage.NONE;
            case ARRAY -> {
                Counts counts = counts(conjunction, "minItems", "maxItems");
                boolean isNever = counts.isEmpty();
                for (int i = 0; i < Math.min(counts.min(), 16) && !isNever; i++) {
                    List<Schema> item = itemSchemas(conjunction, i, false);
                    isNever = isNever(conjunction(Set.of(), List.of(), item, false), depth + 1);
                }
                yield isNever;
            }
            case OBJECT ->
                counts(conjunction, "minProperties", "maxProperties").isEmpty()
                        || required(conjunction).stream()
                                .anyMatch(name -> isNever(member(conjunction, name, false), depth + 1));
        };
    }

    // Values

    private Node values(Conjunction conjunction) {
        List<JsonValue> listed = listed(conjunction, true);
        if (listed != null) {
            return new Node.Choice(listed.stream().map(JsonNodes::literal).toList());
        }
        List<Node> options = new ArrayList<>();
        for (Type type : types(conjunction)) {
            options.add(
                    switch (type) {
                        case NULL -> isExcluded(conjunction, JsonValue.Constant.NULL) ? Node.NEVER : JsonNodes.NULL;
                        case BOOLEAN -> booleans(conjunction);
                        case NUMBER -> number(conjunction);
                        case STRING -> json.string(text(conjunction, true));
                        case ARRAY -> array(conjunction);
                        case OBJECT -> object(conjunction);
                    });
        }
        return new Node.Choice(options);
    }

    /// What `enum` and `const` list and all other keywords admit; null if they list nothing.
    private @Nullable List<JsonValue> listed(Conjunction conjunction, boolean narrowly) {
        Collection<JsonValue> candidates = null;
        for (Schema schema : conjunction.schemas()) {
            JsonValue all = schema.get("enum");
            if (schema.has("const")) {
                candidates = List.of(Objects.requireNonNull(schema.get("const")));
                break;
            } else if (all instanceof JsonValue.Array(var items)) {
                candidates = candidates == null || items.size() < candidates.size() ? items : candidates;
            } else if (all != null) {
                throw schema.refusal("enum", "is %s, expected an array".formatted(all.type()));
            }
        }
        if (candidates == null) {
            return null;
        }
        long compound = candidates.stream().filter(JsonValue::isCompound).count();
        patterns.spend(compound * compound / 2, conjunction.schemas().iterator().next());
        SchemaEvaluator evaluator = new SchemaEvaluator(document, patterns, narrowly);
        List<JsonValue> admitted = new ArrayList<>();
        for (JsonValue each : new LinkedHashSet<>(candidates)) {
            if (conjunction.schemas().stream().allMatch(schema -> evaluator.admits(schema, each))) {
                admitted.add(each);
            }
        }
        return admitted;
    }

    private static EnumSet<Type> types(Conjunction conjunction) {
        EnumSet<Type> types = EnumSet.allOf(Type.class);
        for (Schema schema : conjunction.schemas()) {
            JsonValue value = schema.get("type");
            if (value == null) {
                continue;
            }
            EnumSet<Type> named = EnumSet.noneOf(Type.class);
            for (String name : typeNames(schema, value)) {
                named.add(
                        switch (name) {
                            case "null" -> Type.NULL;
                            case "boolean" -> Type.BOOLEAN;
                            case "number", "integer" -> Type.NUMBER;
                            case "string" -> Type.STRING;
                            case "array" -> Type.ARRAY;
                            case "object" -> Type.OBJECT;
                            default ->
                                throw schema.refusal(
                                        "type",
                                        "is %s, expected null, boolean, integer, number, string, array or object"
                                                .formatted(name));
                        });
            }
            types.retainAll(named);
        }
        return types;
    }

    static List<String> typeNames(Schema schema, JsonValue value) {
        List<String> names = new ArrayList<>();
        for (JsonValue each : value instanceof JsonValue.Array(var items) ? items : List.of(value)) {
            if (!(each instanceof JsonValue.Text(var name))) {
                throw schema.refusal("type", "is %s, expected the name of a type".formatted(each.type()));
            }
            names.add(name);
        }
        return names;
    }

    private boolean isExcluded(Conjunction conjunction, JsonValue value) {
        return excluded(conjunction).contains(value);
    }

    private List<JsonValue> excluded(Conjunction conjunction) {
        List<JsonValue> all = new ArrayList<>();
        for (Schema schema : conjunction.schemas()) {
            if (schema.get(Negation.NOT_ENUM) instanceof JsonValue.Array(var items)) {
                patterns.spend(items.size(), schema);
                all.addAll(items);
            }
        }
        return all;
    }

    private void refuseExcluded(Conjunction conjunction, Class<? extends JsonValue> type) {
        if (excluded(conjunction).stream().anyMatch(type::isInstance)) {
            Schema owner = Objects.requireNonNull(conjunction.with(Negation.NOT_ENUM));
            throw new ConstraintException(owner.path(), "can't be enforced: it excludes values other than strings");
        }
    }

    private Node booleans(Conjunction conjunction) {
        List<Node> options = new ArrayList<>();
        for (JsonValue.Constant each : List.of(JsonValue.Constant.TRUE, JsonValue.Constant.FALSE)) {
            if (!isExcluded(conjunction, each)) {
                options.add(JsonNodes.literal(each));
            }
        }
        return new Node.Choice(options);
    }

    // Numbers

    private Node number(Conjunction conjunction) {
        refuseExcluded(conjunction, JsonValue.Numeric.class);
        Numbers.Range range = range(conjunction);
        if (range.equals(Numbers.Range.ALL)) {
            return json.number();
        }
        try {
            return Numbers.of(range);
        } catch (Pattern.Refusal refusal) {
            for (String keyword : List.of("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")) {
                Schema schema = conjunction.with(keyword);
                if (schema != null) {
                    throw schema.refusal(keyword, String.valueOf(refusal.getMessage()));
                }
            }
            throw new ConstraintException(conjunction.path(), String.valueOf(refusal.getMessage()));
        }
    }

    private static Numbers.Range range(Conjunction conjunction) {
        Numbers.Range range = Numbers.Range.ALL;
        for (Schema schema : conjunction.schemas()) {
            JsonValue type = schema.get("type");
            if (type != null && !typeNames(schema, type).contains("number")) {
                range = range.whole();
            }
            BigDecimal min = numeric(schema, "minimum");
            BigDecimal max = numeric(schema, "maximum");
            // Draft 4 has truth values here, which concern the other bound.
            boolean isMinExcluded = schema.get("exclusiveMinimum") == JsonValue.Constant.TRUE;
            boolean isMaxExcluded = schema.get("exclusiveMaximum") == JsonValue.Constant.TRUE;
            range = min == null ? range : range.atLeast(min, isMinExcluded);
            range = max == null ? range : range.atMost(max, isMaxExcluded);
            BigDecimal above = schema.get("exclusiveMinimum") instanceof JsonValue.Constant
                    ? null
                    : numeric(schema, "exclusiveMinimum");
            BigDecimal below = schema.get("exclusiveMaximum") instanceof JsonValue.Constant
                    ? null
                    : numeric(schema, "exclusiveMaximum");
            range = above == null ? range : range.atLeast(above, true);
            range = below == null ? range : range.atMost(below, true);
            BigDecimal divisor = numeric(schema, "multipleOf");
            if (divisor != null) {
                if (divisor.signum() <= 0 || Math.abs(divisor.scale()) > 100) {
                    throw schema.refusal("multipleOf", "is %s, expected a positive number".formatted(divisor));
                }
                range = Objects.requireNonNull(range.multipleOf(divisor));
            }
        }
        return range;
    }

    private static @Nullable BigDecimal numeric(Schema schema, String keyword) {
        JsonValue value = schema.get(keyword);
        if (value == null) {
            return null;
        }
        if (!(value instanceof JsonValue.Numeric(var number, var _))) {
            throw schema.refusal(keyword, "is %s, expected a number".formatted(value.type()));
        }
        return number;
    }

    // Strings

    private StringLanguage text(Conjunction conjunction, boolean narrowly) {
        CharDfa dfa = characters(conjunction, narrowly);
        Counts counts = counts(conjunction, "minLength", "maxLength");
        if (counts.min() > Lengths.LONGEST) {
            throw Objects.requireNonNull(conjunction.with("minLength"))
                    .refusal("minLength", "is %d, expected at most %d".formatted(counts.min(), Lengths.LONGEST));
        }
        int max = counts.max() == Node.UNBOUNDED ? Lengths.UNBOUNDED : Math.min(counts.max(), Lengths.LONGEST);
        if (dfa == CharDfa.ANY) {
            return new Lengths(counts.min(), max);
        }
        StringLanguage limited = patterns.limited(dfa, counts.min(), max);
        if (limited == null) {
            String keyword = conjunction.with("maxLength") == null ? "minLength" : "maxLength";
            throw Objects.requireNonNull(conjunction.with(keyword))
                    .refusal(keyword, "is too large to be enforced together with pattern or format");
        }
        return limited;
    }

    private CharDfa characters(Conjunction conjunction, boolean narrowly) {
        CharDfa all = CharDfa.ANY;
        for (Schema schema : conjunction.schemas()) {
            for (String keyword : List.of("pattern", "format", Negation.NOT_PATTERN, Negation.NOT_ENUM)) {
                JsonValue value = schema.get(keyword);
                if (value == null || (keyword.equals("format") && !narrowly)) {
                    continue;
                }
                CharDfa one = switch (keyword) {
                    case "pattern" -> patterns.pattern(schema, keyword, value);
                    case "format" -> patterns.format(schema, value);
                    case Negation.NOT_PATTERN -> patterns.not(patterns.pattern(schema, keyword, value), schema);
                    default -> patterns.not(patterns.listing(texts(value), schema), schema);
                };
                all = patterns.and(all, one, schema, keyword);
            }
        }
        return all;
    }

    private static List<String> texts(JsonValue values) {
        List<String> all = new ArrayList<>();
        if (values instanceof JsonValue.Array(var items)) {
            for (JsonValue each : items) {
                if (each instanceof JsonValue.Text(var text)) {
                    all.add(text);
                }
            }
        }
        return all;
    }

    /// @param max at least 0, or [Node#UNBOUNDED]
    private record Counts(int min, int max) {

        boolean isEmpty() {
            return max != Node.UNBOUNDED && min > max;
        }
    }

    private static Counts counts(Conjunction conjunction, String minKeyword, String maxKeyword) {
        int min = 0;
        int max = Node.UNBOUNDED;
        for (Schema schema : conjunction.schemas()) {
            BigDecimal least = numeric(schema, minKeyword);
            BigDecimal most = numeric(schema, maxKeyword);
            if (least != null) {
                min = Math.max(
                        min,
                        least.min(BigDecimal.valueOf(Integer.MAX_VALUE))
                                .setScale(0, RoundingMode.CEILING)
                                .intValue());
            }
            if (most != null) {
                if (most.signum() < 0) {
                    throw schema.refusal(maxKeyword, "is %s, expected at least 0".formatted(most));
                }
                int bound = most.min(BigDecimal.valueOf(Integer.MAX_VALUE)).intValue();
                max = max == Node.UNBOUNDED ? bound : Math.min(max, bound);
            }
        }
        return new Counts(min, max);
    }

    // Arrays

    /// What one schema asks of an item, `contains` and `unevaluatedItems` aside; null if nothing.
    static @Nullable Schema itemSchema(Schema schema, int index) {
        if (index < firstItems(schema)) {
            return schema.listed(firstKeyword(schema), index);
        }
        String rest = firstKeyword(schema).equals("items") ? "additionalItems" : "items";
        return schema.has(rest) ? schema.at(rest) : null;
    }

    private static int firstItems(Schema schema) {
        return schema.count(firstKeyword(schema));
    }

    /// What lists the schemas of the first items; older drafts have it in `items`.
    private static String firstKeyword(Schema schema) {
        return schema.get("items") instanceof JsonValue.Array ? "items" : "prefixItems";
    }

    private List<Schema> itemSchemas(Conjunction conjunction, int index) {
        return itemSchemas(conjunction, index, true);
    }

    private List<Schema> itemSchemas(Conjunction conjunction, int index, boolean narrowly) {
        List<Schema> all = new ArrayList<>();
        for (Schema schema : conjunction.schemas()) {
            Schema item = itemSchema(schema, index);
            if (item != null) {
                all.add(item);
            }
            if (narrowly && schema.has("unevaluatedItems")) {
                Set<Schema> applied = appliedInPlace(schema, conjunction);
                if (applied.stream().allMatch(each -> itemSchema(each, index) == null)) {
                    all.add(schema.at("unevaluatedItems"));
                }
            }
        }
        return all;
    }

    /// Of the schemas of a conjunction, one and those that it applies to the same value. Only what they
    /// evaluate is evaluated for its `unevaluatedItems` and `unevaluatedProperties`.
    private Set<Schema> appliedInPlace(Schema schema, Conjunction conjunction) {
        Set<Schema> all = new HashSet<>();
        Deque<Schema> work = new ArrayDeque<>(List.of(schema));
        while (!work.isEmpty()) {
            Schema at = work.remove();
            patterns.look(at);
            if (at.isStandIn() || !conjunction.schemas().contains(at) || !all.add(at)) {
                continue;
            }
            work.addAll(referred(at));
            for (Options options : optionsOf(at)) {
                options.all().stream()
                        .filter(conjunction.schemas()::containsAll)
                        .forEach(work::addAll);
            }
        }
        return all;
    }

    private Node array(Conjunction conjunction) {
        refuseExcluded(conjunction, JsonValue.Array.class);
        Counts counts = counts(conjunction, "minItems", "maxItems");
        if (counts.isEmpty()) {
            return Node.NEVER;
        }
        int min = counts.min();
        if (min > MAX_ITEMS) {
            throw Objects.requireNonNull(conjunction.with("minItems"))
                    .refusal("minItems", "is %d, expected at most %d".formatted(min, MAX_ITEMS));
        }
        int max = counts.max() == Node.UNBOUNDED ? Node.UNBOUNDED : Math.min(counts.max(), MAX_ITEMS);
        for (Schema schema : conjunction.schemas()) {
            if (schema.get("uniqueItems") == JsonValue.Constant.TRUE && (max == Node.UNBOUNDED || max > 1)) {
                return uniqueItems(conjunction, schema, min, max);
            }
            if (schema.has("maxContains") && schema.has("contains")) {
                throw schema.unsupported("maxContains");
            }
            if (schema.has("contains") && schema.has("unevaluatedItems")) {
                throw schema.unsupported("unevaluatedItems");
            }
        }
        int first = conjunction.schemas().stream()
                .mapToInt(SchemaCompiler::firstItems)
                .max()
                .orElse(0);
        Schema containing = containing(conjunction);
        if (containing != null) {
            return arrayContaining(conjunction, containing, first, min, max);
        }
        List<Node> items = new ArrayList<>();
        for (int i = 0; i < (max == Node.UNBOUNDED ? first : Math.min(first, max)); i++) {
            items.add(node(conjunction(itemSchemas(conjunction, i))));
        }
        return JsonNodes.array(items, node(conjunction(itemSchemas(conjunction, first))), min, max);
    }

    /// An array of different items, where the items are listed values: in any order if they are few, else
    /// in the order in which they are listed.
    private Node uniqueItems(Conjunction conjunction, Schema unique, int min, int max) {
        Conjunction item = conjunction(itemSchemas(conjunction, 0));
        boolean isUniform =
                conjunction.schemas().stream().allMatch(each -> firstItems(each) == 0 && !each.has("contains"));
        List<JsonValue> values = item == null ? List.of() : item.open().isEmpty() ? listed(item, true) : null;
        if (!isUniform || values == null || values.size() > MAX_UNIQUE_VALUES) {
            throw unique.refusal("uniqueItems", "can't be enforced unless the items are an enum");
        }
        int most = max == Node.UNBOUNDED ? values.size() : Math.min(max, values.size());
        boolean isAnyOrder = values.size() <= MAX_ORDERED_VALUES;
        Node.Drawing drawing = new Node.Drawing();
        int end = drawing.state();
        drawing.accept(end);
        Map<List<Integer>, Integer> states = new HashMap<>(); // by the items used, or by how many and the last one
        Deque<List<Integer>> work = new ArrayDeque<>();
        states.put(List.of(), drawing.state());
        work.add(List.of());
        drawing.edge(0, Node.sequence(new Node.Text("["), JsonNodes.SPACE), states.getOrDefault(List.<Integer>of(), 0));
        if (min == 0) {
            drawing.edge(0, new Node.Text("[]"), end);
        }
        while (!work.isEmpty()) {
            List<Integer> used = work.remove();
            int from = states.getOrDefault(used, 0);
            int count = isAnyOrder || used.isEmpty() ? used.size() : used.getFirst();
            if (count >= Math.max(1, min)) {
                drawing.edge(from, Node.sequence(JsonNodes.SPACE, new Node.Text("]")), end);
            }
            int first = isAnyOrder || used.isEmpty() ? 0 : used.getLast() + 1;
            for (int i = first; i < values.size() && count < most; i++) {
                if (isAnyOrder && used.contains(i)) {
                    continue;
                }
                List<Integer> then = isAnyOrder ? new ArrayList<>(used) : new ArrayList<>(List.of(count + 1));
                then.add(i);
                if (isAnyOrder) {
                    Collections.sort(then);
                }
                Integer to = states.get(then);
                if (to == null) {
                    to = drawing.state();
                    states.put(then, to);
                    work.add(then);
                }
                Node value = JsonNodes.literal(values.get(i));
                drawing.edge(from, count == 0 ? value : Node.sequence(JsonNodes.COMMA, value), to);
            }
        }
        return drawing.graph();
    }

    private static @Nullable Schema containing(Conjunction conjunction) {
        Schema found = null;
        for (Schema schema : conjunction.schemas()) {
            if (schema.has("contains") && numberOr(schema, "minContains", 1) > 0) {
                if (found != null) {
                    throw schema.unsupported("contains");
                }
                found = schema;
            }
        }
        return found;
    }

    private static int numberOr(Schema schema, String keyword, int otherwise) {
        BigDecimal value = numeric(schema, keyword);
        return value == null
                ? otherwise
                : value.min(BigDecimal.valueOf(Integer.MAX_VALUE))
                        .setScale(0, RoundingMode.CEILING)
                        .intValue();
    }

    /// An array some of whose items count: its states are how many items there are, and how many of them
    /// count.
    private Node arrayContaining(Conjunction conjunction, Schema containing, int first, int min, int max) {
        int wanted = numberOr(containing, "minContains", 1);
        int loop = Math.max(first, min); // from this many on, items are alike
        int last = max == Node.UNBOUNDED ? loop : max;
        if (wanted > 64 || (long) last * wanted > 20_000) {
            throw containing.unsupported(wanted > 1 ? "minContains" : "contains");
        }
        Node.Drawing drawing = new Node.Drawing();
        int end = drawing.state();
        drawing.accept(end);
        int[][] states = new int[last + 2][wanted + 1];
        for (int i = 0; i <= last + 1; i++) {
            for (int found = 0; found <= wanted; found++) {
                states[i][found] = drawing.state();
            }
        }
        drawing.edge(0, Node.sequence(new Node.Text("["), JsonNodes.SPACE), states[0][0]);
        for (int i = 0; i <= last; i++) {
            if (max != Node.UNBOUNDED && i == max) {
                break;
            }
            List<Schema> item = itemSchemas(conjunction, i);
            List<Schema> counted = new ArrayList<>(item);
            counted.add(containing.at("contains"));
            Node any = node(conjunction(item));
            Node one = node(conjunction(counted));
            int then = max == Node.UNBOUNDED && i == last ? (i == 0 ? 1 : i) : i + 1;
            for (int found = 0; found <= wanted; found++) {
                int next = Math.min(wanted, found + 1);
                drawing.edge(states[i][found], i == 0 ? any : Node.sequence(JsonNodes.COMMA, any), states[then][found]);
                if (found < wanted) {
                    drawing.edge(
                            states[i][found], i == 0 ? one : Node.sequence(JsonNodes.COMMA, one), states[then][next]);
                }
            }
        }
        if (max == Node.UNBOUNDED && last == 0) {
            List<Schema> item = itemSchemas(conjunction, 1);
            List<Schema> counted = new ArrayList<>(item);
            counted.add(containing.at("contains"));
            for (int found = 0; found <= wanted; found++) {
                drawing.edge(
                        states[1][found], Node.sequence(JsonNodes.COMMA, node(conjunction(item))), states[1][found]);
                drawing.edge(
                        states[1][found],
                        Node.sequence(JsonNodes.COMMA, node(conjunction(counted))),
                        states[1][Math.min(wanted, found + 1)]);
            }
        }
        for (int i = Math.max(1, min); i <= last + 1; i++) {
            drawing.edge(states[i][wanted], Node.sequence(JsonNodes.SPACE, new Node.Text("]")), end);
        }
        return drawing.graph();
    }

    // Objects

    private static Set<String> required(Conjunction conjunction) {
        Set<String> all = new LinkedHashSet<>();
        for (Schema schema : conjunction.schemas()) {
            JsonValue value = schema.get("required");
            if (value instanceof JsonValue.Array(var items)) {
                all.addAll(texts(value));
                if (texts(value).size() != items.size()) {
                    throw schema.refusal("required", "lists something other than a string");
                }
            } else if (value != null && !(value instanceof JsonValue.Constant)) { // draft 3 has truth values
                throw schema.refusal("required", "is %s, expected an array".formatted(value.type()));
            }
        }
        return all;
    }

    /// What a member of a name must be; null if there can't be one.
    private @Nullable Conjunction member(Conjunction conjunction, String name, boolean narrowly) {
        List<Schema> all = new ArrayList<>();
        for (Schema schema : conjunction.schemas()) {
            all.addAll(patterns.propertySchemas(schema, name));
            if (schema.has("propertyNames")
                    && !new SchemaEvaluator(document, patterns, narrowly)
                            .admits(schema.at("propertyNames"), new JsonValue.Text(name))) {
                return null;
            }
            if (narrowly && schema.has("unevaluatedProperties")) {
                Set<Schema> applied = appliedInPlace(schema, conjunction);
                if (applied.stream()
                        .allMatch(each -> patterns.propertySchemas(each, name).isEmpty())) {
                    all.add(schema.at("unevaluatedProperties"));
                }
            }
        }
        return conjunction(Set.of(), List.of(), all, narrowly);
    }

    /// Members that no schema names: their names, and what they must be.
    private record Others(Node name, Node value) {}

    private Node object(Conjunction conjunction) {
        refuseExcluded(conjunction, JsonValue.Dict.class);
        Counts counts = counts(conjunction, "minProperties", "maxProperties");
        Set<String> required = required(conjunction);
        if (counts.isEmpty() || (counts.max() != Node.UNBOUNDED && required.size() > counts.max())) {
            return Node.NEVER;
        }
        Set<String> names = new LinkedHashSet<>();
        for (Schema schema : conjunction.schemas()) {
            schema.named("properties").forEach(each -> names.add(each.getKey()));
        }
        names.addAll(required);
        Map<String, Node> members = new LinkedHashMap<>();
        for (String name : names) {
            Conjunction member = member(conjunction, name, true);
            if (member != null) {
                members.put(name, Node.sequence(new Node.Text(JsonNodes.quoted(name)), JsonNodes.COLON, node(member)));
            } else if (required.contains(name)) {
                return Node.NEVER;
            }
        }
        List<Others> others = others(conjunction, names);
        // Several others may have one name, so that only the first is sure to add to the count.
        int certain = members.size() + (others.isEmpty() ? 0 : 1);
        if (counts.min() > certain) {
            if (others.isEmpty()) {
                return Node.NEVER;
            }
            throw Objects.requireNonNull(conjunction.with("minProperties"))
                    .refusal(
                            "minProperties",
                            "is %d, which can't be enforced: the schema names only %d properties"
                                    .formatted(counts.min(), members.size()));
        }
        long optional = members.keySet().stream()
                .filter(name -> !required.contains(name))
                .count();
        long counted = members.size() * Math.min(countLimit(members, others, counts), optional + 1);
        if (counted > MAX_COUNTS) {
            String keyword = isBounded(members, others, counts) ? "maxProperties" : "minProperties";
            throw Objects.requireNonNull(conjunction.with(keyword))
                    .refusal(
                            keyword,
                            "can't be counted among %d properties: that takes %d states, %d at most"
                                    .formatted(members.size(), counted, MAX_COUNTS));
        }
        return drawObject(members, required, others, counts);
    }

    /// Whether there can be more members than may be.
    private static boolean isBounded(Map<String, Node> members, List<Others> others, Counts counts) {
        return counts.max() != Node.UNBOUNDED && (!others.isEmpty() || counts.max() < members.size());
    }

    /// Up to where members are counted.
    private static int countLimit(Map<String, Node> members, List<Others> others, Counts counts) {
        return isBounded(members, others, counts)
                ? Math.min(counts.max(), members.size() + MAX_COUNTED_MEMBERS)
                : Math.max(1, counts.min());
    }

    private static Node drawObject(
            Map<String, Node> members, Set<String> required, List<Others> others, Counts counts) {
        boolean isBounded = isBounded(members, others, counts);
        int countLimit = countLimit(members, others, counts);
        Node.Drawing drawing = new Node.Drawing();
        int end = drawing.state();
        drawing.accept(end);
        if (required.isEmpty() && counts.min() == 0) {
            drawing.edge(0, new Node.Text("{}"), end);
        }
        // By how many members there are; without a limit, all counts from the limit on are one.
        Map<Integer, Integer> at = new LinkedHashMap<>();
        at.put(0, drawing.state());
        drawing.edge(0, Node.sequence(new Node.Text("{"), JsonNodes.SPACE), at.getOrDefault(0, 0));
        for (Map.Entry<String, Node> member : members.entrySet()) {
            Map<Integer, Integer> then = new LinkedHashMap<>();
            at.forEach((count, state) -> {
                if (!required.contains(member.getKey())) {
                    drawing.skip(state, then.computeIfAbsent(count, _ -> drawing.state()));
                }
                if (!isBounded || count < countLimit) {
                    int next = then.computeIfAbsent(Math.min(countLimit, count + 1), _ -> drawing.state());
                    Node node = member.getValue();
                    drawing.edge(state, count == 0 ? node : Node.sequence(JsonNodes.COMMA, node), next);
                }
            });
            at = then;
        }
        Node close = Node.sequence(JsonNodes.SPACE, new Node.Text("}"));
        Map<Integer, Integer> behind = new LinkedHashMap<>(); // with others, by count
        for (Map.Entry<Integer, Integer> each : at.entrySet()) {
            int count = each.getKey();
            int state = each.getValue();
            if (count >= Math.max(1, counts.min())) {
                drawing.edge(state, close, end);
            }
            boolean isFull = isBounded && count >= countLimit;
            if (!others.isEmpty() && !isFull && count + 1 >= counts.min()) {
                int next = behind.computeIfAbsent(Math.min(countLimit, count + 1), _ -> drawing.state());
                for (Others other : others) {
                    drawing.edge(state, other(other, count == 0), next);
                }
            }
        }
        if (!isBounded) {
            for (int state : behind.values()) {
                others.forEach(other -> drawing.edge(state, other(other, false), state));
                drawing.edge(state, close, end);
            }
            return drawing.graph();
        }
        if (!behind.isEmpty()) {
            int least =
                    behind.keySet().stream().mapToInt(Integer::intValue).min().orElse(0);
            for (int count = least; count <= countLimit; count++) {
                int state = behind.computeIfAbsent(count, _ -> drawing.state());
                drawing.edge(state, close, end);
                if (count < countLimit) {
                    int next = behind.computeIfAbsent(count + 1, _ -> drawing.state());
                    others.forEach(other -> drawing.edge(state, other(other, false), next));
                }
            }
        }
        return drawing.graph();
    }

    private static Node other(Others other, boolean isFirst) {
        Node node = Node.sequence(other.name(), JsonNodes.COLON, other.value());
        return isFirst ? node : Node.sequence(JsonNodes.COMMA, node);
    }

    /// The members that are not named, one kind for each set of `patternProperties` that their names
    /// match.
    private List<Others> others(Conjunction conjunction, Set<String> names) {
        record PatternSchema(Schema owner, String source, Schema schema) {}
        List<PatternSchema> all = new ArrayList<>();
        for (Schema schema : conjunction.schemas()) {
            schema.named("patternProperties")
                    .forEach(each -> all.add(new PatternSchema(schema, each.getKey(), each.getValue())));
        }
        List<String> sources =
                all.stream().map(PatternSchema::source).distinct().toList();
        if (sources.size() > MAX_PATTERNS) {
            throw all.getFirst()
                    .owner()
                    .refusal("patternProperties", "has more than %d patterns".formatted(MAX_PATTERNS));
        }
        Schema anyOwner = conjunction.schemas().iterator().next();
        CharDfa free = names.isEmpty() ? CharDfa.ANY : patterns.not(patterns.listing(names, anyOwner), anyOwner);
        Names allowed = propertyNames(conjunction);
        free = patterns.and(free, allowed.characters(), anyOwner, "propertyNames");
        List<Others> kinds = new ArrayList<>();
        for (int chosen = 0; chosen < 1 << sources.size(); chosen++) {
            CharDfa language = free;
            Set<String> matched = new HashSet<>();
            for (int i = 0; i < sources.size(); i++) {
                boolean matches = (chosen >> i & 1) != 0;
                CharDfa one = patterns.compile(all.getFirst().owner(), "patternProperties", sources.get(i));
                language = patterns.and(
                        language, matches ? one : patterns.not(one, anyOwner), anyOwner, "patternProperties");
                if (matches) {
                    matched.add(sources.get(i));
                }
            }
            StringLanguage limited = language == CharDfa.ANY
                    ? new Lengths(allowed.min(), allowed.max())
                    : patterns.limited(language, allowed.min(), allowed.max());
            if (limited == null) {
                throw anyOwner.refusal("propertyNames", "is too large to be enforced");
            }
            if (limited.start() == StringLanguage.NONE) {
                continue;
            }
            List<Schema> schemas = new ArrayList<>();
            for (Schema schema : conjunction.schemas()) {
                boolean hasMatch = false;
                for (Map.Entry<String, Schema> each : schema.named("patternProperties")) {
                    if (matched.contains(each.getKey())) {
                        schemas.add(each.getValue());
                        hasMatch = true;
                    }
                }
                if (!hasMatch && schema.has("additionalProperties")) {
                    schemas.add(schema.at("additionalProperties"));
                }
                if (schema.has("unevaluatedProperties")) {
                    Set<Schema> applied = appliedInPlace(schema, conjunction);
                    boolean isEvaluated = applied.stream()
                            .anyMatch(each -> each.has("additionalProperties")
                                    || each.named("patternProperties").stream()
                                            .anyMatch(pattern -> matched.contains(pattern.getKey())));
                    if (!isEvaluated) {
                        schemas.add(schema.at("unevaluatedProperties"));
                    }
                }
            }
            Conjunction value = conjunction(schemas);
            if (value != null) {
                kinds.add(new Others(json.string(limited), node(value)));
            }
        }
        return kinds;
    }

    private record Names(CharDfa characters, int min, int max) {}

    private Names propertyNames(Conjunction conjunction) {
        CharDfa characters = CharDfa.ANY;
        int min = 0;
        int max = Lengths.UNBOUNDED;
        for (Schema schema : conjunction.schemas()) {
            if (!schema.has("propertyNames")) {
                continue;
            }
            Conjunction name = conjunction(List.of(schema.at("propertyNames")));
            if (name == null || !types(name).contains(Type.STRING)) {
                return new Names(patterns.listing(List.of(), schema), 0, max);
            }
            if (!name.open().isEmpty()) {
                throw schema.unsupported("propertyNames");
            }
            List<JsonValue> listed = listed(name, true);
            characters = patterns.and(
                    characters,
                    listed == null
                            ? characters(name, true)
                            : patterns.listing(texts(new JsonValue.Array(listed)), schema),
                    schema,
                    "propertyNames");
            if (listed == null) {
                Counts counts = counts(name, "minLength", "maxLength");
                min = Math.max(min, counts.min());
                max = counts.max() == Node.UNBOUNDED ? max : Math.min(max, counts.max());
            }
        }
        if (min > Lengths.LONGEST) {
            throw Objects.requireNonNull(conjunction.with("propertyNames")).unsupported("propertyNames");
        }
        return new Names(characters, min, max == Lengths.UNBOUNDED ? max : Math.min(max, Lengths.LONGEST));
    }
}
