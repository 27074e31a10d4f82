package dev.runnel.wire;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.OutputFormat;
import dev.runnel.core.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Reads a request for a chat or a text completion. What it asks for is done, or refused by name; only
/// fields that change nothing about the answer, and fields we don't know, are passed over.
final class RequestReader {

    /// OpenAI's bound on `n`, and beyond it a mistake rather than a wish.
    private static final int MOST_CHOICES = 128;

    private static final int MOST_CANDIDATES = 20;
    private static final int MOST_TEXT_ALTERNATIVES = 5;

    /// What the older endpoint takes for a limit where the client names none.
    private static final int TEXT_MAX_TOKENS = 16;

    /// Known to both endpoints; those that are read nowhere change nothing about the answer.
    private static final Set<String> KNOWN = SamplingReader.known(
            "model",
            "stream",
            "stream_options",
            "max_tokens",
            "logprobs",
            "n",
            "grammar",
            "response_format",
            "cache_prompt",
            "timings",
            "timings_per_token",
            "user");

    private static final Set<String> KNOWN_OF_CHAT = and(
            "messages",
            "max_completion_tokens",
            "top_logprobs",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "functions",
            "function_call",
            "reasoning_effort",
            "chat_template_kwargs",
            "documents",
            "modalities",
            "audio",
            "web_search_options",
            "moderation",
            "verbosity",
            "prediction",
            "store",
            "metadata",
            "service_tier",
            "safety_identifier",
            "prompt_cache_key",
            "prompt_cache_retention",
            "prompt_cache_options");

    private static final Set<String> KNOWN_OF_TEXT = and("prompt", "suffix", "echo", "best_of");

    private static final ToolsReader TOOLS = new ToolsReader(false);

    private final Endpoint endpoint;
    private final Node body;
    private final WireOptions options;

    /// @param endpoint chat or text
    RequestReader(Endpoint endpoint, Node body, WireOptions options) {
        this.endpoint = endpoint;
        this.body = body;
        this.options = options;
    }

    private static Set<String> and(String... more) {
        return Stream.concat(KNOWN.stream(), Stream.of(more)).collect(Collectors.toUnmodifiableSet());
    }

    private boolean isChat() {
        return endpoint == Endpoint.CHAT;
    }

    WireRequest read() {
        boolean stream = body.flag("stream");
        String model = body.get("model").text();
        if (options.strict()) {
            SamplingReader.requireKnown(body, isChat() ? KNOWN_OF_CHAT : KNOWN_OF_TEXT);
        }
        List<Prompt> prompts = isChat() ? List.of(chat(body)) : texts();
        int choices = choices();
        int candidates = isChat() ? choices : candidates(choices, stream);
        OptionalInt logprobs = isChat() ? chatLogprobs() : textLogprobs();
        if (isChat()) {
            refuseWhatAChatCannot();
        }
        CompletionRequest asked = new CompletionRequest(
                model,
                prompts.getFirst(),
                candidates,
                SamplingReader.sampling(body),
                SamplingReader.stopping(maxTokens(), body, options),
                format(),
                candidates > choices && logprobs.isEmpty() ? OptionalInt.of(0) : logprobs,
                !isChat() && body.flag("echo"),
                body.find("cache_prompt").map(Node::flag).orElse(true));
        return new WireRequest(
                endpoint,
                prompts.stream().map(asked::withPrompt).toList(),
                choices,
                stream,
                form(ReplyForm.of(asked, options), logprobs, stream),
                warning(),
                ResponseItems.NONE);
    }

    private ReplyForm form(ReplyForm form, OptionalInt logprobs, boolean stream) {
        Optional<Node> asked = body.find("stream_options");
        if (asked.isPresent() && !stream) {
            throw asked.get().invalid("stream_options is set, but stream is not true");
        }
        return form.withUsage(asked.map(node -> node.flag("include_usage")).orElse(false))
                .withObfuscation(asked.flatMap(node -> node.find("include_obfuscation"))
                        .map(Node::flag)
                        .orElse(form.obfuscated()))
                .withLogprobs(logprobs)
                .withTier(isChat() && body.find("service_tier").isPresent())
                .withTimings(body.flag("timings") || body.flag("timings_per_token"));
    }

    private Optional<String> warning() {
        return isChat() && body.flag("store")
                ? Optional.of("store is passed over: this server keeps no completions")
                : Optional.empty();
    }

    /// The conversation of a body.
    static Prompt.Chat chat(Node body) {
        Prompt.Chat chat = new Prompt.Chat(
                new MessagesReader().read(body.get("messages")),
                TOOLS.tools(body),
                body.find("reasoning_effort").map(SamplingReader::effort),
                body.find("chat_template_kwargs").map(Node::objectText).orElse("{}"));
        Optional<Node> documents = body.find("documents");
        return documents.isPresent()
                ? chat.withTemplateArgument("documents", documents.get().json().text())
                : chat;
    }

    /// The prompts of a text completion; without any it is the empty one, from which the model begins by
    /// itself.
    private List<Prompt> texts() {
        Optional<Node> suffix =
                body.find("suffix").filter(after -> !after.text().isEmpty());
        List<Prompt> prompts = body.find("prompt").map(this::prompts).orElseGet(() -> List.of(new Prompt.Text("")));
        if (suffix.isPresent() && body.flag("echo")) {
            throw body.get("echo")
                    .invalid("echo is true and suffix is set, but what fills a gap doesn't follow its prompt");
        }
        return suffix.isEmpty()
                ? prompts
                : prompts.stream().map(prompt -> gap(prompt, suffix.get())).toList();
    }

