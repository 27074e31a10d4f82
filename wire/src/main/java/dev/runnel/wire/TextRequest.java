package dev.runnel.wire;

import dev.runnel.core.BackendException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A question about how a model sees text, which no completion answers: in llama.cpp's forms, since OpenAI has none.
///
/// Each `read` throws a [BackendException] of kind `INVALID_REQUEST` with the path of the field to blame.
public sealed interface TextRequest {

    /// What tokens a text is: `{"content": "…"}`.
    ///
    /// @param addSpecial `add_special`, false unless set: put before and behind it what the model expects there
    /// @param parseSpecial `parse_special`, true unless set: what looks like a control token is one
    /// @param withPieces `with_pieces`, false unless set: tell what text each token is
    record Tokenize(String content, boolean addSpecial, boolean parseSpecial, boolean withPieces)
            implements TextRequest {

        public static Tokenize read(byte[] json) {
            Node body = body(json);
            return new Tokenize(
                    body.get("content").text(),
                    flag(body, "add_special", false),
                    flag(body, "parse_special", true),
                    flag(body, "with_pieces", false));
        }
    }

    /// What text tokens are: `{"tokens": [1, 2]}`.
    record Detokenize(List<Integer> tokens) implements TextRequest {
        public Detokenize {
            tokens = List.copyOf(tokens);
        }

        public static Detokenize read(byte[] json) {
            List<Integer> tokens = new ArrayList<>();
            for (Node token : body(json).get("tokens").elements()) {
                tokens.add(token.integer(0, Integer.MAX_VALUE));
            }
            return new Detokenize(tokens);
        }
    }

    /// What prompt a conversation is: `{"messages": […]}`, and more of what a chat template may see.
    ///
    /// @param variables of the template, as plain Java values: messages with all their fields, and, where they
    ///     are set, `tools`, `documents`, `add_generation_prompt`, `reasoning_effort` and what
    ///     `chat_template_kwargs` holds; in the document's order
    record Render(Map<String, Object> variables) implements TextRequest {

        private static final List<String> PASSED_ON = List.of("tools", "documents", "reasoning_effort");

        public Render {
            variables = Collections.unmodifiableMap(new LinkedHashMap<>(variables));
        }

        public static Render read(byte[] json) {
            Node body = body(json);
            Map<String, Object> variables = new LinkedHashMap<>();
            body.find("chat_template_kwargs")
                    .ifPresent(arguments ->
                            arguments.members().forEach((name, value) -> variables.put(name, plain(value))));
            List<Object> messages = new ArrayList<>();
            for (Node message : body.get("messages").elements()) {
                message.get("role").text();
                messages.add(plain(message.json()));
            }
            if (messages.isEmpty()) {
                throw body.get("messages").invalid("messages is empty, expected at least one message");
            }
            variables.put("messages", messages);
            for (String name : PASSED_ON) {
                body.find(name).ifPresent(value -> variables.put(name, plain(value.json())));
            }
            body.find("add_generation_prompt").ifPresent(asked -> variables.put("add_generation_prompt", asked.flag()));
            return new Render(variables);
        }
    }

    private static Node body(byte[] json) {
        try {
            return Node.of(JsonReader.read(json));
        } catch (JsonReader.MalformedException malformed) {
            throw new BackendException(
                    BackendException.Kind.INVALID_REQUEST, "the body " + malformed.getMessage(), malformed);
        }
    }

    private static boolean flag(Node body, String name, boolean unlessSet) {
        Optional<Node> flag = body.find(name);
        return flag.isEmpty() ? unlessSet : flag.get().flag();
    }

    @SuppressWarnings("NullAway") // a JSON null is null, in a map or list that nobody takes for null-free
    private static Object plain(Json json) {
        return switch (json) {
            case Json.Obj(var members) -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                members.forEach((name, value) -> map.put(name, plain(value)));
                yield map;
            }
            case Json.Arr(var elements) -> {
                List<@Nullable Object> list = new ArrayList<>(elements.size());
                elements.forEach(element -> list.add(plain(element)));
                yield list;
            }
            case Json.Str(var text) -> text;
            case Json.Num(var literal) -> number(literal);
            case Json.Bool(var flag) -> flag;
            case Json.Null _ -> null;
        };
    }

    private static Object number(String literal) {
        if (literal.chars().allMatch(c -> c == '-' || Character.isDigit(c))) {
            return new BigInteger(literal);
        }
        return Double.valueOf(literal);
    }
}
