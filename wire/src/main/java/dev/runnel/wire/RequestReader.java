package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.core.Stopping;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;

/// Reads one request. What it asks for is done, or refused by name; only fields that change nothing about
/// the answer, and fields we don't know, are passed over.
final class RequestReader {

    /// OpenAI's bound on `n`, and beyond it a mistake rather than a wish.
    private static final int MOST_CHOICES = 128;

    /// What the older endpoint takes for a limit where the client names none.
    private static final int TEXT_MAX_TOKENS = 16;

    private static final List<String> TEXT_PARTS = List.of("text");
    private static final List<String> REPLY_PARTS = List.of("text", "refusal");

    private final Endpoint endpoint;
    private final Node body;
    private final WireLimits limits;

    RequestReader(Endpoint endpoint, Node body, WireLimits limits) {
        this.endpoint = endpoint;
        this.body = body;
        this.limits = limits;
    }

    WireRequest read() {
        boolean stream = flag(body, "stream");
        boolean includeUsage = includeUsage(stream);
        CompletionRequest completion = CompletionRequest.of(body.get("model").text(), prompt())
                .withChoices(choices())
                .withSampling(sampling())
                .withStopping(new Stopping(maxTokens(), stop(), Set.of(), false));
        refuseWhatWouldChangeTheAnswer();
        return new WireRequest(completion, stream, includeUsage);
    }

    private boolean includeUsage(boolean stream) {
        Optional<Node> options = body.find("stream_options");
        if (options.isEmpty()) {
            return false;
        }
        if (!stream) {
            throw options.get().invalid("stream_options is set, but stream is not true");
        }
        refuseUnless(options.get(), "include_obfuscation", "false", asked -> !asked.flag());
        return flag(options.get(), "include_usage");
    }

    private Prompt prompt() {
        return switch (endpoint) {
            case CHAT -> new Prompt.Chat(messages(body.get("messages")));
            case TEXT -> new Prompt.Text(prompt(body.get("prompt")));
        };
    }

    private static List<Message> messages(Node array) {
        List<Message> messages = new ArrayList<>();
        for (Node message : nonEmpty(array)) {
            messages.add(message(message));
        }
        return messages;
    }

    private static Message message(Node message) {
        Node role = message.get("role");
        return switch (role.text()) {
            case "system" -> new Message.System(content(message.get("content"), TEXT_PARTS));
            case "developer" -> new Message.Developer(content(message.get("content"), TEXT_PARTS));
            case "user" -> new Message.User(content(message.get("content"), TEXT_PARTS));
            case "assistant" -> assistant(message);
            case "tool", "function" -> throw unsupportedValue(role, "'" + role.text() + "'");
            default -> throw role.expected("system, developer, user or assistant");
        };
    }

    /// An earlier reply. What the model said in refusing is part of what it said.
    private static Message assistant(Node message) {
        refuseUnless(message, "tool_calls", "[]", RequestReader::isEmpty);
        refuse(message, "function_call");
        refuse(message, "audio");
        Optional<Node> content = message.find("content");
        Optional<Node> refusal = message.find("refusal");
        if (content.isEmpty() && refusal.isEmpty()) {
            throw message.missing("content");
        }
        return new Message.Assistant(
                content.map(said -> content(said, REPLY_PARTS)).orElse("")
                        + refusal.map(Node::text).orElse(""));
    }

    /// @param readable the types of parts that are text; each holds it under its type's name
    private static String content(Node content, List<String> readable) {
        return switch (content.json()) {
            case Json.Str _ -> content.text();
            case Json.Arr _ -> {
                StringBuilder text = new StringBuilder();
                for (Node part : nonEmpty(content)) {
                    text.append(part(part, readable));
                }
                yield text.toString();
            }
            case Json.Obj _, Json.Num _, Json.Bool _, Json.Null _ ->
                throw content.wrongType("a string or an array of parts");
        };
    }

    private static String part(Node part, List<String> readable) {
        Node type = part.get("type");
        if (readable.contains(type.text())) {
            return part.get(type.text()).text();
        }
        throw switch (type.text()) {
            case "image_url", "input_audio", "file" -> unsupportedValue(part, "a part of type " + type.text());
            default -> type.expected(String.join(" or ", readable));
        };
    }

