/// Guesses at the next tokens, so that one step of a model can check several (Leviathan et al., "Fast
/// inference from transformers via speculative decoding", https://arxiv.org/abs/2211.17192; Saxena, "Prompt
/// lookup decoding", 2023).
///
/// [Speculation] is the door. Whoever steps a model asks it for [Guesses] of the sequences that answer,
/// gives the model the last token of each together with its guesses, and then samples from the logits after
/// each of them in order, as long as what is sampled is what was guessed.
///
/// **The sampler decides, a guess only saves time.** A guess is never taken over: each token is drawn from
/// the model's own logits with the sequence's own random numbers, penalties, mask and stop strings, in the
/// order in which it would be without guesses. As logits don't depend on how tokens are cut into slices,
/// the tokens are the same with and without, not only as probable. The price: where the temperature is
/// high, a guess by a draft model is right less often than the rejection scheme of the paper would accept
/// one.
///
/// Nothing here knows streams, text or how a model computes.
package dev.runnel.engine.speculation;
