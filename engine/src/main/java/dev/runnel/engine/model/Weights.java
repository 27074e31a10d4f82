package dev.runnel.engine.model;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.Tensor;
import dev.runnel.engine.gguf.TensorType;
import dev.runnel.engine.kernel.Kernels;
import dev.runnel.engine.kernel.Matrix;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Takes the tensors of a model out of its file, once each, and refuses what the kernels can't read.
final class Weights {

    private final GgufFile file;
    private final Kernels kernels;
    private final Set<String> taken = new HashSet<>();

    Weights(GgufFile file, Kernels kernels) {
        this.file = file;
        this.kernels = kernels;
    }

    /// The matrix `name.weight` of this shape, and `name.bias` where the file has one.
    Linear linear(String name, int rows, int columns) {
        return new Linear(
                matrix(name + ".weight", rows, columns),
                optionalVector(name + ".bias", rows).orElse(null));
    }

    Matrix matrix(String name, int rows, int columns) {
        return matrix(take(file.require(name, columns, rows)), rows, columns);
    }

    /// A matrix whose height the file decides.
    Matrix matrixOfWidth(String name, int columns) {
        Tensor tensor = file.tensor(name).orElseGet(() -> file.require(name, columns, 1));
        if (tensor.shape().size() != 2 || tensor.shape().getFirst() != columns) {
            throw new ModelFileException(
                    file.name(),
                    "tensor %s has shape %s, expected rows of %d".formatted(name, tensor.shape(), columns));
        }
        long rows = tensor.shape().getLast();
        if (rows > Integer.MAX_VALUE) {
            throw new ModelFileException(file.name(), "tensor %s has %d rows, expected fewer".formatted(name, rows));
        }
        return matrix(take(tensor), (int) rows, columns);
    }

    /// A vector, as floats.
    float[] vector(String name, int length) {
        Matrix row = matrix(take(file.require(name, length)), 1, length);
        float[] vector = new float[length];
        kernels.row(row, 0, vector, 0);
        for (float number : vector) {
            if (!Float.isFinite(number)) {
                throw new ModelFileException(
                        file.name(), "tensor %s holds %s, expected finite numbers".formatted(name, number));
            }
        }
        return vector;
    }

    Optional<float[]> optionalVector(String name, int length) {
        return has(name) ? Optional.of(vector(name, length)) : Optional.empty();
    }

    boolean has(String name) {
        return file.tensor(name).isPresent();
    }

    /// Refuses a file with tensors that nobody took: they change what the model computes in ways unknown
    /// here.
    void requireAllTaken(Family family) {
        for (Tensor tensor : file.tensors()) {
            if (!taken.contains(tensor.name())) {
                throw new ModelFileException(
                        file.name(),
                        "has a tensor %s, which is not part of the architecture %s as this engine knows it"
                                .formatted(tensor.name(), family.architecture()));
            }
        }
    }

    private Tensor take(Tensor tensor) {
        taken.add(tensor.name());
        return tensor;
    }

    private Matrix matrix(Tensor tensor, int rows, int columns) {
        if (!kernels.matrixTypes().contains(tensor.type())) {
            throw new ModelFileException(
                    file.name(),
                    "tensor %s has type %s; this engine reads %s"
                            .formatted(
                                    tensor.name(),
                                    tensor.type(),
                                    kernels.matrixTypes().stream()
                                            .map(TensorType::name)
                                            .collect(Collectors.joining(", "))));
        }
        return new Matrix(tensor.type(), rows, columns, tensor.data());
    }
}
