package dev.runnel.engine.reply;

/// How a family of models writes that a tool shall be called.
public sealed interface CallSyntax {

    /// A format that isn't known here, or none: such models are told to write [#HERMES].
    CallSyntax UNKNOWN = new Unknown();

    /// The format of Hermes and Qwen, and of the many that follow them.
    CallSyntax HERMES = new Enclosed("<tool_call>", "</tool_call>", "arguments", false);

    record Unknown() implements CallSyntax {}

    /// JSON objects between markers: `<tool_call>{"name": "f", "arguments": {…}}</tool_call>`, or an array of
    /// them: `[TOOL_CALLS][{"name": "f", "arguments": {…}}]` (Mistral).
    ///
    /// @param close empty where the end of the reply is the end of the calls
    /// @param arguments the member that holds a call's arguments
    /// @param isArray whether all calls stand in one array
    record Enclosed(String open, String close, String arguments, boolean isArray) implements CallSyntax {}

    /// A reply that is nothing but a JSON object, `{"name": "f", "parameters": {…}}` (Llama 3.1), several with
    /// semicolons between them.
    ///
    /// @param prefix a token that may stand before it
    record Bare(String prefix, String arguments) implements CallSyntax {}

    /// The name within the marker: `<function=f>{…}</function>` (Functionary 3.1).
    record Named(String open, String afterName, String close) implements CallSyntax {}

    /// The name behind the marker: `[TOOL_CALLS]f[ARGS]{…}` (Mistral since 2025), perhaps with an id between.
    record Titled(String open, String id, String arguments) implements CallSyntax {}

    /// A channel for each kind of message (gpt-oss, the harmony format): reasoning is written to `analysis`,
    /// calls go to `functions.f`, the answer to `final`.
    record Channels() implements CallSyntax {}
}