    private static Prompt gap(Prompt prompt, Node suffix) {
        if (!(prompt instanceof Prompt.Text(var prefix))) {
            throw suffix.unsupportedParameter("suffix is not supported after a prompt of token ids");
        }
        return new Prompt.Gap(prefix, suffix.text());
    }

    private List<Prompt> prompts(Node prompt) {
        return switch (prompt.json()) {
            case Json.Str _ -> List.of(new Prompt.Text(prompt.text()));
            case Json.Arr _ -> {
                List<Node> elements = prompt.nonEmpty();
                yield switch (elements.getFirst().json()) {
                    case Json.Num _ -> List.of(tokens(elements));
                    case Json.Arr _ ->
                        counted(prompt, elements).stream()
                                .map(ids -> tokens(ids.nonEmpty()))
                                .toList();
                    case Json.Str _, Json.Obj _, Json.Bool _, Json.Null _ ->
                        counted(prompt, elements).stream()
                                .<Prompt>map(text -> new Prompt.Text(text.text()))
                                .toList();
                };
            }
            case Json.Obj _, Json.Num _, Json.Bool _, Json.Null _ ->
                throw prompt.wrongType("a string, or an array of strings, of token ids or of arrays of token ids");
        };
    }

    private List<Node> counted(Node prompt, List<Node> prompts) {
        if (prompts.size() > options.maxPrompts()) {
            throw prompt.unsupportedValue(
                    "an array of %d prompts, over this server's %d".formatted(prompts.size(), options.maxPrompts()));
        }
        return prompts;
    }

    private static Prompt tokens(List<Node> elements) {
        List<Integer> ids = new ArrayList<>(elements.size());
        for (Node id : elements) {
            ids.add(id.integer(0, Integer.MAX_VALUE));
        }
        return new Prompt.Tokens(ids);
    }

    private int choices() {
        return body.find("n").map(n -> granted(n, n.integer(1, MOST_CHOICES))).orElse(1);
    }

    private int granted(Node field, int choices) {
        if (choices > options.maxChoices()) {
            throw field.unsupportedValue("%d, over this server's %d".formatted(choices, options.maxChoices()));
        }
        return choices;
    }

    /// How many answers are made, of which the best `choices` are sent. A stream can't wait for that.
    private int candidates(int choices, boolean stream) {
        Optional<Node> bestOf = body.find("best_of");
        if (bestOf.isEmpty()) {
            return choices;
        }
        int candidates = bestOf.get().integer(0, MOST_CANDIDATES);
        if (candidates < choices) {
            throw bestOf.get()
                    .invalid("best_of is %d, expected at least n, which is %d".formatted(candidates, choices));
        }
        if (stream && candidates > choices) {
            throw bestOf.get()
                    .invalid("best_of is %d and stream is true, but the best of several can't be streamed"
                            .formatted(candidates));
        }
        return granted(bestOf.get(), candidates);
    }

    private OptionalInt chatLogprobs() {
        boolean asked = body.flag("logprobs");
        Optional<Node> top = body.find("top_logprobs");
        int alternatives = top.map(count -> count.integer(0, CompletionRequest.MOST_ALTERNATIVES))
                .orElse(0);
        if (top.isPresent() && !asked) {
            throw top.get().invalid("top_logprobs is set, but logprobs is not true");
        }
        return asked ? OptionalInt.of(alternatives) : OptionalInt.empty();
    }

    private OptionalInt textLogprobs() {
        return body.find("logprobs")
                .map(count -> OptionalInt.of(count.integer(0, MOST_TEXT_ALTERNATIVES)))
                .orElse(OptionalInt.empty());
    }

    private OptionalInt maxTokens() {
        Optional<Node> older = body.find("max_tokens");
        if (!isChat()) {
            return OptionalInt.of(
                    older.map(node -> node.integer(0, Integer.MAX_VALUE)).orElse(TEXT_MAX_TOKENS));
        }
        OptionalInt olderLimit = atLeastOne(older);
        OptionalInt limit = atLeastOne(body.find("max_completion_tokens"));
        return limit.isPresent() ? limit : olderLimit;
    }

    private static OptionalInt atLeastOne(Optional<Node> limit) {
        return limit.map(node -> OptionalInt.of(node.integer(1, Integer.MAX_VALUE)))
                .orElse(OptionalInt.empty());
    }

    private OutputFormat format() {
        OutputFormat format = body.find("response_format").map(TOOLS::format).orElse(OutputFormat.FREE);
        Optional<Node> grammar =
                body.find("grammar").filter(gbnf -> !gbnf.text().isEmpty());
        if (grammar.isEmpty()) {
            return format;
        }
        if (!format.equals(OutputFormat.FREE)) {
            throw grammar.get().invalid("grammar and response_format are both set, expected one of them");
        }
        return new OutputFormat.Grammar(grammar.get().text());
    }

    private void refuseWhatAChatCannot() {
        body.find("functions")
                .filter(functions -> !functions.elements().isEmpty())
                .ifPresent(functions -> {
                    throw functions.unsupportedParameter("functions is not supported; tools is its newer form");
                });
        body.refuseUnless("function_call", "none or auto", ToolsReader::callsNothing);
        body.refuseUnless("modalities", "text alone", RequestReader::isTextAlone);
        body.refuse("audio");
        body.refuse("web_search_options");
        body.refuse("moderation");
    }

    private static boolean isTextAlone(Node modalities) {
        return modalities.elements().stream().allMatch(modality -> switch (modality.text()) {
            case "text" -> true;
            case "audio" -> false;
            default -> throw modality.expected("text or audio");
        });
    }
}
