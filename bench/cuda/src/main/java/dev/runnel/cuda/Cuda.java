package dev.runnel.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.runnel.cuda.Driver.Call;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/// The first card of this machine, with one stream of work. What is made of it here is freed when it is closed, memory
/// and programs included. One thread uses it.
public final class Cuda implements AutoCloseable {

    /// What a card says of itself.
    ///
    /// @param driver the version of CUDA that its driver knows, such as 13000 for 13.0
    /// @param capability what it can compute: 90 for Hopper, whose copy engine the kernels use
    /// @param blockBytes shared memory that a block can have, when it asks for more than usual
    public record Device(
            String name,
            int driver,
            int capability,
            int multiprocessors,
            int blockBytes,
            int cacheBytes,
            long memoryBytes) {}

    /// Memory of the card.
    ///
    /// @param address what kernels know it by
    public record Memory(long address, long bytes) {}

    /// A kernel of a loaded program.
    public record Kernel(String name, MemorySegment handle) {}

    // CUdevice_attribute
    private static final int MULTIPROCESSORS = 16;
    private static final int CACHE_BYTES = 38;
    private static final int CAPABILITY_MAJOR = 75;
    private static final int CAPABILITY_MINOR = 76;
    private static final int MOST_BLOCK_BYTES = 97;

    // CUfunction_attribute
    private static final int DYNAMIC_BLOCK_BYTES = 8;

    // CUjit_option
    private static final int ERROR_LOG = 5;
    private static final int ERROR_LOG_BYTES = 6;

    private static final int LONGEST_LOG = 1 << 14;

    private final Driver driver;
    private final int ordinal;
    private final MemorySegment stream;
    private final Device device;

    /// What is to be undone, last first.
    private final Deque<Runnable> owed = new ArrayDeque<>();

    private Cuda(Driver driver) {
        this.driver = driver;
        driver.call(Call.INIT, 0);
        ordinal = number(Call.DEVICE, 0);
        MemorySegment context = handle(Call.RETAIN_CONTEXT, ordinal);
        owed.push(() -> driver.call(Call.RELEASE_CONTEXT, ordinal));
        driver.call(Call.SET_CONTEXT, context);
        stream = handle(Call.CREATE_STREAM, 0);
        owed.push(() -> driver.call(Call.DESTROY_STREAM, stream));
        device = new Device(
                name(),
                number(Call.DRIVER_VERSION),
                attribute(CAPABILITY_MAJOR) * 10 + attribute(CAPABILITY_MINOR),
                attribute(MULTIPROCESSORS),
                attribute(MOST_BLOCK_BYTES),
                attribute(CACHE_BYTES),
                size(Call.DEVICE_MEMORY, ordinal));
    }

    /// Opens the first card.
    ///
    /// @throws CudaException if there is no driver or no card
    public static Cuda open() {
        return open(System.getProperty("runnel.libcuda", Driver.LIBRARY));
    }

    static Cuda open(String library) {
        return new Cuda(Driver.open(library));
    }

    public Device device() {
        return device;
    }

    /// @throws CudaException if the card has no room for it
    public Memory allocate(long bytes) {
        try {
            Memory memory = new Memory(size(Call.ALLOCATE, bytes), bytes);
            owed.push(() -> driver.call(Call.FREE, memory.address()));
            return memory;
        } catch (CudaException failure) {
            throw new CudaException(
                    "%s, for %,d bytes of the card's %,d".formatted(failure.getMessage(), bytes, device.memoryBytes()));
        }
    }

    /// Memory that holds what a segment holds.
    public Memory copyOf(MemorySegment bytes) {
        Memory memory = allocate(bytes.byteSize());
        write(memory, 0, bytes);
        return memory;
    }

    public void write(Memory memory, long offset, MemorySegment bytes) {
        driver.call(Call.COPY_IN, at(memory, offset, bytes.byteSize()), bytes, bytes.byteSize());
    }

    /// Waits for the work so far, then copies into `bytes`.
    public void read(Memory memory, long offset, MemorySegment bytes) {
        synchronize();
        driver.call(Call.COPY_OUT, bytes, at(memory, offset, bytes.byteSize()), bytes.byteSize());
    }

    public void clear(Memory memory) {
        driver.call(Call.CLEAR, memory.address(), (byte) 0, memory.bytes());
    }

    /// Copies within the card, in the stream.
    public void copy(Memory from, Memory to, long bytes) {
        driver.call(Call.COPY, at(to, 0, bytes), at(from, 0, bytes), bytes, stream);
    }

