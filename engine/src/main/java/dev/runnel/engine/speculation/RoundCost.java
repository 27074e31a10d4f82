package dev.runnel.engine.speculation;

/// What a round of guesses takes a draft model, measured.
///
/// A round that was slow, as the first may be, keeps the draft from guessing, and then there is no other to
/// measure: what was measured long ago counts for nothing, so that it is tried again.
final class RoundCost {

    /// Weight of the newest round in the average.
    private static final double NEWEST = 1.0 / 8;

    /// Steps without a round after which the rounds before are forgotten.
    static final int REMEMBERED = 512;

    private double nanos; // 0 unknown
    private int stepsSince; // the last round

    /// A round has taken so long.
    void took(long nanos) {
        this.nanos += (nanos - this.nanos) * (this.nanos > 0 ? NEWEST : 1);
        stepsSince = 0;
    }

    /// A step of the larger model begins, with rounds or without.
    void stepped() {
        stepsSince++;
        if (stepsSince > REMEMBERED) {
            nanos = 0;
        }
    }

    /// What a round takes, on average; 0 where that is unknown.
    double nanos() {
        return nanos;
    }
}
