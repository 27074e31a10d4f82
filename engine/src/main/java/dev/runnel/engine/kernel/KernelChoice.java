package dev.runnel.engine.kernel;

import java.util.Optional;

/// The fastest kernels that run here, and what to tell the user where that isn't all that the processor could
/// do.
///
/// @param notice one sentence, if the arithmetic is much slower than it could be
public record KernelChoice(Kernels kernels, Optional<String> notice) {

    private static final String VECTOR_MODULE = "jdk.incubator.vector";

    /// Looks once at the JVM and the processor.
    public static KernelChoice detect() {
        if (ModuleLayer.boot().findModule(VECTOR_MODULE).isEmpty()) {
            return scalar("the engine computes in scalar code, many times slower than it could: start Java with "
                    + "--add-modules " + VECTOR_MODULE);
        }
        if (!Fused.AVAILABLE) {
            return scalar(
                    "the engine computes in scalar code, because this processor (or the JVM's flags) has no fused "
                            + "multiply-add");
        }
        return new KernelChoice(new VectorKernels(), Optional.empty());
    }

    /// The specification, on any machine.
    public static Kernels scalar() {
        return new ScalarKernels();
    }

    private static KernelChoice scalar(String notice) {
        return new KernelChoice(scalar(), Optional.of(notice));
    }
}
