package dev.runnel.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.Metadata;
import dev.runnel.engine.gguf.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A model as the kernel reads it, in this machine's memory.
///
/// @param matrices halves, as [Layout] says
/// @param norms `(layers, 2, width)`, then `(width)`
/// @param frequencies `(headSize / 2)`: by how much a position turns each pair of neighbours in a head
@SuppressWarnings("ArrayRecordComponent") // never compared
record Model(Shape shape, Layout layout, MemorySegment matrices, float[] norms, double[] frequencies) {

    /// The plain frequencies of rotary position embedding.
    static double[] frequencies(int headSize, double base) {
        double[] frequencies = new double[headSize / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = StrictMath.pow(base, -2.0 * i / headSize);
        }
        return frequencies;
    }

    /// Reads a model of the architecture `llama` whose matrices are F16, or F32, which are rounded.
    ///
    /// @param arena what the model lies in
    /// @throws ModelFileException if it is another kind of model
    static Model read(GgufFile file, Arena arena) {
        return new Reader(file).read(arena);
    }

    private static final class Reader {

        private final GgufFile file;
        private final Shape shape;
        private final Set<String> read = new HashSet<>();

        Reader(GgufFile file) {
            this.file = file;
            Metadata metadata = file.metadata();
            String architecture = metadata.requireString("general.architecture");
            if (!architecture.equals("llama")) {
                throw new ModelFileException(file.name(), "is a " + architecture + "; the kernel computes llama");
            }
            int width = metadata.requireInteger("llama.embedding_length", 1, 1 << 20);
            int heads = metadata.requireInteger("llama.attention.head_count", 1, 1 << 12);
            int headSize =
                    metadata.integer("llama.attention.key_length", 1, 1 << 12).orElse(width / heads);
            Tensor embedding = file.tensor("token_embd.weight")
                    .orElseThrow(() -> new ModelFileException(file.name(), "tensor token_embd.weight is missing"));
            shape = new Shape(
                    metadata.requireInteger("llama.block_count", 1, 1 << 10),
                    width,
                    heads,
                    metadata.integer("llama.attention.head_count_kv", 1, heads).orElse(heads),
                    headSize,
                    metadata.requireInteger("llama.feed_forward_length", 1, 1 << 20),
                    Math.toIntExact(embedding.shape().getLast()),
                    metadata.requireNumber("llama.attention.layer_norm_rms_epsilon"),
                    file.tensor("output.weight").isEmpty());
        }

        Model read(Arena arena) {
            Layout layout = Layout.of(shape);
            MemorySegment matrices = arena.allocate(layout.bytes(), 256);
            float[] norms = new float[(2 * shape.layers() + 1) * shape.width()];
            int keys = shape.kvHeads() * shape.headSize();
            for (int layer = 0; layer < shape.layers(); layer++) {
                String block = "blk." + layer + ".";
                Layout.Matrix qkv = layout.matrix(layer, Layout.QKV);
                matrix(block + "attn_q", shape.queries(), qkv, 0, 1, matrices);
                matrix(block + "attn_k", keys, qkv, shape.queries(), 1, matrices);
                matrix(block + "attn_v", keys, qkv, shape.queries() + keys, 1, matrices);
                matrix(block + "attn_output", shape.width(), layout.matrix(layer, Layout.OUTPUT), 0, 1, matrices);
                Layout.Matrix gateUp = layout.matrix(layer, Layout.GATE_UP);
                matrix(block + "ffn_gate", shape.feedForward(), gateUp, 0, 2, matrices);
                matrix(block + "ffn_up", shape.feedForward(), gateUp, 1, 2, matrices);
                matrix(block + "ffn_down", shape.width(), layout.matrix(layer, Layout.DOWN), 0, 1, matrices);
                vector(block + "attn_norm", norms, 2 * layer * shape.width());
                vector(block + "ffn_norm", norms, (2 * layer + 1) * shape.width());
            }
            vector("output_norm", norms, 2 * shape.layers() * shape.width());
            matrix("token_embd", shape.vocabulary(), layout.embedding(), 0, 1, matrices);
            if (!shape.tied()) {
                matrix("output", shape.vocabulary(), layout.output(), 0, 1, matrices);
            }
            double[] frequencies = frequencies();
            refuseOthers();
            return new Model(shape, layout, matrices, norms, frequencies);
        }

        /// Copies a matrix into the rows of another, from its row `first` on into each one of `every`.
        private void matrix(String name, int rows, Layout.Matrix into, int first, int every, MemorySegment matrices) {
            Tensor tensor = require(name + ".weight", into.columns(), rows);
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < into.columns(); column += into.tileColumns()) {
                    long from = (long) row * into.columns() + column;
                    long to = into.offset(first + row * every, column);
                    copy(tensor, from, into.tileColumns(), matrices, to);
                }
            }
        }

        private void copy(Tensor tensor, long from, int count, MemorySegment matrices, long to) {
            switch (tensor.type()) {
                case F16 -> MemorySegment.copy(tensor.data(), 2 * from, matrices, to, 2L * count);
                case F32 -> {
                    for (int i = 0; i < count; i++) {
                        float number = tensor.data().getAtIndex(JAVA_FLOAT_UNALIGNED, from + i);
                        matrices.set(JAVA_SHORT, to + 2L * i, Float.floatToFloat16(number));
                    }
                }
                default ->
                    throw new ModelFileException(
                            file.name(),
                            "tensor %s has type %s; the kernel reads F16".formatted(tensor.name(), tensor.type()));
            }
        }

        private void vector(String name, float[] to, int offset) {
            Tensor tensor = require(name + ".weight", shape.width());
            for (int i = 0; i < shape.width(); i++) {
                to[offset + i] = number(tensor, i);
            }
        }

        private float number(Tensor tensor, int i) {
            return switch (tensor.type()) {
                case F32 -> tensor.data().getAtIndex(JAVA_FLOAT_UNALIGNED, i);
                case F16 -> Float.float16ToFloat(tensor.data().getAtIndex(JAVA_SHORT_UNALIGNED, i));
                default ->
                    throw new ModelFileException(
                            file.name(),
                            "tensor %s has type %s, expected F32 or F16".formatted(tensor.name(), tensor.type()));
            };
        }

        private double[] frequencies() {
            Metadata metadata = file.metadata();
            String scaling = metadata.string("llama.rope.scaling.type").orElse("none");
            int turned = metadata.integer("llama.rope.dimension_count", 2, shape.headSize())
                    .orElse(shape.headSize());
            if (!scaling.equals("none") || metadata.has("llama.rope.scale_linear") || turned != shape.headSize()) {
                throw new ModelFileException(
                        file.name(), "scales its rotary embedding by %s, or turns a part of a head".formatted(scaling));
            }
            double[] frequencies = Model.frequencies(
                    shape.headSize(), metadata.number("llama.rope.freq_base").orElse(10_000f));
            if (file.tensor("rope_freqs.weight").isPresent()) {
                Tensor factors = require("rope_freqs.weight", frequencies.length);
                for (int i = 0; i < frequencies.length; i++) {
                    frequencies[i] /= number(factors, i);
                }
            }
            return frequencies;
        }

        private Tensor require(String name, long... sizes) {
            read.add(name);
            return file.require(name, sizes);
        }

        private void refuseOthers() {
            @Nullable
            Tensor other = file.tensors().stream()
                    .filter(tensor -> !read.contains(tensor.name()))
                    .findFirst()
                    .orElse(null);
            if (other != null) {
                throw new ModelFileException(
                        file.name(), "has a tensor %s that the kernel does not compute with".formatted(other.name()));
            }
        }
    }
}
