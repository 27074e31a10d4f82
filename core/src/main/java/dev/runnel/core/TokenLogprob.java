package dev.runnel.core;

import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;

/// How probable a token was where it stands, before temperature and whatever else shapes the choice.
///
/// @param logprob natural logarithm of its probability; absent for a prompt's first token, which follows nothing
/// @param alternatives the most probable tokens at that place, the most probable first, as many as were asked for
public record TokenLogprob(TokenText token, OptionalDouble logprob, List<Alternative> alternatives) {

    /// A token that could have stood there.
    public record Alternative(TokenText token, double logprob) {}

    public TokenLogprob {
        Objects.requireNonNull(token, "token");
        Objects.requireNonNull(logprob, "logprob");
        alternatives = List.copyOf(alternatives);
    }
}
