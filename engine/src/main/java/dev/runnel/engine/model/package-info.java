/// Tokens to logits: the forward pass of a model from a GGUF file, and the cache of keys and values.
///
/// The door is [LanguageModel]: the step loop reserves a [KvSequence] and runs batches of [Slice]s. Logits
/// don't depend, not by a bit, on how a sequence was cut into slices, on what else was in the batch, or on who
/// has read its beginning: sequences that begin alike share pages of the cache.
/// Nothing here knows text, sampling or requests.
package dev.runnel.engine.model;
