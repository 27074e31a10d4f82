package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Message;
import dev.runnel.core.OutputFormat;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.core.Stopping;
import dev.runnel.core.Tool;
import dev.runnel.core.ToolCall;
import dev.runnel.core.Tools;
import java.util.Collection;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/// Writes a request to an upstream as JSON; it goes to [Endpoint#of] its prompt.
public final class RequestWriter {

    /// What an upstream calls the token limit of a chat completion. None takes both names in one request.
    public enum LimitField {
        /// The older name, which almost all know. OpenAI's reasoning models refuse it with
        /// [BackendException.Kind#UNSUPPORTED].
        MAX_TOKENS("max_tokens"),
        /// The newer name. Upstreams that don't know it drop the limit in silence.
        MAX_COMPLETION_TOKENS("max_completion_tokens");

        private final String json;

        LimitField(String json) {
            this.json = json;
        }
    }

    private RequestWriter() {}

    /// Writes only what is asked for, since many upstreams refuse fields that they or their models don't know.
    ///
    /// @throws BackendException of kind `UNSUPPORTED` if the endpoint has no words for what is asked
    public static byte[] write(CompletionRequest request, LimitField limit, boolean stream, boolean includeUsage) {
        ByteSink out = new ByteSink(1024);
        out.raw("{\"model\":").string(request.model());
        OptionalInt maxTokens = request.stopping().maxTokens();
        switch (request.prompt()) {
            case Prompt.Chat chat -> {
                chat(chat, out);
                maxTokens.ifPresent(
                        most -> out.raw(",").string(limit.json).raw(":").number(most));
                request.logprobs()
                        .ifPresent(alternatives ->
                                out.raw(",\"logprobs\":true,\"top_logprobs\":").number(alternatives));
            }
            case Prompt.Text(var text) -> text(request, out.raw(",\"prompt\":").string(text));
            case Prompt.Tokens(var ids) -> {
                numbers(ids, out.raw(",\"prompt\":"));
                text(request, out);
            }
            case Prompt.Gap(var prefix, var suffix) -> {
                out.raw(",\"prompt\":").string(prefix).raw(",\"suffix\":").string(suffix);
                text(request, out);
            }
        }
        if (request.choices() > 1) {
            out.raw(",\"n\":").number(request.choices());
        }
        sampling(request.sampling(), out);
        stopping(request.stopping(), out);
        format(request.format(), out);
        if (!request.cachePrompt()) {
            out.raw(",\"cache_prompt\":false");
        }
        if (stream) {
            out.raw(",\"stream\":true");
            if (includeUsage) {
                out.raw(",\"stream_options\":{\"include_usage\":true}");
            }
        }
        return out.raw("}").toByteArray();
    }

    /// Without a limit this endpoint stops after 16 tokens, and there is no word for "as many as fit".
    private static void text(CompletionRequest request, ByteSink out) {
        int limit = request.stopping()
                .maxTokens()
                .orElseThrow(() -> BackendException.unsupported(
                        "max_tokens", "max_tokens is missing; a text completion of an upstream needs it"));
        out.raw(",\"max_tokens\":").number(limit);
        request.logprobs().ifPresent(alternatives -> out.raw(",\"logprobs\":").number(alternatives));
        if (request.echo()) {
            out.raw(",\"echo\":true");
        }
    }

    private static void chat(Prompt.Chat chat, ByteSink out) {
        each(chat.messages(), out.raw(",\"messages\":"), RequestWriter::message);
        tools(chat.tools(), out);
        chat.effort()
                .ifPresent(effort ->
                        out.raw(",\"reasoning_effort\":").string(effort.name().toLowerCase(Locale.ROOT)));
        if (!chat.templateArguments().equals("{}")) {
            out.raw(",\"chat_template_kwargs\":").json(chat.templateArguments());
        }
    }

    private static void message(Message message, ByteSink out) {
        switch (message) {
            case Message.System(var text) -> message("system", text, out);
            case Message.Developer(var text) -> message("developer", text, out);
            case Message.User(var text) -> message("user", text, out);
            case Message.Assistant assistant -> assistant(assistant, out);
            case Message.ToolResult(var callId, var text) -> {
                out.raw("{\"role\":\"tool\",\"tool_call_id\":").string(callId);
                out.raw(",\"content\":").string(text).raw("}");
            }
        }
    }

    private static void message(String role, String text, ByteSink out) {
        out.raw("{\"role\":").string(role).raw(",\"content\":").string(text).raw("}");
    }

    private static void assistant(Message.Assistant message, ByteSink out) {
        out.raw("{\"role\":\"assistant\",\"content\":");
        if (message.text().isEmpty() && !message.toolCalls().isEmpty()) {
            out.raw("null");
        } else {
            out.string(message.text());
        }
        if (!message.thinking().isEmpty()) {
            out.raw(",\"reasoning_content\":").string(message.thinking());
        }
        if (!message.toolCalls().isEmpty()) {
            each(message.toolCalls(), out.raw(",\"tool_calls\":"), RequestWriter::call);
        }
        out.raw("}");
    }

