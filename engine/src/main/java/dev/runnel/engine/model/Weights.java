package dev.runnel.engine.model;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.Tensor;
import dev.runnel.engine.gguf.TensorType;
import dev.runnel.engine.kernel.Kernels;
import dev.runnel.engine.kernel.Matrix;
import dev.runnel.engine.kernel.Workers;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Takes the tensors of a model out of its file and refuses what the kernels can't read.
final class Weights {

    /// One of several linear layers with the same input, which a file may hold as one matrix or as several.
    ///
    /// @param name of the tensors that are this part's alone, without `.weight` or `.bias`
    record Part(String name, int rows) {}

    /// Rows of the tallest matrix, or stack of matrices, that makes sense.
    private static final int MOST_ROWS = 1 << 24;

    private final GgufFile file;
    private final Kernels kernels;
    private final Workers workers;
    private final SegmentAllocator memory;
    private final @Nullable PackedFile kept;
    private final Set<String> taken = new HashSet<>();
    private final Set<String> packed = new HashSet<>();
    private final Set<String> finite = new HashSet<>();
    private final Set<String> stored = new HashSet<>();

    /// @param workers arrange matrices, and `memory` holds what they make
    /// @param kept has some of that already, and is told of all
    Weights(GgufFile file, Kernels kernels, Workers workers, SegmentAllocator memory, @Nullable PackedFile kept) {
        this.file = file;
        this.kernels = kernels;
        this.workers = workers;
        this.memory = memory;
        this.kept = kept;
    }

    /// The matrix `name.weight` of this shape, and `name.bias` where the file has one.
    Linear linear(String name, int rows, int columns) {
        return new Linear(
                matrix(name + ".weight", rows, columns),
                optionalVector(name + ".bias", rows).orElse(null));
    }

    /// Linear layers that are matrices of their own, or rows of one matrix, in this order.
    ///
    /// @param together the name of the one matrix; may be that of a part, and its height tells then
    List<Linear> linears(int columns, String together, Part... parts) {
        int rows = Arrays.stream(parts).mapToInt(Part::rows).sum();
        Optional<Tensor> whole = file.tensor(together + ".weight")
                .filter(tensor -> !has(parts[0].name() + ".weight"))
                .filter(tensor ->
                        Arrays.stream(parts).noneMatch(part -> part.name().equals(together))
                                || tensor.shape().getLast() == rows);
        if (whole.isEmpty()) {
            return Arrays.stream(parts)
                    .map(part -> linear(part.name(), part.rows(), columns))
                    .toList();
        }
        Tensor weight = take(file.require(together + ".weight", columns, rows));
        float[] bias = optionalVector(together + ".bias", rows).orElse(null);
        return cut(weight, bias, 0, columns, parts);
    }

    /// The same for each of several experts. A file stacks the matrices of all experts; older ones have one
    /// for each, and newer ones may have parts together.
    List<List<Linear>> experts(int experts, int columns, String together, Part... parts) {
        if (!has(stacked(parts[0].name()) + ".weight") && has(parts[0].name() + ".0.weight")) {
            return IntStream.range(0, experts)
                    .mapToObj(expert -> Arrays.stream(parts)
                            .map(part -> linear(part.name() + "." + expert, part.rows(), columns))
                            .toList())
                    .toList();
        }
        if (!has(stacked(parts[0].name()) + ".weight") && has(stacked(together) + ".weight")) {
            return stack(experts, columns, stacked(together), parts);
        }
        List<List<List<Linear>>> partByPart = Arrays.stream(parts)
                .map(part -> stack(experts, columns, stacked(part.name()), part))
                .toList();
        return IntStream.range(0, experts)
                .mapToObj(expert -> partByPart.stream()
                        .map(part -> part.get(expert).getFirst())
                        .toList())
                .toList();
    }

    private static String stacked(String name) {
        return name + "_exps";
    }

