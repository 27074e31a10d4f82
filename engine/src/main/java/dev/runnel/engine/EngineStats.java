package dev.runnel.engine;

/// What an engine is doing and what it has done since it was opened. The counts are read one after another
/// while the engine works, so they need not be of the same instant.
///
/// @param waiting completions that have not begun: their prompt is being prepared, or they wait for room
/// @param running completions that have room
/// @param completed completions that ended with their usage
/// @param cancelled completions whose reader left before the end
/// @param failed completions that were admitted and then broke off on this side
/// @param refused completions turned away before they were admitted
/// @param steps runs of the model
/// @param promptTokens prompt tokens the model has read, once for each choice
/// @param generatedTokens tokens sampled
/// @param lostTokens the part of both that went into completions that were cancelled or failed
public record EngineStats(
        int waiting,
        int running,
        long completed,
        long cancelled,
        long failed,
        long refused,
        long steps,
        long promptTokens,
        long generatedTokens,
        long lostTokens) {}
