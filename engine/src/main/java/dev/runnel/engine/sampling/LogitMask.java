package dev.runnel.engine.sampling;

/// What may come next in one choice by a rule other than probability, such as a grammar. For one thread at a
/// time.
public interface LogitMask {

    /// Sets the logits of the tokens that can't come next to negative infinity, and leaves at least one. A rule
    /// that lets the reply end leaves the end tokens.
    void mask(float[] logits);

    /// Takes over the token that has been chosen.
    void accept(int token);

    /// Whether nothing can come any more: the reply ends here, also where end tokens are ignored.
    boolean hasEnded();
}
