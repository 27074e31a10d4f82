package dev.runnel.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;

/// The structs that `decode.cu` declares, field for field. A pointer is an address in the card's memory, a number.
final class Structs {

    /// A layer's four, the output and the embedding.
    static final int MATRICES = 6;

    static final StructLayout MATRIX =
            MemoryLayout.structLayout(pointer("data"), whole("rows"), whole("units"), whole("tiles"), whole("columns"));

    static final StructLayout BEST = MemoryLayout.structLayout(real("logit"), whole("token"));

    static final StructLayout MODEL = MemoryLayout.structLayout(
            MemoryLayout.sequenceLayout(MATRICES, MATRIX).withName("matrices"),
            JAVA_LONG.withName("layerHalves"),
            pointer("norms"),
            pointer("rope"),
            pointer("keys"),
            pointer("values"),
            pointer("x"),
            pointer("qkv"),
            pointer("partial"),
            pointer("partialSums"),
            pointer("hidden"),
            pointer("logits"),
            pointer("best"),
            pointer("tokens"),
            pointer("arrivals"),
            pointer("trace"),
            whole("layers"),
            whole("width"),
            whole("heads"),
            whole("kvHeads"),
            whole("feedForward"),
            whole("context"),
            whole("splits"),
            whole("slots"),
            whole("inFlight"),
            whole("activations"),
            real("epsilon"),
            MemoryLayout.paddingLayout(Integer.BYTES));

    static final StructLayout RUN =
            MemoryLayout.structLayout(whole("position"), whole("steps"), whole("given"), whole("arrived"));

    private Structs() {}

    private static ValueLayout pointer(String name) {
        return JAVA_LONG.withName(name);
    }

    /// The one long number in these structs counts something; all others are pointers.
    static boolean isPointer(ValueLayout field) {
        return field.byteSize() == JAVA_LONG.byteSize()
                && !field.name().orElseThrow().equals("layerHalves");
    }

    private static ValueLayout whole(String name) {
        return JAVA_INT.withName(name);
    }

    private static ValueLayout real(String name) {
        return JAVA_FLOAT.withName(name);
    }

    /// Sets fields of a struct by their names.
    record Fields(StructLayout layout, MemorySegment struct) {

        /// The fields of an element of an array of structs.
        Fields at(String array, long index, StructLayout element) {
            long offset = layout.byteOffset(PathElement.groupElement(array), PathElement.sequenceElement(index));
            return new Fields(element, struct.asSlice(offset, element.byteSize()));
        }

        Fields set(String name, long address) {
            struct.set(JAVA_LONG, offset(name), address);
            return this;
        }

        Fields set(String name, Cuda.Memory memory) {
            return set(name, memory.address());
        }

        Fields set(String name, int number) {
            struct.set(JAVA_INT, offset(name), number);
            return this;
        }

        Fields set(String name, float number) {
            struct.set(JAVA_FLOAT, offset(name), number);
            return this;
        }

        private long offset(String name) {
            return layout.byteOffset(PathElement.groupElement(name));
        }
    }
}
