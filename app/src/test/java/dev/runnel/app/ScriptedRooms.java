package dev.runnel.app;

import dev.runnel.core.Backend;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.TokenCodec;
import dev.runnel.core.UpstreamFault;
import dev.runnel.engine.EngineOptions;
import dev.runnel.engine.FolderOptions;
import dev.runnel.engine.LoadingListener;
import dev.runnel.engine.ModelLogits;
import dev.runnel.engine.ModelSummary;
import dev.runnel.engine.ModelText;
import dev.runnel.relay.UpstreamOptions;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Rooms whose models play scripts, and which remember what they were asked for.
final class ScriptedRooms implements Rooms {

    static final ModelSummary SUMMARY = new ModelSummary(
            "tiny.gguf",
            2_001_120,
            "llama",
            "gpt2",
            OptionalInt.of(512),
            1_830_000,
            List.of(
                    new ModelSummary.Entry("general.architecture", "llama"),
                    new ModelSummary.Entry("tokenizer.chat_template", "{% for m in messages %}\n" + "x".repeat(200)),
                    new ModelSummary.Entry("tokenizer.ggml.tokens", "1536 × STRING")),
            List.of(
                    new ModelSummary.TensorEntry("token_embd.weight", "Q8_0", List.of(128L, 1536L), 208_896),
                    new ModelSummary.TensorEntry("output_norm.weight", "F32", List.of(128L), 512)));

    /// What a command asked for.
    sealed interface Opened {
        record Engine(Optional<Path> file, EngineOptions options) implements Opened {}

        record Folder(Path folder, EngineOptions options, FolderOptions folderOptions) implements Opened {}

        record Relay(URI upstream, Optional<String> key, Map<String, String> models, boolean whole) implements Opened {
            Relay(URI upstream, Optional<String> key, Map<String, String> models) {
                this(upstream, key, models, false);
            }

            Relay(URI upstream, Optional<String> key) {
                this(upstream, key, Map.of());
            }
        }
    }

    private final Function<CompletionRequest, Script> scripts;
    private final List<Opened> opened = new CopyOnWriteArrayList<>();
    private final List<CompletionRequest> requests = new CopyOnWriteArrayList<>();
    private final List<UpstreamOptions> treatments = new CopyOnWriteArrayList<>();
    private final Set<URI> asked = ConcurrentHashMap.newKeySet();
    private final CountDownLatch bothAsked = new CountDownLatch(2);
    private @Nullable ScriptedBackend backend;

    ScriptedRooms(Function<CompletionRequest, Script> scripts) {
        this.scripts = scripts;
    }

    /// Every reply is these pieces.
    static ScriptedRooms saying(String... pieces) {
        return playing(Script.saying("scripted", pieces));
    }

    static ScriptedRooms playing(Script script) {
        return new ScriptedRooms(_ -> script);
    }

    @Override
    public LoadedModel load(Optional<Path> file, EngineOptions options, LoadingListener listener) {
        opened.add(new Opened.Engine(file, options));
        listener.loading(LoadingListener.Phase.WEIGHTS, 0.5);
        return new LoadedModel(open(options.modelId().orElse("scripted")), SUMMARY, file.isEmpty());
    }

    @Override
    public Backend folder(Path folder, EngineOptions options, FolderOptions folderOptions) {
        opened.add(new Opened.Folder(folder, options, folderOptions));
        return open("one-of-a-folder");
    }

    @Override
    public Backend relay(URI address, Optional<String> apiKey, UpstreamOptions options) {
        opened.add(new Opened.Relay(address, apiKey, options.models(), options.whole()));
        treatments.add(options);
        if (address.getPath().endsWith("/silent")) {
            await(new CountDownLatch(1));
        }
        if (address.getPath().endsWith("/both")) {
            bothAsked.countDown();
            await(bothAsked);
        }
        boolean isLate = address.getPath().endsWith("/late");
        if (address.getPath().endsWith("/down") || (isLate && asked.add(address))) {
            throw UpstreamFault.UNREACHABLE.failure("upstream " + address + " can't be reached");
        }
        return isLate
                ? open("late")
                : open(options.models().keySet().stream().findFirst().orElse("scripted"));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupt) {
            throw new AssertionError(interrupt);
        }
    }

    private ScriptedBackend open(String id) {
        backend = new ScriptedBackend(
                id,
                request -> {
                    requests.add(request);
                    return scripts.apply(request);
                },
                ScriptedBackend.Timer.REAL);
        return backend;
    }

    @Override
    public TokenCodec codec(Optional<Path> file) {
        return file.isPresent() ? ModelText.open(file.get()) : ModelText.embedded();
    }

    @Override
    public ModelLogits logits(Path file, EngineOptions options, LoadingListener listener) {
        return ModelLogits.open(file, options, listener);
    }

    @Override
    public ModelSummary inspect(Path file) {
        return SUMMARY;
    }

    List<Opened> opened() {
        return List.copyOf(opened);
    }

    /// How upstreams were to be treated, in the order in which they were opened.
    List<UpstreamOptions> treatments() {
        return List.copyOf(treatments);
    }

    List<CompletionRequest> requests() {
        return List.copyOf(requests);
    }

    /// The one request there was.
    CompletionRequest request() {
        if (requests.size() != 1) {
            throw new AssertionError("expected one request, found " + requests);
        }
        return requests.getFirst();
    }

    /// The messages of a request, which must be a conversation.
    static List<Message> messages(CompletionRequest request) {
        return switch (request.prompt()) {
            case Prompt.Chat chat -> chat.messages();
            case Prompt.Text _, Prompt.Tokens _, Prompt.Gap _ ->
                throw new AssertionError("expected a conversation, found " + request.prompt());
        };
    }

    int inProgress() {
        return backend == null ? 0 : backend.inProgress();
    }
}