    /// Parts of each expert out of `name.weight (experts, rows, columns)` and `name.bias (experts, rows)`.
    private List<List<Linear>> stack(int experts, int columns, String name, Part... parts) {
        int rows = Arrays.stream(parts).mapToInt(Part::rows).sum();
        Tensor weight = take(file.require(name + ".weight", columns, rows, experts));
        requireReasonable(weight.name(), (long) experts * rows);
        float[] bias = has(name + ".bias") ? numbers(take(file.require(name + ".bias", rows, experts))) : null;
        return IntStream.range(0, experts)
                .mapToObj(expert -> cut(weight, bias, expert * rows, columns, parts))
                .toList();
    }

    private List<Linear> cut(Tensor weight, float @Nullable [] bias, int first, int columns, Part... parts) {
        List<Linear> linears = new ArrayList<>();
        int from = first;
        for (Part part : parts) {
            linears.add(new Linear(
                    arranged(weight, from, part.rows(), columns),
                    bias == null ? null : Arrays.copyOfRange(bias, from, from + part.rows())));
            from += part.rows();
        }
        return linears;
    }

    Matrix matrix(String name, int rows, int columns) {
        return arranged(take(file.require(name, columns, rows)), 0, rows, columns);
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
        requireReasonable(name, rows);
        return arranged(take(tensor), 0, (int) rows, columns);
    }

    private void requireReasonable(String name, long rows) {
        if (rows > MOST_ROWS) {
            throw new ModelFileException(
                    file.name(), "tensor %s has %d rows, expected at most %d".formatted(name, rows, MOST_ROWS));
        }
    }

    /// A vector, as floats.
    float[] vector(String name, int length) {
        return numbers(take(file.require(name, length)));
    }

    Optional<float[]> optionalVector(String name, int length) {
        return has(name) ? Optional.of(vector(name, length)) : Optional.empty();
    }

    private float[] numbers(Tensor tensor) {
        Matrix row = stored(tensor, 0, 1, Math.toIntExact(tensor.elements()));
        float[] numbers = new float[row.columns()];
        kernels.row(row, 0, numbers, 0);
        for (float number : numbers) {
            if (!Float.isFinite(number)) {
                throw new ModelFileException(
                        file.name(), "tensor %s holds %s, expected finite numbers".formatted(tensor.name(), number));
            }
        }
        return numbers;
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

    /// The names of tensors of which nothing is used where it lies in the file, and whose numbers are known to be
    /// finite.
    Set<String> copied() {
        Set<String> copied = new HashSet<>(packed);
        copied.removeAll(finite);
        copied.removeAll(stored);
        return copied;
    }

    /// The names of tensors that are used where they lie, and whose numbers are known to be finite.
    Set<String> finite() {
        Set<String> known = new HashSet<>(finite);
        known.removeAll(stored);
        return known;
    }

    /// Some rows of a tensor, whatever its shape, as the kernels like them best.
    private Matrix arranged(Tensor tensor, int first, int rows, int columns) {
        Matrix inFile = stored(tensor, first, rows, columns);
        Matrix matrix = kept(tensor.name(), first, inFile).orElseGet(() -> kernels.arrange(inFile, workers, memory));
        switch (matrix.layout()) {
            case PACKED -> {
                packed.add(tensor.name());
                if (kept != null) {
                    kept.add(tensor.name(), first, matrix.data());
                }
            }
            case FINITE -> finite.add(tensor.name());
            case STORED -> stored.add(tensor.name());
        }
        return matrix;
    }

    private Optional<Matrix> kept(String tensor, int first, Matrix matrix) {
        long bytes = kernels.arrangedBytes(matrix);
        return bytes == 0 || kept == null
                ? Optional.empty()
                : kept.find(tensor, first, bytes)
                        .map(data ->
                                new Matrix(matrix.type(), matrix.rows(), matrix.columns(), Matrix.Layout.PACKED, data));
    }

    /// Some rows of a tensor, as they are.
    private Matrix stored(Tensor tensor, int first, int rows, int columns) {
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
        long rowBytes = tensor.type().bytes(columns);
        return new Matrix(tensor.type(), rows, columns, tensor.data().asSlice(first * rowBytes, rows * rowBytes));
    }
}