    /// Compiles a program for this card.
    ///
    /// @param ptx its text
    /// @param kernel the name of the kernel that is wanted of it
    /// @param sharedBytes memory of each block beyond what the program itself declares
    /// @throws CudaException if it does not compile, with the compiler's words
    public Kernel load(String ptx, String kernel, int sharedBytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment log = arena.allocate(LONGEST_LOG);
            MemorySegment options = arena.allocateFrom(JAVA_INT, ERROR_LOG, ERROR_LOG_BYTES);
            MemorySegment values = arena.allocateFrom(JAVA_LONG, log.address(), LONGEST_LOG);
            MemorySegment module;
            try {
                module = handle(Call.LOAD_MODULE, arena.allocateFrom(ptx), 2, options, values);
            } catch (CudaException failure) {
                throw new CudaException(
                        "%s for kernel %s: %s".formatted(failure.getMessage(), kernel, log.getString(0)));
            }
            owed.push(() -> driver.call(Call.UNLOAD_MODULE, module));
            MemorySegment function = handle(Call.FUNCTION, module, arena.allocateFrom(kernel));
            driver.call(Call.SET_FUNCTION_ATTRIBUTE, function, DYNAMIC_BLOCK_BYTES, sharedBytes);
            return new Kernel(kernel, function);
        }
    }

    /// Starts a kernel in the stream.
    ///
    /// @param arguments each as the kernel declares it, by value
    public void launch(Kernel kernel, int blocks, int threads, MemorySegment... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            driver.call(
                    Call.LAUNCH,
                    kernel.handle(),
                    blocks,
                    1,
                    1,
                    threads,
                    1,
                    1,
                    0,
                    stream,
                    addresses(arena, arguments),
                    MemorySegment.NULL);
        }
    }

    /// Starts a kernel all of whose blocks run at once, so that they may wait for each other.
    ///
    /// @throws CudaException if the card has no room for so many
    public void launchResident(Kernel kernel, int blocks, int threads, int sharedBytes, MemorySegment... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            driver.call(
                    Call.LAUNCH_RESIDENT,
                    kernel.handle(),
                    blocks,
                    1,
                    1,
                    threads,
                    1,
                    1,
                    sharedBytes,
                    stream,
                    addresses(arena, arguments));
        }
    }

    /// Waits until the card has done everything so far.
    ///
    /// @throws CudaException if a kernel failed
    public void synchronize() {
        driver.call(Call.SYNCHRONIZE, stream);
    }

    /// What the card takes for the work that `work` puts in the stream, by its own clock.
    public double millis(Runnable work) {
        MemorySegment begin = handle(Call.CREATE_EVENT, 0);
        MemorySegment end = handle(Call.CREATE_EVENT, 0);
        try (Arena arena = Arena.ofConfined()) {
            driver.call(Call.RECORD_EVENT, begin, stream);
            work.run();
            driver.call(Call.RECORD_EVENT, end, stream);
            synchronize();
            MemorySegment millis = arena.allocate(JAVA_FLOAT);
            driver.call(Call.MILLIS_BETWEEN, millis, begin, end);
            return millis.get(JAVA_FLOAT, 0);
        } finally {
            driver.call(Call.DESTROY_EVENT, begin);
            driver.call(Call.DESTROY_EVENT, end);
        }
    }

    private String name() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(256);
            driver.call(Call.DEVICE_NAME, name, 256, ordinal);
            return name.getString(0);
        }
    }

    private int attribute(int attribute) {
        return number(Call.DEVICE_ATTRIBUTE, attribute, ordinal);
    }

    private static long at(Memory memory, long offset, long bytes) {
        if (offset < 0 || offset + bytes > memory.bytes()) {
            throw new IndexOutOfBoundsException(
                    "bytes %,d to %,d of a memory of %,d".formatted(offset, offset + bytes, memory.bytes()));
        }
        return memory.address() + offset;
    }

    private static MemorySegment addresses(Arena arena, MemorySegment... arguments) {
        MemorySegment addresses = arena.allocate(ADDRESS, arguments.length);
        for (int i = 0; i < arguments.length; i++) {
            addresses.setAtIndex(ADDRESS, i, arguments[i]);
        }
        return addresses;
    }

    // Functions that give back through an address, their first argument.

    private int number(Call call, Object... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            return out(arena, call, arguments).get(JAVA_INT, 0);
        }
    }

    private long size(Call call, Object... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            return out(arena, call, arguments).get(JAVA_LONG, 0);
        }
    }

    private MemorySegment handle(Call call, Object... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            return out(arena, call, arguments).get(ADDRESS, 0);
        }
    }

    private MemorySegment out(Arena arena, Call call, Object... arguments) {
        MemorySegment out = arena.allocate(JAVA_LONG);
        Object[] all = new Object[arguments.length + 1];
        all[0] = out;
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        driver.call(call, all);
        return out;
    }

    @Override
    public void close() {
        while (!owed.isEmpty()) {
            owed.pop().run();
        }
    }
}
