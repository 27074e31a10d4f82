/// The model's tokens: learnt from conversations, and written so that the engine and others read them as a byte-level
/// vocabulary of the kind `llama-bpe`. Text becomes tokens only in the engine.
package dev.runnel.training.vocabulary;
