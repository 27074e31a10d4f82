/// The tokens of a reply to the events they mean: text, reasoning, calls of tools.
///
/// The door is [ReplyReader], one for each choice. A [Dialect] says how a family of models writes what is not
/// plain text, as its chat template shows.
///
/// Whatever way a reply's bytes are cut into tokens, the pieces it gives are whole code points, and concatenated
/// they are the decoded reply up to its first stop string, of which no character is ever given.
///
/// Nothing here knows files, models or the wire.
package dev.runnel.engine.reply;
