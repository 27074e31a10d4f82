package dev.runnel.engine.model;

/// How a layer knows where tokens stand.
enum Positions implements Trait {
    /// By rotary embedding in every layer.
    ROTATED,
    /// By rotary embedding, which the file may turn off.
    ROTATED_UNLESS_TOLD,
    /// By rotary embedding in the layers that see a window; the others know no positions.
    ROTATED_WHERE_LOCAL,
    /// By rotary embedding in three layers of four; the last of each four knows no positions.
    ROTATED_IN_THREE_OF_FOUR,
    /// By a vector for each position, added to the token's.
    LEARNED;

    /// Whether a layer turns its queries and keys.
    ///
    /// @param told what the file says of it, where it says something
    boolean rotates(int layer, boolean local, boolean told) {
        return switch (this) {
            case ROTATED -> true;
            case ROTATED_UNLESS_TOLD -> told;
            case ROTATED_WHERE_LOCAL -> local;
            case ROTATED_IN_THREE_OF_FOUR -> layer % 4 != 3;
            case LEARNED -> false;
        };
    }
}
