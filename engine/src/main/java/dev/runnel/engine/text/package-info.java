/// The bytes of a choice's tokens to the text that may leave.
///
/// The door is [ReplyText], one for each choice. Whatever way a reply's bytes are cut into tokens, the pieces
/// it gives are whole code points, and concatenated they are the decoded reply up to its first stop string,
/// of which no character is ever given. It holds back no more than it must: at most 3 bytes of an unfinished
/// character and the longest end of the text that a stop string begins with.
///
/// Nothing here knows tokens, models or events.
package dev.runnel.engine.text;
