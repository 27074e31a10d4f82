package dev.runnel.engine.constraint;

/// What the schemas of one grammar may take together. One thread reads the requests of a model, and
/// constraints are kept: what one request sends must neither hold up the others nor fill the memory.
///
/// What has been taken is never given back: where there is no more of one, all that follows is refused.
final class Budget {

    /// Of some ten nanoseconds each.
    static final int STEPS = 100_000_000;

    /// Of what is made, most of which is kept.
    static final int BYTES = 64 << 20;

    private long steps;
    private long bytes;

    /// Takes steps.
    ///
    /// @return false if that is too many
    boolean takes(long more) {
        steps += more;
        return steps <= STEPS;
    }

    /// Takes room.
    ///
    /// @return false if that is too much
    boolean holds(long more) {
        bytes += more;
        return bytes <= BYTES;
    }
}
