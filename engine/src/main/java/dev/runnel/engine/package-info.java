/// The embedded inference engine: a GGUF file to a backend.
///
/// [Engine] is the door: it opens a file, or the small model that comes with this room, and answers requests
/// with streams of token events; [ModelFolder] does so for all models of a folder and loads each when it is
/// asked for. [ModelText] is a side door, to what a file says of text without its weights. Behind them, each
/// package knows one thing: `gguf` the file, `tokenizer` and
/// `template` how a conversation becomes tokens, `model` and `kernel` how tokens become logits, `sampling`
/// how logits become a token, `reply` what a reply's tokens mean, and `schedule` how many completions share
/// one model.
///
/// What it promises, besides what every [dev.runnel.core.Backend] does: a request's text depends on its
/// prompt, settings and seed and on nothing else that runs; a file that can't be used is refused in one
/// sentence ([ModelFileException]) and never takes the JVM with it.
package dev.runnel.engine;
