package dev.runnel.engine.model;

/// Bounds that scores and logits approach softly, `cap * tanh(x / cap)`; 0 where there is none.
///
/// @param attention of the scores before softmax
/// @param logits of the model's result
record Caps(float attention, float logits) implements Trait {

    static final Caps NONE = new Caps(0, 0);
}
