package dev.runnel.engine.model;

import dev.runnel.engine.kernel.Matrix;
import org.jspecify.annotations.Nullable;

/// A linear layer: `y = W x + b`.
///
/// @param weight `(outputs, inputs)`
/// @param bias `(outputs)`, or null where the family has none
@SuppressWarnings("ArrayRecordComponent") // never compared
record Linear(Matrix weight, float @Nullable [] bias) {

    int outputs() {
        return weight.rows();
    }
}
