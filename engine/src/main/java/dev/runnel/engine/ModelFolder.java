package dev.runnel.engine;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.BackendLoad;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.Model;
import dev.runnel.core.TokenCodec;
import dev.runnel.engine.FolderStream.Place;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// A folder of models as one backend: all are listed, and each is loaded when it is first asked for.
///
/// A model stays loaded until it has been idle for [FolderOptions#idle], or until another needs its memory: then
/// the one that was used longest ago goes, and never one with a completion that runs. If all are at work, the one
/// used longest ago takes no more completions until its memory is free, so that a busy model can't keep another
/// out for ever; what comes for it meanwhile waits as for any model that isn't loaded. Models are loaded one at a
/// time, in the order in which they were asked for, and completions wait for that, as long as
/// [FolderOptions#patience] allows. A model that has ended by a fault of its own gives its memory back, and
/// is loaded anew for the next who asks.
///
/// Files are looked at when the folder is opened; what is added later is seen by the next one that opens it.
///
/// Theory: a model's [FolderSlot] is changed under `lock` only, and nobody who may wait is called with it held. One
/// thread, the keeper, looks at all slots whenever something has changed or is due ([#step]) and is the only one that
/// unloads; one more loads.
public final class ModelFolder implements Backend {

    private static final System.Logger LOG = System.getLogger(ModelFolder.class.getName());

    /// When to try again if no load has been timed yet.
    private static final Duration FIRST_RETRY = Duration.ofSeconds(5);

    private static final long NOTHING_DUE = Long.MAX_VALUE;

    private final List<Model> models;
    private final Map<String, FolderSlot> slots = new LinkedHashMap<>();
    private final Function<FoundModel, Backend> opener;
    private final EngineOptions engineOptions;
    private final FolderOptions options;
    private final Executor loader;
    private final LongSupplier nanoTime;
    private final LatestText latestText = new LatestText();
    private volatile @Nullable Thread keeper;

    // All under the lock.
    private final Object lock = new Object();
    /// Those with completions that wait, in the order in which they were asked for.
    private final Deque<FolderSlot> wanted = new ArrayDeque<>();
    private @Nullable FolderSlot loading;
    private Duration lastLoad = FIRST_RETRY;
    private boolean closed;

    /// @param opener loads a model; throws what is wrong with it
    /// @param loader where that is done; never asked for two at a time
    /// @param nanoTime a clock that never goes back, as [System#nanoTime]
    ModelFolder(
            List<FoundModel> found,
            Function<FoundModel, Backend> opener,
            EngineOptions engineOptions,
            FolderOptions options,
            Executor loader,
            LongSupplier nanoTime) {
        models = found.stream().map(FoundModel::model).toList();
        for (FoundModel model : found) {
            slots.put(model.model().id(), new FolderSlot(model, engineOptions.cacheBytes()));
        }
        this.opener = opener;
        this.engineOptions = engineOptions;
        this.options = options;
        this.loader = loader;
        this.nanoTime = nanoTime;
    }

    /// Opens a folder; the models in it are looked at and none is loaded.
    ///
    /// @param engineOptions for each of the models; a model id in it is not used
    /// @throws ModelFileException if there is no such folder or no model in it
    public static ModelFolder open(Path folder, EngineOptions engineOptions, FolderOptions options) {
        ModelFolder opened = new ModelFolder(
                FolderScan.of(folder, engineOptions),
                found -> Engine.open(
                        found.file(), engineOptions.withModelId(found.model().id()), LoadingListener.NONE),
                engineOptions,
                options,
                task -> Thread.ofPlatform().name("runnel-loading").daemon().start(task),
                System::nanoTime);
        opened.start();
        return opened;
    }

    /// Starts the keeper.
    void start() {
        keeper = Thread.ofPlatform().name("runnel-models").daemon().start(this::keep);
    }

    @Override
    public List<Model> models() {
        return models;
    }

    @Override
    public CompletionStream complete(CompletionRequest request) {
        FolderSlot slot = slots.get(request.model());
        if (slot == null) {
            return CompletionStream.failed(BackendException.modelNotFound(request.model(), models));
        }
        return new FolderStream(this, slot, request).channel;
    }