    private static String prompt(Node prompt) {
        return switch (prompt.json()) {
            case Json.Str _ -> prompt.text();
            case Json.Arr _ -> {
                List<Node> prompts = nonEmpty(prompt);
                yield switch (prompts.getFirst().json()) {
                    case Json.Num _, Json.Arr _ -> throw unsupportedValue(prompt, "an array of token ids");
                    case Json.Str _, Json.Obj _, Json.Bool _, Json.Null _ -> {
                        String first = prompts.getFirst().text();
                        if (prompts.size() > 1) {
                            throw unsupportedValue(prompt, "an array of several prompts");
                        }
                        yield first;
                    }
                };
            }
            case Json.Obj _, Json.Num _, Json.Bool _, Json.Null _ ->
                throw prompt.wrongType("a string or an array of strings");
        };
    }

    private int choices() {
        Optional<Node> n = body.find("n");
        int choices = n.map(wanted -> wanted.integer(1, MOST_CHOICES)).orElse(1);
        if (choices > limits.maxChoices()) {
            throw unsupportedValue(n.get(), "%d, over this server's %d".formatted(choices, limits.maxChoices()));
        }
        return choices;
    }

    private Sampling sampling() {
        return new Sampling(
                body.find("temperature").map(node -> node.number(0, 2)).orElse(Sampling.DEFAULT.temperature()),
                body.find("top_p").map(node -> node.number(0, 1)).orElse(Sampling.DEFAULT.topP()),
                body.find("seed")
                        .map(node -> OptionalLong.of(node.integer(Long.MIN_VALUE, Long.MAX_VALUE)))
                        .orElse(OptionalLong.empty()));
    }

    private OptionalInt maxTokens() {
        Optional<Node> older = body.find("max_tokens");
        return switch (endpoint) {
            case CHAT -> {
                OptionalInt olderLimit = atLeastOne(older);
                OptionalInt limit = atLeastOne(body.find("max_completion_tokens"));
                yield limit.isPresent() ? limit : olderLimit;
            }
            case TEXT -> {
                int limit =
                        older.map(node -> node.integer(0, Integer.MAX_VALUE)).orElse(TEXT_MAX_TOKENS);
                if (limit == 0) {
                    throw unsupportedValue(older.get(), "0");
                }
                yield OptionalInt.of(limit);
            }
        };
    }

    private static OptionalInt atLeastOne(Optional<Node> limit) {
        return limit.map(node -> OptionalInt.of(node.integer(1, Integer.MAX_VALUE)))
                .orElse(OptionalInt.empty());
    }

    private List<String> stop() {
        Optional<Node> stop = body.find("stop");
        if (stop.isEmpty()) {
            return List.of();
        }
        return switch (stop.get().json()) {
            case Json.Str _ -> List.of(stopString(stop.get()));
            case Json.Arr _ -> {
                List<Node> strings = nonEmpty(stop.get());
                if (strings.size() > limits.maxStopStrings()) {
                    throw stop.get()
                            .invalid("stop holds %d strings, expected at most %d"
                                    .formatted(strings.size(), limits.maxStopStrings()));
                }
                yield strings.stream().map(RequestReader::stopString).toList();
            }
            case Json.Obj _, Json.Num _, Json.Bool _, Json.Null _ ->
                throw stop.get().wrongType("a string or an array of strings");
        };
    }

    private static String stopString(Node node) {
        String text = node.text();
        if (text.isEmpty()) {
            throw node.invalid(node.path() + " is empty, expected some text to stop at");
        }
        return text;
    }

    /// Refuses what we can't do and must not drop.
    private void refuseWhatWouldChangeTheAnswer() {
        refuseUnless(body, "logit_bias", "{}", bias -> bias.members().isEmpty());
        refuseUnless(body, "frequency_penalty", "0", RequestReader::isNoPenalty);
        refuseUnless(body, "presence_penalty", "0", RequestReader::isNoPenalty);
        switch (endpoint) {
            case CHAT -> refuseInChat();
            case TEXT -> refuseInText();
        }
    }

