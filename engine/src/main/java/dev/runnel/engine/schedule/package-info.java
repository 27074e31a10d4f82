/// The step loop: many completions through one model, a step at a time.
///
/// [Scheduler] is the door. A completion asked of it is prepared (its prompt becomes tokens) and admitted or
/// refused, waits for room, and then each of its choices is a sequence in the batch. One thread, the loop's,
/// owns the batch, the model and everything that changes with a step; a step is
///
/// 1. take in what has been admitted, let go what nobody reads any more,
/// 2. give room to those that wait, first come first served,
/// 3. run the model once: one token of each sequence that answers, and a bounded slice of the prompts,
/// 4. sample, on the model's threads where several answer, and publish what came of it.
///
/// What it promises:
///
/// - A choice's tokens depend on its prompt, settings and seed, and not on what else is in the batch, on what the
///   cache had, or on how often it had to give its room up.
/// - The choices of a completion read their prompt once, and completions that begin alike read their common
///   beginning once, as long as the cache holds it.
/// - A sequence has room for its prompt and the beginning of its reply when it begins, and more as it grows. Where
///   there is no more, those whose readers ask for nothing give theirs up, then the youngest; a sequence that did so
///   reads its tokens again when there is room. The oldest never has to, so there is always one that gets on.
/// - A prompt holds up those that answer by no more than [Limits#stall], as far as that can be foreseen.
/// - A short prompt doesn't wait for a long one before it: of what a step reads of prompts, half is the
///   oldest's, and the rest goes to those with the fewest tokens left.
/// - A reader without demand holds back its own sequences and no others: their places in the batch are given to those
///   that wait. When it asks again, they go before those that came later.
/// - Work that nobody reads any more stops within one step, wherever it is, and its room is free for the next.
/// - A fault of the model ends the completions that were in the step, and the loop goes on. After a
///   fault of a draft model they go on without it.
/// - Every token is counted, also those of completions that were cancelled or failed
///   ([dev.runnel.engine.EngineStats], and for one completion [dev.runnel.core.CompletionStream#spent]).
///
/// Nothing here knows files, templates or how a model computes.
package dev.runnel.engine.schedule;
