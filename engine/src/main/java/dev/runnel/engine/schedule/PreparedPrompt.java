package dev.runnel.engine.schedule;

import dev.runnel.engine.reply.ReplyFormat;

/// A prompt as the model reads it, and how its reply is to be read.
///
/// @param tokens with those that the model's file puts before and between the text
@SuppressWarnings("ArrayRecordComponent") // handed over once and never compared
public record PreparedPrompt(int[] tokens, ReplyFormat format) {}
