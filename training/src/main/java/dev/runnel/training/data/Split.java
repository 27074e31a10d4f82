package dev.runnel.training.data;

/// Which phrases and operands a conversation is made of. No two splits share any.
public enum Split {
    /// What the model learns from.
    TRAINING,
    /// What it is judged by while it is being improved.
    HELD_OUT,
    /// What it is judged by once, at the end.
    KEPT_ASIDE;

    private static final int PARTS = 20;

    /// The split that operands belong to: one in twenty is held out, one kept aside.
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
