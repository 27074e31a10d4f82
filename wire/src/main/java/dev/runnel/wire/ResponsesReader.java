package dev.runnel.wire;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Message;
import dev.runnel.core.OutputFormat;
import dev.runnel.core.Prompt;
import dev.runnel.core.ToolCall;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// Reads a request for a response: a chat completion in other words. Of earlier responses their items may be
/// named, as far as they are remembered; what refers to a whole response or conversation is refused.
final class ResponsesReader {

    private static final String LOGPROBS = "message.output_text.logprobs";

    private static final Set<String> KNOWN = SamplingReader.known(
            "model",
            "input",
            "instructions",
            "stream",
            "stream_options",
            "max_output_tokens",
            "cache_prompt",
            "chat_template_kwargs",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "max_tool_calls",
            "text",
            "reasoning",
            "include",
            "top_logprobs",
            "previous_response_id",
            "conversation",
            "background",
            "prompt",
            "moderation",
            "store",
            "truncation",
            "metadata",
            "service_tier",
            "user",
            "safety_identifier",
            "prompt_cache_key",
            "prompt_cache_retention",
            "prompt_cache_options");

    private static final ToolsReader TOOLS = new ToolsReader(true);

    private final Node body;
    private final WireOptions options;
    private final ResponseItems items;

    private final List<Message> messages = new ArrayList<>();
    private final Set<String> calls = new HashSet<>();
    private final Set<String> named = new HashSet<>(); // items that the input names by their ids

    // An earlier reply, of which each part is an item of its own.
    private final StringBuilder said = new StringBuilder();
    private final StringBuilder thought = new StringBuilder();
    private final List<ToolCall> called = new ArrayList<>();
    private boolean replying;

    /// @param items that the input may name
    ResponsesReader(Node body, WireOptions options, ResponseItems items) {
        this.items = items;
        this.body = body;
        this.options = options;
    }

    WireRequest read() {
        boolean stream = body.flag("stream");
        String model = body.get("model").text();
        Prompt.Chat chat = chat();
        Optional<Node> text = body.find("text");
        CompletionRequest asked = new CompletionRequest(
                model,
                chat,
                1,
                SamplingReader.sampling(body),
                SamplingReader.stopping(maxTokens(), body, options),
                text.flatMap(wanted -> wanted.find("format")).map(TOOLS::format).orElse(OutputFormat.FREE),
                logprobs(),
                false,
                body.find("cache_prompt").map(Node::flag).orElse(true));
        boolean padded = body.find("stream_options")
                .flatMap(node -> node.find("include_obfuscation"))
                .map(Node::flag)
                .orElse(options.obfuscates());
        return new WireRequest(
                Endpoint.RESPONSES,
                List.of(asked),
                1,
                stream,
                ReplyForm.of(asked, options).withObfuscation(padded).withEcho(echo()),
                Optional.empty(),
                body.find("store").map(Node::flag).orElse(true) ? items : ResponseItems.NONE);
    }

    /// The conversation alone, for whichever model.
    Prompt.Chat chat() {
        if (options.strict()) {
            SamplingReader.requireKnown(body, KNOWN);
        }
        refuseWhatCannotBeDone();
        return new Prompt.Chat(
                conversation(),
                TOOLS.tools(body),
                body.find("reasoning")
                        .flatMap(reasoning -> reasoning.find("effort"))
                        .map(SamplingReader::effort),
                body.find("chat_template_kwargs").map(Node::objectText).orElse("{}"));
    }

    private void refuseWhatCannotBeDone() {
        for (String name : List.of("previous_response_id", "conversation", "prompt", "moderation")) {
            body.refuse(name);
        }
        body.refuseUnless("background", "false", asked -> !asked.flag());
        body.refuseUnless("truncation", "disabled", asked -> asked.text().equals("disabled"));
    }

    private OptionalInt maxTokens() {
        return body.find("max_output_tokens")
                .map(most -> OptionalInt.of(most.integer(1, Integer.MAX_VALUE)))
                .orElse(OptionalInt.empty());
    }

    private OptionalInt logprobs() {
        boolean asked = body.find("include").map(Node::elements).orElse(List.of()).stream()
                .anyMatch(what -> what.text().equals(LOGPROBS));
        int alternatives = body.find("top_logprobs")
                .map(count -> count.integer(0, CompletionRequest.MOST_ALTERNATIVES))
                .orElse(0);
        return asked ? OptionalInt.of(alternatives) : OptionalInt.empty();
    }

    /// What the response repeats of its request; clients read it with types that want it there.
    private String echo() {
        checkWhatIsOnlyRepeated();
        ByteSink out = new ByteSink(512);
        repeat("instructions", "null", out);
        repeat("max_output_tokens", "null", out);
        repeat("metadata", "{}", out);
        repeat("parallel_tool_calls", "true", out);
        repeat("reasoning", "{\"effort\":null,\"summary\":null}", out);
        repeat("temperature", "1.0", out);
        repeat("text", "{\"format\":{\"type\":\"text\"}}", out);
        repeat("tool_choice", "\"auto\"", out);
        repeat("tools", "[]", out);
        repeat("top_p", "1.0", out);
        repeat("truncation", "\"disabled\"", out);
        repeat("user", "null", out);
        return out.toString();
    }

