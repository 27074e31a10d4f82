package dev.runnel.core;

import java.util.List;

/// A model's vocabulary and chat template, for whoever wants to see what a prompt becomes without completing it.
/// Safe for use by many threads; takes as long as the text is long.
public interface TokenCodec {

    /// The tokens of a text that stands alone.
    ///
    /// @param addSpecial with the tokens that the model expects around a prompt
    /// @param parseSpecial what spells a special token in the text is one, rather than text
    List<Integer> tokenize(String text, boolean addSpecial, boolean parseSpecial);

    /// The text of tokens, those of special tokens included, with U+FFFD for what is no whole character.
    ///
    /// @throws BackendException of kind `INVALID_REQUEST` if one is not of the vocabulary
    String detokenize(List<Integer> tokens);

    /// One token as people see it.
    ///
    /// @throws BackendException of kind `INVALID_REQUEST` if it is not of the vocabulary
    TokenText token(int id);

    /// What the chat template makes of a conversation, up to where the reply begins.
    ///
    /// @throws BackendException if the model can't read it
    String render(Prompt.Chat conversation);

    /// The tokens that a completion of `prompt` would read.
    ///
    /// @throws BackendException if the model can't read it
    List<Integer> read(Prompt prompt);
}
