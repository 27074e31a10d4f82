package dev.runnel.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The functions of NVIDIA's driver, `libcuda`, that are called here. For any number of threads.
final class Driver {

    /// The driver's library; another one may be named by its path.
    static final String LIBRARY = "libcuda.so.1";

    // How the driver's types cross over. Addresses in the card's memory are numbers, handles are addresses of ours.
    private static final ValueLayout.OfInt INT = JAVA_INT;
    private static final ValueLayout.OfLong SIZE = JAVA_LONG;
    private static final ValueLayout.OfLong DEVICE_ADDRESS = JAVA_LONG;
    private static final AddressLayout HANDLE = ADDRESS;
    private static final AddressLayout OUT = ADDRESS;

    /// A function with its arguments. Every one gives back a number that is 0 where all went well.
    @SuppressWarnings("ImmutableEnumChecker") // descriptors are, but not marked so
    enum Call {
        INIT("cuInit", INT),
        DRIVER_VERSION("cuDriverGetVersion", OUT),
        ERROR_NAME("cuGetErrorName", INT, OUT),
        ERROR_TEXT("cuGetErrorString", INT, OUT),
        DEVICE("cuDeviceGet", OUT, INT),
        DEVICE_NAME("cuDeviceGetName", OUT, INT, INT),
        DEVICE_ATTRIBUTE("cuDeviceGetAttribute", OUT, INT, INT),
        DEVICE_MEMORY("cuDeviceTotalMem_v2", OUT, INT),
        RETAIN_CONTEXT("cuDevicePrimaryCtxRetain", OUT, INT),
        RELEASE_CONTEXT("cuDevicePrimaryCtxRelease_v2", INT),
        SET_CONTEXT("cuCtxSetCurrent", HANDLE),
        LOAD_MODULE("cuModuleLoadDataEx", OUT, HANDLE, INT, HANDLE, HANDLE),
        UNLOAD_MODULE("cuModuleUnload", HANDLE),
        FUNCTION("cuModuleGetFunction", OUT, HANDLE, HANDLE),
        SET_FUNCTION_ATTRIBUTE("cuFuncSetAttribute", HANDLE, INT, INT),
        ALLOCATE("cuMemAlloc_v2", OUT, SIZE),
        FREE("cuMemFree_v2", DEVICE_ADDRESS),
        COPY_IN("cuMemcpyHtoD_v2", DEVICE_ADDRESS, HANDLE, SIZE),
        COPY_OUT("cuMemcpyDtoH_v2", HANDLE, DEVICE_ADDRESS, SIZE),
        COPY("cuMemcpyDtoDAsync_v2", DEVICE_ADDRESS, DEVICE_ADDRESS, SIZE, HANDLE),
        CLEAR("cuMemsetD8_v2", DEVICE_ADDRESS, JAVA_BYTE, SIZE),
        CREATE_STREAM("cuStreamCreate", OUT, INT),
        DESTROY_STREAM("cuStreamDestroy_v2", HANDLE),
        SYNCHRONIZE("cuStreamSynchronize", HANDLE),
        LAUNCH("cuLaunchKernel", HANDLE, INT, INT, INT, INT, INT, INT, INT, HANDLE, HANDLE, HANDLE),
        LAUNCH_RESIDENT("cuLaunchCooperativeKernel", HANDLE, INT, INT, INT, INT, INT, INT, INT, HANDLE, HANDLE),
        CREATE_EVENT("cuEventCreate", OUT, INT),
        DESTROY_EVENT("cuEventDestroy_v2", HANDLE),
        RECORD_EVENT("cuEventRecord", HANDLE, HANDLE),
        MILLIS_BETWEEN("cuEventElapsedTime", OUT, HANDLE, HANDLE);

        private final String function;
        private final FunctionDescriptor descriptor;

        Call(String function, MemoryLayout... arguments) {
            this.function = function;
            this.descriptor = FunctionDescriptor.of(INT, arguments);
        }
    }

    private final Map<Call, MethodHandle> handles = new EnumMap<>(Call.class);

    // What is declared above is what the driver's header says; only so are these calls safe.
    @SuppressWarnings("restricted")
    private Driver(SymbolLookup library) {
        for (Call call : Call.values()) {
            MemorySegment symbol = library.find(call.function)
                    .orElseThrow(
                            () -> new CudaException("%s has no function %s; this needs a driver of CUDA 12 or newer"
                                    .formatted(LIBRARY, call.function)));
            MethodHandle handle = Linker.nativeLinker().downcallHandle(symbol, call.descriptor);
            handles.put(
                    call,
                    handle.asSpreader(
                            Object[].class, call.descriptor.argumentLayouts().size()));
        }
    }

    /// @param library its name, or a path
    /// @throws CudaException if it isn't there
    @SuppressWarnings("restricted") // it runs code of the library, which is what is wanted
    static Driver open(String library) {
        try {
            // It stays loaded as long as the process: unloading a driver is nothing that drivers are made for.
            return new Driver(SymbolLookup.libraryLookup(library, Arena.global()));
        } catch (IllegalArgumentException missing) {
            throw new CudaException("no CUDA driver: %s can't be loaded".formatted(library));
        }
    }

    /// Calls a function.
    ///
    /// @throws CudaException if it fails, with its name and the driver's name for what went wrong
    void call(Call call, Object... arguments) {
        int result = result(call, arguments);
        if (result != 0) {
            throw new CudaException("%s failed with %s (%d: %s)"
                    .formatted(call.function, text(Call.ERROR_NAME, result), result, text(Call.ERROR_TEXT, result)));
        }
    }

    private int result(Call call, Object... arguments) {
        try {
            return (int) Objects.requireNonNull(handles.get(call)).invoke(arguments);
        } catch (RuntimeException | Error fault) {
            throw fault;
        } catch (Throwable impossible) {
            throw new AssertionError(call.function + " is no Java, and throws nothing", impossible);
        }
    }

    @SuppressWarnings("restricted") // the driver's own text, which ends with a zero
    private @Nullable String text(Call call, int error) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ADDRESS);
            return result(call, error, out) == 0
                    ? out.get(ADDRESS, 0).reinterpret(Long.MAX_VALUE).getString(0)
                    : null;
        }
    }
}