    /// Nothing else reads these, so nothing else finds out that a client could not read them again.
    private void checkWhatIsOnlyRepeated() {
        body.find("metadata")
                .ifPresent(pairs -> pairs.members()
                        .keySet()
                        .forEach(key -> pairs.member(key).text()));
        body.find("reasoning").flatMap(reasoning -> reasoning.find("summary")).ifPresent(Node::text);
        body.find("text").flatMap(text -> text.find("verbosity")).ifPresent(Node::text);
        body.find("user").ifPresent(Node::text);
    }

    private void repeat(String name, String absent, ByteSink out) {
        out.raw(",")
                .string(name)
                .raw(":")
                .json(body.find(name).map(node -> node.json().text()).orElse(absent));
    }

    private List<Message> conversation() {
        body.find("instructions").ifPresent(text -> messages.add(new Message.System(text.text())));
        Node input = body.get("input");
        switch (input.json()) {
            case Json.Str _ -> messages.add(new Message.User(input.text()));
            case Json.Arr _ -> input.nonEmpty().forEach(this::item);
            case Json.Obj _, Json.Num _, Json.Bool _, Json.Null _ ->
                throw input.wrongType("a string or an array of items");
        }
        endReply();
        return messages;
    }

    private void item(Node item) {
        boolean isNamed = item.find("role").isEmpty() && item.find("id").isPresent();
        String type = item.find("type").map(Node::text).orElse(isNamed ? "item_reference" : "message");
        switch (type) {
            case "message" -> message(item);
            case "reasoning" -> {
                startReplyUnless(said.isEmpty() && called.isEmpty());
                Optional<String> whole = item.find("content")
                        .map(content -> content(content, List.of("reasoning_text")))
                        .filter(text -> !text.isEmpty());
                thought.append(whole.or(
                                () -> item.find("summary").map(summary -> content(summary, List.of("summary_text"))))
                        .orElse(""));
            }
            case "function_call" -> {
                startReplyUnless(true);
                String id = item.get("call_id").notBlank();
                calls.add(id);
                called.add(new ToolCall(
                        id, item.get("name").notBlank(), item.get("arguments").text()));
            }
            case "function_call_output" -> {
                endReply();
                Node id = item.get("call_id");
                if (!calls.contains(id.text())) {
                    throw id.invalid("%s is '%s', expected the call_id of a function_call before it"
                            .formatted(id.path(), Node.shortened(id.text())));
                }
                messages.add(new Message.ToolResult(
                        id.text(), content(item.get("output"), List.of("input_text", "output_text"))));
            }
            case "item_reference" -> item(remembered(item));
            default -> throw item.unsupportedValue("an item of type '%s'".formatted(Node.shortened(type)));
        }
    }

    /// Each once at most: so a short input stands for no more than what is remembered.
    private Node remembered(Node reference) {
        Node id = reference.get("id");
        if (!named.add(id.text())) {
            throw id.invalid("%s is '%s', which the input has named before; an item has one place in a conversation"
                    .formatted(id.path(), Node.shortened(id.text())));
        }
        String json = items.find(id.text())
                .orElseThrow(() -> id.invalid(
                        "%s is '%s', an item that this server doesn't remember; send the item itself, as clients do that are told store: false"
                                .formatted(id.path(), Node.shortened(id.text()))));
        try {
            return new Node(reference.path(), JsonReader.read(json));
        } catch (JsonReader.MalformedException tooMuch) {
            throw id.invalid("%s is '%s', an item that can't be read again: it %s"
                    .formatted(id.path(), Node.shortened(id.text()), tooMuch.getMessage()));
        }
    }

    private void message(Node item) {
        Node role = item.get("role");
        Node content = item.get("content");
        List<String> parts = List.of("input_text", "output_text", "text");
        switch (role.text()) {
            case "assistant" -> {
                startReplyUnless(said.isEmpty() && called.isEmpty());
                said.append(content(content, List.of("output_text", "input_text", "text", "refusal")));
            }
            case "system" -> {
                endReply();
                messages.add(new Message.System(content(content, parts)));
            }
            case "developer" -> {
                endReply();
                messages.add(new Message.Developer(content(content, parts)));
            }
            case "user" -> {
                endReply();
                messages.add(new Message.User(content(content, parts)));
            }
            default -> throw role.expected("system, developer, user or assistant");
        }
    }

    /// @param goesOn whether the item belongs to the reply before it
    private void startReplyUnless(boolean goesOn) {
        if (!goesOn) {
            endReply();
        }
        replying = true;
    }

    private void endReply() {
        if (replying) {
            messages.add(new Message.Assistant(said.toString(), thought.toString(), called));
            said.setLength(0);
            thought.setLength(0);
            called.clear();
            replying = false;
        }
    }

    /// @param readable the types of parts that are text
    private static String content(Node content, List<String> readable) {
        return switch (content.json()) {
            case Json.Str _ -> content.text();
            case Json.Arr _ -> {
                StringBuilder text = new StringBuilder();
                for (Node part : content.elements()) {
                    Node type = part.get("type");
                    if (!readable.contains(type.text())) {
                        throw part.unsupportedValue("a part of type '%s'".formatted(Node.shortened(type.text())));
                    }
                    text.append(part.get(type.text().equals("refusal") ? "refusal" : "text")
                            .text());
                }
                yield text.toString();
            }
            case Json.Obj _, Json.Num _, Json.Bool _, Json.Null _ ->
                throw content.wrongType("a string or an array of parts");
        };
    }
}