    private static void call(ToolCall call, ByteSink out) {
        CompletionWriter.call(call, call.arguments(), out);
    }

    private static void tools(Tools tools, ByteSink out) {
        if (tools.offered().isEmpty()) {
            return;
        }
        each(tools.offered(), out.raw(",\"tools\":"), RequestWriter::tool);
        switch (tools.use()) {
            case NONE -> out.raw(",\"tool_choice\":\"none\"");
            case AUTO -> someOf(tools, "auto", out);
            case REQUIRED -> someOf(tools, "required", out);
            case NAMED -> function(tools.allowed().iterator().next(), out.raw(",\"tool_choice\":"));
        }
        if (!tools.parallel()) {
            out.raw(",\"parallel_tool_calls\":false");
        }
    }

    private static void someOf(Tools tools, String mode, ByteSink out) {
        if (tools.allowed().size() == tools.offered().size()) {
            out.raw(",\"tool_choice\":").string(mode);
            return;
        }
        out.raw(",\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":")
                .string(mode);
        each(new TreeSet<>(tools.allowed()), out.raw(",\"tools\":"), RequestWriter::function);
        out.raw("}}");
    }

    private static void function(String name, ByteSink out) {
        out.raw("{\"type\":\"function\",\"function\":{\"name\":").string(name).raw("}}");
    }

    private static void tool(Tool tool, ByteSink out) {
        out.raw("{\"type\":\"function\",\"function\":{\"name\":").string(tool.name());
        if (!tool.description().isEmpty()) {
            out.raw(",\"description\":").string(tool.description());
        }
        out.raw(",\"parameters\":").json(tool.parameters());
        out.raw(tool.strict() ? ",\"strict\":true}}" : "}}");
    }

    private static void sampling(Sampling sampling, ByteSink out) {
        sampling.temperature()
                .ifPresent(temperature -> out.raw(",\"temperature\":").decimal(temperature));
        sampling.topP().ifPresent(topP -> out.raw(",\"top_p\":").decimal(topP));
        if (sampling.topK() != Sampling.DEFAULT.topK()) {
            out.raw(",\"top_k\":").number(sampling.topK());
        }
        unless(Sampling.DEFAULT.minP(), "min_p", sampling.minP(), out);
        unless(Sampling.DEFAULT.typicalP(), "typical_p", sampling.typicalP(), out);
        unless(Sampling.DEFAULT.repetitionPenalty(), "repetition_penalty", sampling.repetitionPenalty(), out);
        unless(Sampling.DEFAULT.frequencyPenalty(), "frequency_penalty", sampling.frequencyPenalty(), out);
        unless(Sampling.DEFAULT.presencePenalty(), "presence_penalty", sampling.presencePenalty(), out);
        if (!sampling.logitBias().isEmpty()) {
            String separator = ",\"logit_bias\":{";
            for (var bias : new TreeMap<>(sampling.logitBias()).entrySet()) {
                out.raw(separator).string(bias.getKey().toString()).raw(":").decimal(bias.getValue());
                separator = ",";
            }
            out.raw("}");
        }
        sampling.seed().ifPresent(seed -> out.raw(",\"seed\":").number(seed));
    }

    private static void unless(double usual, String name, double value, ByteSink out) {
        if (value != usual) {
            out.raw(",").string(name).raw(":").decimal(value);
        }
    }

    private static void stopping(Stopping stopping, ByteSink out) {
        if (!stopping.strings().isEmpty()) {
            each(stopping.strings(), out.raw(",\"stop\":"), (string, to) -> to.string(string));
        }
        if (!stopping.tokens().isEmpty()) {
            numbers(new TreeSet<>(stopping.tokens()), out.raw(",\"stop_token_ids\":"));
        }
        if (stopping.ignoresEndTokens()) {
            out.raw(",\"ignore_eos\":true");
        }
    }

    private static void format(OutputFormat format, ByteSink out) {
        switch (format) {
            case OutputFormat.Free _ -> {}
            case OutputFormat.JsonObject _ -> out.raw(",\"response_format\":{\"type\":\"json_object\"}");
            case OutputFormat.JsonSchema(var name, var description, var schema, var strict) -> {
                out.raw(",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":")
                        .string(name);
                if (!description.isEmpty()) {
                    out.raw(",\"description\":").string(description);
                }
                out.raw(",\"schema\":").json(schema);
                out.raw(strict ? ",\"strict\":true}}" : "}}");
            }
            case OutputFormat.Grammar(var gbnf) -> out.raw(",\"grammar\":").string(gbnf);
        }
    }

    private static void numbers(Collection<Integer> numbers, ByteSink out) {
        each(numbers, out, (number, to) -> to.number(number));
    }

    private static <T> void each(Collection<T> elements, ByteSink out, BiConsumer<T, ByteSink> element) {
        String separator = "[";
        for (T each : elements) {
            element.accept(each, out.raw(separator));
            separator = ",";
        }
        out.raw(elements.isEmpty() ? "[]" : "]");
    }
}
