/// Chat templates: the Jinja2 source that a model's file carries, and a conversation, to the text of a
/// prompt.
///
/// [ChatTemplate] is the door: compile once, render from any thread.
///
/// What it promises:
///
/// - **The reference's text.** A rendering is what Python's Jinja2 gives, set up as model authors test
///   their templates: `trim_blocks`, `lstrip_blocks`, loop controls, the default `Undefined`, `tojson` as
///   `json.dumps` writes it.
/// - **Who wrote what.** Every character of the output is known to be the template's or somebody else's
///   ([Segment]), through every filter, slice and method; where that can't be followed, it counts as
///   somebody else's. So a tokenizer can read `<|im_start|>` as a control token where the template says it,
///   and as plain letters where a user does.
/// - **An end.** A template comes with a downloaded file and may be hostile: a rendering is bounded in
///   steps, text and depth ([Budget]), reaches no file, no network and no Java object, and changes nothing
///   that the caller passed in.
///
/// What it leaves out of Jinja2, with a clear sentence where a template asks for it: inclusion and
/// inheritance, `do`, autoescaping, custom extensions, argument splats, and the filters made for web pages.
///
/// A source becomes [Token]s ([Lexer]), then [Statement]s and [Expression]s ([Parser]); a [Renderer] runs
/// the ones and an [Evaluator] the others, over [Value]s. It doesn't know GGUF, tokens' ids, or what a
/// message is.
package dev.runnel.engine.template;
