package dev.runnel.engine.reply;

import java.util.List;
import java.util.Optional;

/// How a family of models writes what is not plain text in a reply: its reasoning, and its calls of tools.
///
/// @param reasoning what stands around reasoning, in models that show it
/// @param calls how tools are called
public record Dialect(Optional<Reasoning> reasoning, CallSyntax calls) {

    /// What stands around reasoning, such as `<think>` and `</think>`.
    public record Reasoning(String open, String close) {}

    private static final List<String> MARKERS = List.of(
            "<think>",
            "</think>",
            "[THINK]",
            "[/THINK]",
            "<seed:think>",
            "</seed:think>",
            "<tool_call>",
            "</tool_call>",
            "<|python_tag|>",
            "[TOOL_CALLS]",
            "[CALL_ID]",
            "[ARGS]",
            "<|start|>",
            "<|channel|>",
            "<|constrain|>",
            "<|message|>",
            "<|end|>");

    private static final String[][] REASONING = {
        {"<think>", "</think>"}, {"[THINK]", "[/THINK]"}, {"<seed:think>", "</seed:think>"},
    };

    /// Every text that marks something in some dialect. A token that is one of these is no text.
    public static List<String> markers() {
        return MARKERS;
    }

    /// What a chat template tells of its model's dialect: it spells the same words when it renders earlier
    /// replies.
    ///
    /// @param template Jinja2; empty where a model has none
    public static Dialect of(String template) {
        return new Dialect(reasoningOf(template), callsOf(template));
    }

    private static Optional<Reasoning> reasoningOf(String template) {
        for (String[] markers : REASONING) {
            if (template.contains(markers[1])) {
                return Optional.of(new Reasoning(markers[0], markers[1]));
            }
        }
        return Optional.empty();
    }

    private static CallSyntax callsOf(String template) {
        if (template.contains("<|channel|>") && template.contains("<|call|>")) {
            return new CallSyntax.Channels();
        }
        if (template.contains("[TOOL_CALLS]")) {
            return template.contains("[ARGS]")
                    ? new CallSyntax.Titled("[TOOL_CALLS]", "[CALL_ID]", "[ARGS]")
                    : new CallSyntax.Enclosed("[TOOL_CALLS]", "", "arguments", true);
        }
        if (template.contains("<tool_call>") && !template.contains("<parameter=")) {
            return new CallSyntax.Enclosed("<tool_call>", "</tool_call>", "arguments", false);
        }
        if (template.contains("<function=") && !template.contains("<parameter=")) {
            return new CallSyntax.Named("<function=", ">", "</function>");
        }
        if (template.contains("ipython") && template.contains("\"parameters\"")) {
            return new CallSyntax.Bare("<|python_tag|>", "parameters");
        }
        return CallSyntax.UNKNOWN;
    }
}
