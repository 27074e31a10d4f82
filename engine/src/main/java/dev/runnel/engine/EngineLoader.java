package dev.runnel.engine;

import dev.runnel.core.Model;
import dev.runnel.engine.LoadingListener.Phase;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.Metadata;
import dev.runnel.engine.kernel.KernelChoice;
import dev.runnel.engine.kernel.Kernels;
import dev.runnel.engine.kernel.Workers;
import dev.runnel.engine.model.LoadOptions;
import dev.runnel.engine.model.Transformer;
import dev.runnel.engine.schedule.Limits;
import dev.runnel.engine.schedule.Vocabulary;
import dev.runnel.engine.speculation.Speculation;
import dev.runnel.engine.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/// Builds an [Engine] of a model file, and takes everything down again if that fails half way.
final class EngineLoader {

    private static final System.Logger LOG = System.getLogger(EngineLoader.class.getName());

    static final String EXTENSION = ".gguf";
    static final String EMBEDDED = "runnel-tiny";

    /// The page size of most machines; more than any kernel wants.
    private static final int ALIGNMENT_BYTES = 4096;

    /// A draft model's cache is this part of the model's: its keys and values are smaller too.
    private static final int DRAFT_CACHE_PART = 4;

    private final EngineOptions options;
    private final LoadingListener listener;
    private final Kernels kernels;

    /// @param kernels that compute, whatever would be fastest here
    EngineLoader(EngineOptions options, LoadingListener listener, Kernels kernels) {
        this.options = options;
        this.listener = listener;
        this.kernels = kernels;
    }

    /// A loader with the fastest kernels that run here.
    static EngineLoader of(EngineOptions options, LoadingListener listener) {
        KernelChoice choice = KernelChoice.detect();
        choice.notice().ifPresent(notice -> LOG.log(System.Logger.Level.WARNING, notice));
        return new EngineLoader(options, listener, choice.kernels());
    }

    Engine open(Path path) {
        refuseFolder(path);
        listener.loading(Phase.FILE, 0);
        GgufFile file = GgufFile.open(path);
        try {
            listener.loading(Phase.FILE, 1);
            Instant created = Files.getLastModifiedTime(path).toInstant();
            return load(file, file.modelName(), created, keptBeside(path), false, file::close);
        } catch (IOException failure) {
            file.close();
            throw new ModelFileException(path.toString(), "can't be read: " + failure);
        } catch (RuntimeException | Error failure) {
            file.close();
            throw failure;
        }
    }

    /// A model whose logits are wanted and nothing else.
    ModelLogits logits(Path path) {
        refuseFolder(path);
        listener.loading(Phase.FILE, 0);
        GgufFile file = GgufFile.open(path);
        try {
            listener.loading(Phase.FILE, 1);
            ModelText text = readText(file);
            Workers workers = startWorkers();
            try {
                Transformer transformer = loadWeights(file, text.tokenizer(), workers, keptBeside(path), false);
                return new ModelLogits(text, transformer, () -> {
                    workers.close();
                    file.close();
                });
            } catch (RuntimeException | Error failure) {
                workers.close();
                throw failure;
            }
        } catch (RuntimeException | Error failure) {
            file.close();
            throw failure;
        }
    }

