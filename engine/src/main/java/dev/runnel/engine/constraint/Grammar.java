package dev.runnel.engine.constraint;

import java.util.List;
import java.util.Optional;

/// What a text may be, as a value: [Constraint#compile] makes it enforceable. Composed of whole languages
/// (JSON, a schema, a GBNF grammar) and of what stands around them, such as a model's way to write tool
/// calls:
///
/// ```java
/// Grammar call = sequence(
///         literal("<tool_call>\n{\"name\": \"weather\", \"arguments\": "),
///         jsonSchema(schema, "tools[0].function.parameters"),
///         literal("}\n</tool_call>"));
/// Grammar auto = alternatives(
///         textWithout("<tool_call>"),
///         sequence(textUntil("<tool_call>"), …));
/// ```
public sealed interface Grammar {

    /// No limit to [Repeat#max].
    int UNBOUNDED = Node.UNBOUNDED;

    /// One JSON object of any kind.
    record JsonObject() implements Grammar {}

    /// One JSON value that a schema admits.
    ///
    /// @param schema JSON Schema 2020-12 as JSON text; what other drafts and OpenAPI write differently
    ///     and means the same is understood
    /// @param path of the schema in the request, for messages
    record JsonSchema(String schema, String path) implements Grammar {}

    /// A text of the rule `root` of a grammar in llama.cpp's notation.
    ///
    /// @param path of the grammar in the request, for messages
    record Gbnf(String text, String path) implements Grammar {}

    /// A text, however it is cut into tokens.
    record Literal(String text) implements Grammar {}

    /// A token by its id: the way to allow a control token, which has no text.
    record Token(int id) implements Grammar {}

    record Sequence(List<Grammar> parts) implements Grammar {

        public Sequence {
            parts = List.copyOf(parts);
        }
    }

    record Alternatives(List<Grammar> options) implements Grammar {

        public Alternatives {
            options = List.copyOf(options);
            if (options.isEmpty()) {
                throw new IllegalArgumentException("no alternatives, expected at least one");
            }
        }
    }

    /// @param max at least `min`, or [#UNBOUNDED]
    record Repeat(Grammar body, int min, int max) implements Grammar {

        public Repeat {
            if (min < 0 || (max != UNBOUNDED && max < min)) {
                throw new IllegalArgumentException("repeats %d to %d times".formatted(min, max));
            }
        }
    }

    /// Any text in which none of some strings is.
    ///
    /// @param until where there is one, the text ends with its first occurrence, which is a part of it
    record FreeText(List<String> without, Optional<String> until) implements Grammar {

        public FreeText {
            without = List.copyOf(without);
            if (without.contains("") || until.filter(String::isEmpty).isPresent()) {
                throw new IllegalArgumentException("an empty string is in every text");
            }
        }
    }

    /// What a grammar says, or where that can't be enforced what another says. Where each could be but not
    /// all that are in a grammar together, all the others stand in.
    record OrElse(Grammar wanted, Grammar otherwise) implements Grammar {}

    static Grammar jsonObject() {
        return new JsonObject();
    }

    static Grammar jsonSchema(String schema, String path) {
        return new JsonSchema(schema, path);
    }

    static Grammar gbnf(String text, String path) {
        return new Gbnf(text, path);
    }

    static Grammar literal(String text) {
        return new Literal(text);
    }

    static Grammar token(int id) {
        return new Token(id);
    }

    static Grammar sequence(Grammar... parts) {
        return new Sequence(List.of(parts));
    }

    static Grammar alternatives(Grammar... options) {
        return new Alternatives(List.of(options));
    }

    static Grammar optional(Grammar body) {
        return new Repeat(body, 0, 1);
    }

    static Grammar orElse(Grammar wanted, Grammar otherwise) {
        return new OrElse(wanted, otherwise);
    }

    static Grammar repeat(Grammar body, int min, int max) {
        return new Repeat(body, min, max);
    }

    /// Any text. Control tokens are not text.
    static Grammar anyText() {
        return new FreeText(List.of(), Optional.empty());
    }

    /// Any text in which none of some strings is.
    static Grammar textWithout(String... strings) {
        return new FreeText(List.of(strings), Optional.empty());
    }

    /// Any text up to and with the first occurrence of a string.
    static Grammar textUntil(String end) {
        return new FreeText(List.of(), Optional.of(end));
    }
}
