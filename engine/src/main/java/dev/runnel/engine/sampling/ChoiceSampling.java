package dev.runnel.engine.sampling;

import dev.runnel.core.Sampling;
import java.util.Optional;

/// How one choice is sampled, and what that depends on besides logits.
///
/// @param bias that of `settings`
/// @param history what penalties count; whoever samples adds the tokens to it
/// @param mask what may come next
public record ChoiceSampling(
        Sampling settings, LogitBias bias, History history, Optional<LogitMask> mask, Draws draws) {

    /// Of a choice without a prompt or a mask.
    public static ChoiceSampling of(Sampling settings, Draws draws) {
        return new ChoiceSampling(settings, LogitBias.of(settings.logitBias()), new History(), Optional.empty(), draws);
    }
}
