package dev.runnel.engine.model;

import java.util.OptionalInt;

/// Some layers see all positions, the others, local ones, only the latest (Beltagy et al., Longformer,
/// https://arxiv.org/abs/2004.05150).
///
/// @param period one layer in so many, the last of them, sees all positions
/// @param usualWindow positions that a local layer sees, where the file doesn't say; 0 if no layer is local
///     then; empty if the file has to say
/// @param base of the local layers' rotary embedding; 0 for that of the others
/// @param scaled whether local layers scale their rotary embedding as the others do
record Locality(int period, OptionalInt usualWindow, float base, boolean scaled) implements Trait {

    /// No layer is local, whatever the file says.
    static final Locality NONE = new Locality(1, OptionalInt.of(0), 0, true);

    static Locality lastOf(int period, OptionalInt usualWindow) {
        return new Locality(period, usualWindow, 0, true);
    }
}
