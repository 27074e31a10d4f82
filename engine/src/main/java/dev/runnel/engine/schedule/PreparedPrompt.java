package dev.runnel.engine.schedule;

/// A prompt as the model reads it.
///
/// @param tokens with those that the model's file puts before and between the text
/// @param dropsLeadingSpace whether one space at the very start of the reply is the tokenizer's and not the
///     reply's
@SuppressWarnings("ArrayRecordComponent") // handed over once and never compared
public record PreparedPrompt(int[] tokens, boolean dropsLeadingSpace) {}