    /// A folder can be opened like a file on some systems, and then is no model at best.
    static void refuseFolder(Path path) {
        if (!Files.isDirectory(path)) {
            return;
        }
        try (Stream<Path> entries = Files.list(path)) {
            String fault = entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> name.endsWith(EXTENSION))
                    .sorted()
                    .findFirst()
                    .map("is a folder, expected a model file, such as the %s in it"::formatted)
                    .orElse("is a folder, and no %s file is in it; expected a model file".formatted(EXTENSION));
            throw new ModelFileException(path.toString(), fault);
        } catch (IOException failure) {
            throw new ModelFileException(path.toString(), "is a folder that can't be read: " + failure);
        }
    }

    /// The model in the library's own jar, copied to memory outside the heap, where the kernels want it. Its
    /// weights were looked at when it was made.
    Engine embedded() {
        listener.loading(Phase.FILE, 0);
        String name = EMBEDDED + EXTENSION;
        try {
            URL resource = Objects.requireNonNull(Engine.class.getResource(name), name);
            URLConnection connection = resource.openConnection();
            connection.setUseCaches(false);
            MemorySegment bytes;
            try (InputStream in = connection.getInputStream()) {
                byte[] all = in.readAllBytes();
                bytes = Arena.ofAuto().allocate(all.length, ALIGNMENT_BYTES).copyFrom(MemorySegment.ofArray(all));
            }
            Instant created = Instant.ofEpochMilli(connection.getLastModified());
            listener.loading(Phase.FILE, 1);
            GgufFile file = GgufFile.of(name, bytes.asReadOnly());
            return load(file, EMBEDDED, created, Optional.empty(), true, file::close);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// The file of the model in the library's own jar, for reading what it says; the kernels want it
    /// elsewhere.
    static GgufFile embeddedFile() {
        String name = EMBEDDED + EXTENSION;
        try (InputStream in = Objects.requireNonNull(Engine.class.getResourceAsStream(name), name)) {
            return GgufFile.of(name, MemorySegment.ofArray(in.readAllBytes()));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// A model's file, if what is made of its weights is kept beside it.
    private Optional<Path> keptBeside(Path model) {
        return options.keepsPacked() ? Optional.of(model) : Optional.empty();
    }

    /// @param isTrusted whether the weights are known to be sound
    /// @param release frees the file; whoever calls this does it if this throws, else the engine
    private Engine load(
            GgufFile file,
            String fileId,
            Instant created,
            Optional<Path> keptBeside,
            boolean isTrusted,
            Runnable release) {
        String owner = owner(file.metadata());
        ModelSummary summary = ModelSummary.of(file); // reads all that the file says, and refuses what makes no sense
        ModelText text = readText(file);
        Tokenizer tokenizer = text.tokenizer();

        Deque<Runnable> opened = new ArrayDeque<>(); // what closes it, the newest first
        try {
            Workers workers = startWorkers();
            opened.push(workers::close);
            Transformer transformer = loadWeights(file, tokenizer, workers, keptBeside, isTrusted);
            opened.push(transformer::close);
            LoadedDraft draft = loadDraft(text, file, workers);
            opened.push(draft::close);
            opened.push(draft.speculation()::close);
            Model model = new Model(
                    options.modelId().orElse(fileId), created, owner, OptionalInt.of(transformer.contextLength()));
            return new Engine(
                    model,
                    summary,
                    text,
                    transformer,
                    vocabularyOf(tokenizer),
                    request -> text.prompts().read(request, transformer.contextLength()),
                    new Limits(options.sequences(), options.waiting(), options.promptTokensPerStep(), options.stall()),
                    draft.speculation(),
                    () -> {
                        workers.close();
                        draft.close();
                        release.run();
                    });
        } catch (RuntimeException | Error failure) {
            opened.forEach(Runnable::run);
            throw failure;
        }
    }

    /// What guesses, and the file that it stands on.
    private record LoadedDraft(Speculation speculation, Optional<GgufFile> file) implements AutoCloseable {
        @Override
        public void close() {
            file.ifPresent(GgufFile::close);
        }
    }

    private LoadedDraft loadDraft(ModelText text, GgufFile file, Workers workers) {
        if (options.draft().isEmpty()) {
            return new LoadedDraft(
                    switch (options.guessing()) {
                        case OFF -> Speculation.none();
                        case LOOKUP -> Speculation.lookup();
                    },
                    Optional.empty());
        }
        GgufFile draft = null;
        try {
            draft = GgufFile.open(options.draft().get());
            String name = draft.name();
            ModelText draftText = readText(draft);
            text.differenceToDraft(draftText).ifPresent(difference -> {
                throw new ModelFileException(
                        name,
                        "can't guess for %s, as their vocabularies differ: %s".formatted(file.name(), difference));
            });
            Transformer guesser = load(
                    draft,
                    draftText.tokenizer(),
                    workers,
                    options.cacheBytes() / DRAFT_CACHE_PART,
                    keptBeside(options.draft().get()),
                    false);
            return new LoadedDraft(
                    Speculation.withDraft(guesser, text.tokenizer().size(), System::nanoTime), Optional.of(draft));
        } catch (RuntimeException | Error failure) {
            if (draft != null) {
                draft.close();
            }
            throw failure;
        }
    }

    private ModelText readText(GgufFile file) {
        listener.loading(Phase.VOCABULARY, 0);
        ModelText text = ModelText.of(file);
        listener.loading(Phase.VOCABULARY, 1);
        return text;
    }

    private Workers startWorkers() {
        return new Workers(options.threads().orElse(Runtime.getRuntime().availableProcessors()));
    }

    /// Who made a model, as far as its file says.
    static String owner(Metadata metadata) {
        return metadata.string("general.organization")
                .or(() -> metadata.string("general.author"))
                .orElse("local");
    }

    private Transformer loadWeights(
            GgufFile file, Tokenizer tokenizer, Workers workers, Optional<Path> keptBeside, boolean isTrusted) {
        int contextLength = contextLength();
        Transformer transformer = load(file, tokenizer, workers, options.cacheBytes(), keptBeside, isTrusted);
        if (options.contextLength().isPresent() && transformer.contextLength() < contextLength) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "%s: the context is %d tokens and not %d, as the model or the cache of %d bytes holds no more"
                            .formatted(file.name(), transformer.contextLength(), contextLength, options.cacheBytes()));
        }
        return transformer;
    }

    private int contextLength() {
        return options.contextLength().orElse(EngineOptions.LONGEST_DEFAULT_CONTEXT);
    }

    private Transformer load(
            GgufFile file,
            Tokenizer tokenizer,
            Workers workers,
            long cacheBytes,
            Optional<Path> keptBeside,
            boolean isTrusted) {
        int guesses = options.guessing() == EngineOptions.Guessing.OFF ? 0 : Speculation.MOST;
        int batchTokens = Math.clamp(
                (long) options.sequences() + guesses + options.promptTokensPerStep(), 1, LoadOptions.LARGEST_BATCH);
        listener.loading(Phase.WEIGHTS, 0);
        Transformer transformer = Transformer.load(
                file,
                kernels,
                workers,
                new LoadOptions(cacheBytes, contextLength(), batchTokens, options.cacheType(), isTrusted, keptBeside),
                (loaded, total) -> listener.loading(Phase.WEIGHTS, (double) loaded / total));
        if (transformer.vocabularySize() != tokenizer.size()) {
            transformer.close();
            throw new ModelFileException(
                    file.name(),
                    "has %d tokens in its vocabulary and weights for %d, expected as many"
                            .formatted(tokenizer.size(), transformer.vocabularySize()));
        }
        return transformer;
    }

    private static Vocabulary vocabularyOf(Tokenizer tokenizer) {
        return new Vocabulary() {
            @Override
            public boolean isEndOfGeneration(int token) {
                return tokenizer.isEndOfGeneration(token);
            }

            @Override
            public byte[] bytes(int token) {
                return tokenizer.bytes(token);
            }

            @Override
            public byte[] bytesWithSpecial(int token) {
                return tokenizer.bytesWithSpecial(token);
            }
        };
    }
}
