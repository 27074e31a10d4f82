package dev.runnel.core;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Several backends as one: a request goes to the first that serves its model.
public final class Backends implements Backend {

    private final List<Backend> backends;
    private final Map<String, Backend> backendOfModel = new LinkedHashMap<>();
    private final List<Model> models;

    /// @param backends owned from here on: closed with this
    public Backends(List<? extends Backend> backends) {
        this.backends = List.copyOf(backends);
        Map<String, Model> modelOfId = new LinkedHashMap<>();
        for (Backend backend : backends) {
            for (Model model : backend.models()) {
                modelOfId.putIfAbsent(model.id(), model);
                backendOfModel.putIfAbsent(model.id(), backend);
            }
        }
        models = List.copyOf(modelOfId.values());
    }

    @Override
    public List<Model> models() {
        return models;
    }

    @Override
    public CompletionStream complete(CompletionRequest request) {
        Backend backend = backendOfModel.get(request.model());
        if (backend == null) {
            return CompletionStream.failed(BackendException.modelNotFound(request.model(), models));
        }
        return backend.complete(request);
    }

    @Override
    public Optional<TokenCodec> codec(String model) {
        return Optional.ofNullable(backendOfModel.get(model)).flatMap(backend -> backend.codec(model));
    }

    /// Each model's load where its requests go.
    @Override
    public Map<String, BackendLoad> load() {
        Map<String, BackendLoad> loadOfModel = new LinkedHashMap<>();
        for (Backend backend : backends) {
            backend.load().forEach((model, load) -> {
                if (backend.equals(backendOfModel.get(model))) {
                    loadOfModel.put(model, load);
                }
            });
        }
        return loadOfModel;
    }

    @Override
    public void close() {
        backends.forEach(Backend::close);
    }
}
