package dev.runnel.core;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Several backends as one: a request goes to the first that serves its model.
public final class Backends implements Backend {

    /// Who serves what.
    private record Index(List<Backend> backends, Map<String, Backend> ofModel, List<Model> models) {

        static Index of(List<Backend> backends) {
            Map<String, Model> models = new LinkedHashMap<>();
            Map<String, Backend> ofModel = new LinkedHashMap<>();
            for (Backend backend : backends) {
                for (Model model : backend.models()) {
                    models.putIfAbsent(model.id(), model);
                    ofModel.putIfAbsent(model.id(), backend);
                }
            }
            return new Index(List.copyOf(backends), ofModel, List.copyOf(models.values()));
        }
    }

    private volatile Index index;

    // Under the lock of this.
    private boolean closed;

    /// @param backends owned from here on: closed with this
    public Backends(List<? extends Backend> backends) {
        index = Index.of(List.copyOf(backends));
    }

    /// Adds one that has come late, behind the others: of models that they serve, too, it gets no requests.
    ///
    /// @param backend owned from here on
    public void add(Backend backend) {
        synchronized (this) {
            if (!closed) {
                index = Index.of(Stream.concat(index.backends().stream(), Stream.of(backend))
                        .toList());
                return;
            }
        }
        backend.close();
    }

    @Override
    public List<Model> models() {
        return index.models();
    }

    @Override
    public CompletionStream complete(CompletionRequest request) {
        Index now = index;
        Backend backend = now.ofModel().get(request.model());
        if (backend == null) {
            return CompletionStream.failed(BackendException.modelNotFound(request.model(), now.models()));
        }
        return backend.complete(request);
    }

    @Override
    public Optional<TokenCodec> codec(String model) {
        return Optional.ofNullable(index.ofModel().get(model)).flatMap(backend -> backend.codec(model));
    }

    /// Each model's load where its requests go.
    @Override
    public Map<String, BackendLoad> load() {
        Index now = index;
        Map<String, BackendLoad> loadOfModel = new LinkedHashMap<>();
        for (Backend backend : now.backends()) {
            backend.load().forEach((model, load) -> {
                if (backend.equals(now.ofModel().get(model))) {
                    loadOfModel.put(model, load);
                }
            });
        }
        return loadOfModel;
    }

    /// Whether all of them have. While there are none, the first is still to come.
    @Override
    public boolean hasEnded() {
        List<Backend> all = index.backends();
        return !all.isEmpty() && all.stream().allMatch(Backend::hasEnded);
    }

    @Override
    public void close() {
        List<Backend> open;
        synchronized (this) {
            closed = true;
            open = index.backends();
        }
        open.forEach(Backend::close);
    }
}
