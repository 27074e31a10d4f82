/// Logits to the next token.
///
/// [Sampler] is a chain in a fixed order: bias, penalties, a mask, temperature, filters, and one draw.
/// [Draws] is where the chance comes from: a seeded sequence per choice, so that a choice's tokens depend on
/// its own logits, settings, history and seed and on nothing else, such as the other sequences of a batch, the
/// machine or the time. [Logprobs] tells how probable a token was to the model, before all that. A [LogitMask]
/// is how a constraint has its say.
///
/// Nothing here knows text, tokens' meanings or requests' limits. Nothing is allocated per token.
package dev.runnel.engine.sampling;
