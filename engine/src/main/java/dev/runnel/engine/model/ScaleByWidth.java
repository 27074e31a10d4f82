package dev.runnel.engine.model;

/// One model of the family divides its scores by the root of `width / heads`, which isn't the size of its
/// heads. Its file doesn't say so.
///
/// @param layers that the model has, which tells it from the others
record ScaleByWidth(int layers) implements Trait {

    static final ScaleByWidth NONE = new ScaleByWidth(0);
}