    /// That of the model where it is loaded, else one that is read from its file.
    @Override
    public Optional<TokenCodec> codec(String model) {
        FolderSlot slot = slots.get(model);
        if (slot == null) {
            return Optional.empty();
        }
        Backend loaded;
        synchronized (lock) {
            loaded = slot.backend;
        }
        return loaded != null ? loaded.codec(model) : Optional.of(latestText.of(slot.found.file()));
    }

    /// Ids of the models that are loaded.
    public List<String> loaded() {
        synchronized (lock) {
            return slots.values().stream()
                    .filter(FolderSlot::isLoaded)
                    .map(FolderSlot::id)
                    .toList();
        }
    }

    /// Completions that wait for a model or run.
    int inProgress() {
        synchronized (lock) {
            return slots.values().stream()
                    .mapToInt(slot -> slot.waiting.size() + slot.running)
                    .sum();
        }
    }

    /// Of every model; what waits for a model to be loaded waits.
    @Override
    public Map<String, BackendLoad> load() {
        Map<String, Backend> loaded = new LinkedHashMap<>();
        Map<String, Integer> waiting = new LinkedHashMap<>();
        synchronized (lock) {
            for (FolderSlot slot : slots.values()) {
                waiting.put(slot.id(), slot.waiting.size());
                Optional.ofNullable(slot.backend).ifPresent(backend -> loaded.put(slot.id(), backend));
            }
        }
        Map<String, BackendLoad> loadOfModel = new LinkedHashMap<>();
        waiting.forEach((model, count) -> {
            Backend backend = loaded.get(model);
            BackendLoad own =
                    backend == null ? BackendLoad.NONE : backend.load().getOrDefault(model, BackendLoad.NONE);
            loadOfModel.put(model, own.plusWaiting(count));
        });
        return loadOfModel;
    }

