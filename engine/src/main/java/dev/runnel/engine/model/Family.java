package dev.runnel.engine.model;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufFile;
import java.util.Arrays;
import java.util.stream.Collectors;

/// The architectures that this engine runs, by what sets them apart.
enum Family {
    LLAMA("llama", RopeOrder.NEIGHBOURS);

    private final String architecture;
    private final RopeOrder ropeOrder;

    Family(String architecture, RopeOrder ropeOrder) {
        this.architecture = architecture;
        this.ropeOrder = ropeOrder;
    }

    /// The family that a file says it belongs to.
    static Family of(GgufFile file) {
        String architecture = file.metadata().requireString("general.architecture");
        return Arrays.stream(values())
                .filter(family -> family.architecture.equals(architecture))
                .findFirst()
                .orElseThrow(() -> new ModelFileException(
                        file.name(),
                        "has the architecture %s; this engine runs %s"
                                .formatted(
                                        architecture,
                                        Arrays.stream(values())
                                                .map(family -> family.architecture)
                                                .collect(Collectors.joining(", ")))));
    }

    /// What the file calls it, and the start of its metadata keys.
    String architecture() {
        return architecture;
    }

    /// Which elements of a head are rotated together.
    RopeOrder ropeOrder() {
        return ropeOrder;
    }
}
