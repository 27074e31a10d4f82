package dev.runnel.engine.model;

/// Where a layer's two parts, attention and feed-forward, have their norms.
enum NormPlaces implements Trait {
    /// `x += part(norm(x))`, one part after the other.
    BEFORE,
    /// `x += norm(part(norm(x)))`.
    BEFORE_AND_AFTER,
    /// `x += norm(part(x))`.
    AFTER,
    /// `x += attention(h) + feedForward(h)` with `h = norm(x)`: one norm for both parts, side by side.
    SHARED
}
