package dev.runnel.training.model;

import java.util.HashMap;
import java.util.Map;

/// The weights as networks read them: each matrix as it is for the way back, and on its side for the way forward.
public final class Weights {

    private final Parameters parameters;
    private final Map<String, float[]> transposed = new HashMap<>();

    public Weights(Parameters parameters) {
        this.parameters = parameters;
        for (Tensor tensor : parameters.tensors()) {
            if (tensor.isMatrix()) {
                transposed.put(tensor.name(), new float[tensor.values().length]);
                changed(tensor);
            }
        }
    }

    public Parameters parameters() {
        return parameters;
    }

    /// To be called after the values of one of the parameters have changed, before a network reads them. Different
    /// threads may do so for different ones.
    public void changed(Tensor tensor) {
        if (tensor.isMatrix()) {
            Matmul.transpose(tensor.values(), transposed(tensor), tensor.rows(), tensor.columns());
        }
    }

    float[] transposed(Tensor tensor) {
        float[] values = transposed.get(tensor.name());
        if (values == null) {
            throw new IllegalArgumentException(tensor.name() + " is no matrix of this model");
        }
        return values;
    }
}
