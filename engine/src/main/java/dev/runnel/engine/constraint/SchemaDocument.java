package dev.runnel.engine.constraint;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A JSON Schema as it was sent, and what its references mean. Only references within the document are
/// followed.
final class SchemaDocument {

    /// A schema at its place in the document, or one that stands for a part of it. Two at the same place
    /// are equal.
    ///
    /// @param pointer the place, a JSON pointer
    /// @param path the same as messages show it
    record Schema(JsonValue value, String pointer, String path) {

        private static final String STAND_IN = "\u0000";

        @Override
        public boolean equals(Object other) {
            return other instanceof Schema(JsonValue _, String place, String _) && place.equals(pointer);
        }

        @Override
        public int hashCode() {
            return pointer.hashCode();
        }

        boolean isFalse() {
            return value == JsonValue.Constant.FALSE;
        }

        /// The keywords; none for `true` and `false`.
        Map<String, JsonValue> keywords() {
            return value instanceof JsonValue.Dict(var members) ? members : Map.of();
        }

        boolean has(String keyword) {
            return keywords().containsKey(keyword);
        }

        @Nullable
        JsonValue get(String keyword) {
            return keywords().get(keyword);
        }

        /// What a stand-in says in keywords of our own is said of the `not` that it stands for.
        ConstraintException refusal(String keyword, String problem) {
            String said = keyword.startsWith(STAND_IN) ? "not" : keyword;
            return new ConstraintException(path + "." + said, problem);
        }

        ConstraintException tooLarge() {
            return new ConstraintException(path, "is too large to be enforced");
        }

        ConstraintException unsupported(String keyword) {
            return refusal(keyword, "can't be enforced");
        }

        Schema at(String keyword) {
            return below(keyword, Objects.requireNonNull(get(keyword)));
        }

        /// One that the document doesn't have, for what a keyword means.
        ///
        /// @param part tells several of a keyword apart
        Schema standIn(String keyword, String part, JsonValue instead) {
            return new Schema(instead, pointer + "/" + keyword + "/" + escape(part) + STAND_IN, path + "." + keyword)
                    .checked();
        }

        /// Whether the document doesn't have it, nor what it is a part of.
        boolean isStandIn() {
            return pointer.contains(STAND_IN);
        }

        /// One of an object of schemas.
        Schema child(String keyword, String name, JsonValue child) {
            return new Schema(
                            child,
                            pointer + "/" + escape(keyword) + "/" + escape(name),
                            path + "." + keyword + "." + name)
                    .checked();
        }

        private Schema below(String keyword, JsonValue child) {
            return new Schema(child, pointer + "/" + escape(keyword), path + "." + keyword).checked();
        }

        /// The schemas of an object of schemas, by name.
        List<Map.Entry<String, Schema>> named(String keyword) {
            List<Map.Entry<String, Schema>> all = new ArrayList<>();
            members(keyword).forEach((name, each) -> all.add(Map.entry(name, child(keyword, name, each))));
            return all;
        }

        /// The schema of a name in an object of schemas; null if it has none.
        @Nullable
        Schema named(String keyword, String name) {
            JsonValue child = members(keyword).get(name);
            return child == null ? null : child(keyword, name, child);
        }

        private Map<String, JsonValue> members(String keyword) {
            JsonValue value = get(keyword);
            if (value != null && !(value instanceof JsonValue.Dict)) {
                throw refusal(keyword, "is %s, expected an object".formatted(value.type()));
            }
            return value instanceof JsonValue.Dict(var members) ? members : Map.of();
        }

        /// The schemas of an array of schemas.
        List<Schema> listed(String keyword) {
            List<Schema> all = new ArrayList<>();
            for (int i = 0; i < items(keyword).size(); i++) {
                all.add(listed(keyword, i));
            }
            return all;
        }

        /// One of an array of schemas.
        Schema listed(String keyword, int index) {
            return new Schema(
                            items(keyword).get(index),
                            pointer + "/" + keyword + "/" + index,
                            path + "." + keyword + "[" + index + "]")
                    .checked();
        }

        /// How many schemas an array of schemas has.
        int count(String keyword) {
            return items(keyword).size();
        }

        private List<JsonValue> items(String keyword) {
            JsonValue value = get(keyword);
            if (value != null && !(value instanceof JsonValue.Array)) {
                throw refusal(keyword, "is %s, expected an array".formatted(value.type()));
            }
            return value instanceof JsonValue.Array(var items) ? items : List.of();
        }

        private Schema checked() {
            if (!(value instanceof JsonValue.Dict)
                    && value != JsonValue.Constant.TRUE
                    && value != JsonValue.Constant.FALSE) {
                throw new ConstraintException(path, "is %s, expected a schema".formatted(value.type()));
            }
            return this;
        }
    }

    /// What their values are is data and no schema.
    private static final Set<String> DATA = Set.of("enum", "const", "default", "examples");

    private final Schema root;
    private final String id;
    private final Map<String, Schema> resolved = new HashMap<>(); // by references
    private @Nullable Map<String, List<Place>> anchors;

    /// A part of the document.
    ///
    /// @param step the name or the index by which it is reached from the one above
    private record Place(JsonValue value, @Nullable Place above, String step) {