    @Override
    public void close() {
        List<FolderStream> refused = new ArrayList<>();
        List<Backend> backends = new ArrayList<>();
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
            for (FolderSlot slot : slots.values()) {
                refused.addAll(letGo(slot));
                Optional.ofNullable(slot.backend).ifPresent(backends::add);
                slot.backend = null;
            }
            wanted.clear();
        }
        wake();
        refused.forEach(stream -> stream.refuse(shuttingDown()));
        backends.forEach(ModelFolder::close);
    }

    /// One that can't be closed concerns none of the others.
    private static void close(Backend backend) {
        try {
            backend.close();
        } catch (RuntimeException | Error failure) {
            LOG.log(System.Logger.Level.ERROR, "a model could not be closed", failure);
        }
    }

    /// A completion's first event was asked for.
    void enter(FolderStream stream) {
        FolderSlot slot = stream.slot;
        Backend ready = null;
        BackendException refusal = null;
        synchronized (lock) {
            if (stream.place == Place.GONE) {
                return;
            }
            int most = engineOptions.sequences() + engineOptions.waiting();
            if (closed) {
                refusal = shuttingDown();
            } else if (slot.bytes > options.memoryBytes()) {
                refusal = tooLarge(slot);
            } else if (slot.backend != null && !slot.draining && !slot.hasEnded()) {
                ready = slot.backend;
                run(stream);
            } else if (slot.waiting.size() >= most) {
                refusal = BackendException.overloaded(
                        "%d completions wait for the model %s to be loaded, as many as may; try again in %d s"
                                .formatted(most, slot.id(), lastLoad.toSeconds()),
                        lastLoad);
            } else {
                stream.place = Place.WAITING;
                stream.waitingSince = nanoTime.getAsLong();
                slot.waiting.add(stream);
                if (!wanted.contains(slot)) {
                    wanted.add(slot);
                }
            }
            if (refusal != null) {
                stream.place = Place.GONE;
            }
        }
        if (refusal != null) {
            stream.refuse(refusal);
        } else if (ready != null) {
            stream.start(ready);
        } else {
            wake();
        }
    }

    /// A completion has ended, or its reader has left. Without effect if it is gone.
    void leave(FolderStream stream) {
        FolderSlot slot = stream.slot;
        synchronized (lock) {
            switch (stream.place) {
                case WAITING -> slot.waiting.remove(stream);
                case RUNNING -> {
                    slot.running--;
                    slot.usedAt = nanoTime.getAsLong();
                }
                case OUTSIDE, GONE -> {}
            }
            stream.place = Place.GONE;
        }
        wake();
    }

    private void wake() {
        LockSupport.unpark(keeper);
    }

    private void keep() {
        while (true) {
            synchronized (lock) {
                if (closed) {
                    return;
                }
            }
            long nanos = step();
            if (nanos == NOTHING_DUE) {
                LockSupport.park(this);
            } else if (nanos > 0) {
                LockSupport.parkNanos(this, nanos);
            }
        }
    }

    /// What is due: completions that have waited too long are refused, models that were idle too long or
    /// have ended are unloaded, and the first model that is wanted is loaded, or room is made for it.
    ///
    /// @return nanoseconds until something will be due if nothing changes
    long step() {
        long now = nanoTime.getAsLong();
        List<FolderStream> impatient = new ArrayList<>();
        Map<FolderStream, Backend> ready = new LinkedHashMap<>();
        Map<FolderSlot, Backend> unloaded = new LinkedHashMap<>();
        FolderSlot load;
        long due;
        synchronized (lock) {
            if (closed) {
                return NOTHING_DUE;
            }
            slots.values().forEach(slot -> loseImpatient(slot, now, impatient));
            for (FolderSlot slot : slots.values()) {
                if (slot.hasEnded() || isIdleTooLong(slot, now)) {
                    unload(slot, unloaded);
                }
            }
            load = chooseNext(ready, unloaded);
            loading = load != null ? load : loading;
            due = nextDue(now);
        }
        impatient.forEach(stream -> stream.refuse(new BackendException(
                BackendException.Kind.LOADING,
                "the model %s was not loaded within %d s; try again later"
                        .formatted(stream.slot.id(), options.patience().toSeconds()))));
        unloaded.forEach((slot, backend) -> {
            close(backend);
            LOG.log(System.Logger.Level.INFO, slot.id() + ": unloaded");
        });
        ready.forEach(FolderStream::start);
        if (load != null) {
            FolderSlot next = load;
            try {
                loader.execute(() -> load(next));
            } catch (RuntimeException | Error failure) { // there may be no thread for it
                failed(next, failure);
            }
        }
        return due;
    }

    private boolean isIdleTooLong(FolderSlot slot, long now) {
        return slot.isIdle() && options.idle().isPositive() && nanosLeft(slot.usedAt, options.idle(), now) <= 0;
    }

    private void loseImpatient(FolderSlot slot, long now, List<FolderStream> impatient) {
        slot.waiting.removeIf(stream -> {
            boolean late = nanosLeft(stream.waitingSince, options.patience(), now) <= 0;
            if (late) {
                stream.place = Place.GONE;
                impatient.add(stream);
            }
            return late;
        });
    }

    /// Serves the first model that is wanted: finds it loaded, loads it, or makes room for it.
    ///
    /// @return the model to load, if its memory is free; the caller closes those in `unloaded` before
    private @Nullable FolderSlot chooseNext(Map<FolderStream, Backend> ready, Map<FolderSlot, Backend> unloaded) {
        if (loading != null) {
            return null;
        }
        while (true) {
            wanted.removeIf(slot -> slot.waiting.isEmpty());
            FolderSlot next = wanted.peek();
            if (next == null) {
                slots.values().forEach(slot -> slot.draining = false);
                return null;
            }
            if (next.backend == null) {
                if (!makeRoom(next, unloaded)) {
                    return null;
                }
                wanted.remove();
                return next;
            }
            wanted.remove(); // it was to be drained for another, which is no longer wanted
            admit(next, next.backend, ready);
        }
    }

    /// Unloads what was used longest ago until `next` fits, or has those at work that stand in its way take no more.
    ///
    /// @return whether it fits
    private boolean makeRoom(FolderSlot next, Map<FolderSlot, Backend> unloaded) {
        long free = options.memoryBytes() - bytes(slots.values());
        List<FolderSlot> victims = slots.values().stream()
                .filter(FolderSlot::isLoaded)
                .sorted(Comparator.comparing((FolderSlot slot) -> slot.running > 0)
                        .thenComparing(slot -> !slot.draining)
                        .thenComparing((a, b) -> Long.signum(a.usedAt - b.usedAt)))
                .toList();
        for (FolderSlot victim : victims) {
            if (free >= next.bytes) {
                break;
            }
            free += victim.bytes;
            if (victim.running == 0) {
                unload(victim, unloaded);
            } else {
                victim.draining = true;
            }
        }
        return options.memoryBytes() - bytes(slots.values()) >= next.bytes;
    }

    private static long bytes(Collection<FolderSlot> slots) {
        return slots.stream()
                .filter(FolderSlot::isLoaded)
                .mapToLong(slot -> slot.bytes)
                .sum();
    }

    private static void unload(FolderSlot slot, Map<FolderSlot, Backend> unloaded) {
        Backend backend = slot.backend;
        if (backend != null) {
            slot.backend = null;
            slot.draining = false;
            unloaded.put(slot, backend);
        }
    }

    /// Lets all that wait for a model run.
    private void admit(FolderSlot slot, Backend backend, Map<FolderStream, Backend> ready) {
        slot.draining = false;
        for (FolderStream stream : letGo(slot)) {
            run(stream);
            ready.put(stream, backend);
        }
    }

    private void run(FolderStream stream) {
        stream.place = Place.RUNNING;
        stream.slot.running++;
        stream.slot.usedAt = nanoTime.getAsLong();
    }

    /// Those that waited.
    private static List<FolderStream> letGo(FolderSlot slot) {
        List<FolderStream> streams = List.copyOf(slot.waiting);
        slot.waiting.clear();
        streams.forEach(stream -> stream.place = Place.GONE);
        return streams;
    }

    private long nextDue(long now) {
        long due = NOTHING_DUE;
        for (FolderSlot slot : slots.values()) {
            if (slot.isIdle() && options.idle().isPositive()) {
                due = Math.min(due, nanosLeft(slot.usedAt, options.idle(), now));
            }
            for (FolderStream stream : slot.waiting) {
                due = Math.min(due, nanosLeft(stream.waitingSince, options.patience(), now));
            }
        }
        return Math.max(0, due);
    }

    private static long nanosLeft(long since, Duration span, long now) {
        return span.toNanos() - (now - since);
    }

    /// On the loader's thread.
    private void load(FolderSlot slot) {
        long start = nanoTime.getAsLong();
        Backend backend;
        try {
            backend = opener.apply(slot.found);
        } catch (Throwable failure) { // whatever it is concerns those who wait, memory running out above all
            failed(slot, failure);
            return;
        }
        Duration took = Duration.ofNanos(nanoTime.getAsLong() - start);
        Map<FolderStream, Backend> ready = new LinkedHashMap<>();
        boolean tooLate;
        synchronized (lock) {
            loading = null;
            tooLate = closed;
            if (!tooLate) {
                slot.backend = backend;
                slot.usedAt = nanoTime.getAsLong();
                lastLoad = Duration.ofSeconds(1 + took.toSeconds());
                admit(slot, backend, ready);
            }
        }
        if (tooLate) {
            close(backend);
            return;
        }
        LOG.log(
                System.Logger.Level.INFO,
                String.format(Locale.ROOT, "%s: loaded in %.1f s", slot.id(), took.toMillis() / 1e3));
        ready.forEach(FolderStream::start);
        wake();
    }

    private void failed(FolderSlot slot, Throwable failure) {
        String fault = switch (failure) {
            case OutOfMemoryError exhausted -> "there is not enough memory (" + exhausted.getMessage() + ")";
            case ModelFileException _ -> String.valueOf(failure.getMessage());
            default -> "there was a fault on this side";
        };
        BackendException refusal = new BackendException(
                BackendException.Kind.INTERNAL,
                "the model %s can't be loaded: %s".formatted(slot.id(), fault),
                failure);
        List<FolderStream> refused;
        synchronized (lock) {
            loading = null;
            refused = letGo(slot);
        }
        LOG.log(System.Logger.Level.WARNING, "the model " + slot.id() + " can't be loaded", failure);
        refused.forEach(stream -> stream.refuse(refusal));
        wake();
    }

    private BackendException tooLarge(FolderSlot slot) {
        return BackendException.unsupported(
                "model",
                "the model %s needs %d MiB of memory for its weights and %d for its cache, and this server's models may have %d"
                        .formatted(
                                slot.id(),
                                mebibytes(slot.found.weightBytes()),
                                mebibytes(engineOptions.cacheBytes()),
                                mebibytes(options.memoryBytes())));
    }

    private static long mebibytes(long bytes) {
        return Math.ceilDiv(bytes, 1L << 20);
    }

    private static BackendException shuttingDown() {
        return new BackendException(BackendException.Kind.SHUTTING_DOWN, "the server is being closed");
    }
}
