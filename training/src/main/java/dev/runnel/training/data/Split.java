package dev.runnel.training.data;

/// Which phrases and operands a conversation is made of. No two splits share any.
public enum Split {
    /// What the model learns from.
    TRAINING,
    /// What it is judged by while it is being improved: the training's phrases, put together as they never are there,
    /// or operands that are held out.
    NEW_COMBINATIONS,
    /// Likewise: phrases written for this alone, of words that may occur elsewhere.
    HELD_OUT,
    /// What it is judged by once, at the end.
    KEPT_ASIDE;

    private static final int PARTS = 20;

    /// The split whose phrases this one is made of.
    Split phrases() {
        return this == NEW_COMBINATIONS ? TRAINING : this;
    }

    /// The split whose operands this one is made of.
    Split operands() {
        return this == NEW_COMBINATIONS ? HELD_OUT : this;
    }

    /// The split that operands, or a combination of phrases, belong to: one in twenty is held out, one kept aside.
    ///
    /// @param operands spelled in one way only
    static Split of(String operands) {
        int hash = operands.hashCode() * 0x9E3779B9;
        hash ^= hash >>> 15;
        hash *= 0x85EBCA6B;
        hash ^= hash >>> 13;
        return switch (Integer.remainderUnsigned(hash, PARTS)) {
            case 0 -> HELD_OUT;
            case 1 -> KEPT_ASIDE;
            default -> TRAINING;
        };
    }
}