    private void refuseInChat() {
        refuseUnless(body, "tools", "[]", RequestReader::isEmpty);
        refuseUnless(body, "tool_choice", "none or auto", RequestReader::callsNothing);
        refuseUnless(body, "functions", "[]", RequestReader::isEmpty);
        refuseUnless(body, "function_call", "none or auto", RequestReader::callsNothing);
        refuseUnless(body, "response_format", "type text", RequestReader::isText);
        refuseUnless(body, "modalities", "text alone", RequestReader::isTextAlone);
        refuse(body, "audio");
        refuse(body, "web_search_options");
        refuse(body, "moderation");
        refuseUnless(body, "logprobs", "false", asked -> !asked.flag());
        body.find("top_logprobs").ifPresent(count -> {
            int _ = count.integer(0, 20);
            throw count.invalid("top_logprobs is set, but logprobs is not true");
        });
    }

    private void refuseInText() {
        refuseUnless(body, "echo", "false", asked -> !asked.flag());
        refuseUnless(body, "suffix", "an empty string", suffix -> suffix.text().isEmpty());
        body.find("logprobs").ifPresent(count -> {
            int _ = count.integer(0, 5);
            throw unsupportedParameter(count, "logprobs is not supported");
        });
        body.find("best_of").ifPresent(this::refuseToChoose);
    }

    private void refuseToChoose(Node bestOf) {
        int candidates = bestOf.integer(0, 20);
        if (candidates < choices()) {
            throw bestOf.invalid("best_of is %d, expected at least n, which is %d".formatted(candidates, choices()));
        }
        if (candidates > 1) {
            throw unsupportedParameter(bestOf, "best_of over 1 is not supported");
        }
    }

    private static boolean isEmpty(Node array) {
        return array.elements().isEmpty();
    }

    private static boolean isNoPenalty(Node penalty) {
        return penalty.number(-2, 2) == 0;
    }

    private static boolean callsNothing(Node toolChoice) {
        return switch (toolChoice.json()) {
            case Json.Str(var word) ->
                switch (word) {
                    case "none", "auto" -> true; // without tools both mean the same
                    case "required" -> false;
                    default -> throw toolChoice.expected("none, auto, required or an object");
                };
            case Json.Obj _ -> false;
            case Json.Arr _, Json.Num _, Json.Bool _, Json.Null _ ->
                throw toolChoice.wrongType("a string or an object");
        };
    }

    private static boolean isText(Node responseFormat) {
        Node type = responseFormat.get("type");
        return switch (type.text()) {
            case "text" -> true;
            case "json_object", "json_schema" -> false;
            default -> throw type.expected("text, json_object or json_schema");
        };
    }

    private static boolean isTextAlone(Node modalities) {
        return modalities.elements().stream().allMatch(modality -> switch (modality.text()) {
            case "text" -> true;
            case "audio" -> false;
            default -> throw modality.expected("text or audio");
        });
    }

    /// Refuses a member that is there at all.
    private static void refuse(Node object, String name) {
        object.find(name).ifPresent(member -> {
            throw unsupportedParameter(member, member.path() + " is not supported");
        });
    }

    /// Refuses a member unless it asks for nothing.
    ///
    /// @param nothing what asks for nothing, for the sentence
    private static void refuseUnless(Node object, String name, String nothing, Predicate<Node> asksNothing) {
        object.find(name).filter(asksNothing.negate()).ifPresent(member -> {
            throw unsupportedParameter(member, member.path() + " is not supported, except as " + nothing);
        });
    }

    /// The refusal of a field that does nothing here.
    private static BackendException unsupportedParameter(Node node, String message) {
        return BackendException.unsupported(node.path(), message).withCode("unsupported_parameter");
    }

    /// The refusal of a value of a field that takes others.
    private static BackendException unsupportedValue(Node node, String what) {
        return BackendException.unsupported(
                        node.path(), "%s is %s, which is not supported".formatted(node.path(), what))
                .withCode("unsupported_value");
    }

    private static List<Node> nonEmpty(Node array) {
        List<Node> elements = array.elements();
        if (elements.isEmpty()) {
            throw array.invalid(array.path() + " is an empty array, expected at least one element");
        }
        return elements;
    }

    private static boolean flag(Node object, String name) {
        return object.find(name).map(Node::flag).orElse(false);
    }
}
