package dev.runnel.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// The kernels as the driver reads them. `bench/cuda/build-ptx` makes them out of `src/main/cuda/`.
final class Programs {

    private Programs() {}

    /// The text of a program.
    ///
    /// @param name without its ending
    /// @throws CudaException if it was not built
    static String ptx(String name) {
        try (@Nullable InputStream ptx = Programs.class.getResourceAsStream(name + ".ptx")) {
            if (ptx == null) {
                throw new CudaException(
                        "there is no %s.ptx; add it to bench/cuda/build-ptx, which needs nvcc, and run that"
                                .formatted(name));
            }
            return new String(ptx.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