        /// How it is reached from the whole document.
        List<String> steps() {
            List<String> steps = new ArrayList<>();
            Place at = this;
            for (Place up = above; up != null; up = up.above()) {
                steps.addFirst(at.step());
                at = up;
            }
            return steps;
        }
    }

    SchemaDocument(JsonValue root, String path) {
        this.root = new Schema(root, "", path).checked();
        this.id = this.root.get("$id") instanceof JsonValue.Text(var text) ? text : "";
    }

    Schema root() {
        return root;
    }

    /// Whether a name stands anywhere in the document.
    boolean mentions(String name) {
        return mentions(root.value(), name);
    }

    private static boolean mentions(JsonValue value, String name) {
        return switch (value) {
            case JsonValue.Dict(var members) ->
                members.containsKey(name) || members.values().stream().anyMatch(each -> mentions(each, name));
            case JsonValue.Array(var items) -> items.stream().anyMatch(each -> mentions(each, name));
            case JsonValue.Constant _, JsonValue.Numeric _, JsonValue.Text _ -> false;
        };
    }

    private static String escape(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }

    /// What a schema's `$ref` means.
    Schema resolve(Schema from) {
        if (!(from.get("$ref") instanceof JsonValue.Text(var reference))) {
            throw from.refusal("$ref", "is not a string");
        }
        Schema known = resolved.get(reference);
        if (known == null) {
            known = resolve(reference, from);
            resolved.put(reference, known);
        }
        return known;
    }

    private Schema resolve(String reference, Schema from) {
        String fragment;
        if (reference.startsWith("#")) {
            fragment = reference.substring(1);
        } else if (!id.isEmpty() && (reference.equals(id) || reference.startsWith(id + "#"))) {
            fragment = reference.length() == id.length() ? "" : reference.substring(id.length() + 1);
        } else {
            throw from.refusal("$ref", "leads out of the schema to %s, which is not followed".formatted(reference));
        }
        if (fragment.isEmpty()) {
            return root;
        }
        List<String> steps = new ArrayList<>();
        if (fragment.startsWith("/")) {
            for (String step : fragment.substring(1).split("/", -1)) {
                steps.add(decode(step, from).replace("~1", "/").replace("~0", "~"));
            }
        } else {
            List<Place> found = anchors().getOrDefault(fragment, List.of());
            if (found.size() != 1) {
                throw from.refusal(
                        "$ref", "is %s, and %d schemas have that $anchor".formatted(reference, found.size()));
            }
            steps = found.getFirst().steps();
        }
        JsonValue at = root.value();
        StringBuilder path = new StringBuilder(root.path());
        StringBuilder pointer = new StringBuilder();
        for (String name : steps) {
            JsonValue next = null;
            if (at instanceof JsonValue.Dict(var members)) {
                next = members.get(name);
                path.append('.').append(name);
            } else if (at instanceof JsonValue.Array(var items) && name.matches("0|[1-9][0-9]{0,6}")) {
                int index = Integer.parseInt(name);
                next = index < items.size() ? items.get(index) : null;
                path.append('[').append(index).append(']');
            }
            if (next == null) {
                throw from.refusal("$ref", "is %s, which the schema doesn't have".formatted(reference));
            }
            if (next instanceof JsonValue.Dict(var members) && members.get("$id") instanceof JsonValue.Text) {
                throw from.refusal("$ref", "goes through a schema with an $id of its own, which is not followed");
            }
            pointer.append('/').append(escape(name));
            at = next;
        }
        return new Schema(at, pointer.toString(), path.toString()).checked();
    }

    private static String decode(String step, Schema from) {
        try {
            return URLDecoder.decode(step.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            throw from.refusal("$ref", "is not a URI reference");
        }
    }

    /// The places that have an anchor, by anchor; found when they are first asked for.
    private Map<String, List<Place>> anchors() {
        Map<String, List<Place>> known = anchors;
        if (known == null) {
            known = new HashMap<>();
            findAnchors(new Place(root.value(), null, ""), known);
            anchors = known;
        }
        return known;
    }

    private static void findAnchors(Place place, Map<String, List<Place>> found) {
        switch (place.value()) {
            case JsonValue.Dict(var members) -> {
                if (place.above() != null && members.get("$id") instanceof JsonValue.Text) {
                    return;
                }
                JsonValue anchor = members.get("$anchor");
                if (anchor instanceof JsonValue.Text(var name)) {
                    found.computeIfAbsent(name, _ -> new ArrayList<>()).add(place);
                }
                if (members.get("$dynamicAnchor") instanceof JsonValue.Text more && !more.equals(anchor)) {
                    found.computeIfAbsent(more.value(), _ -> new ArrayList<>()).add(place);
                }
                members.forEach((name, each) -> {
                    if (!DATA.contains(name)) {
                        findAnchors(new Place(each, place, name), found);
                    }
                });
            }
            case JsonValue.Array(var items) -> {
                for (int i = 0; i < items.size(); i++) {
                    findAnchors(new Place(items.get(i), place, String.valueOf(i)), found);
                }
            }
            case JsonValue.Constant _, JsonValue.Numeric _, JsonValue.Text _ -> {}
        }
    }
}
