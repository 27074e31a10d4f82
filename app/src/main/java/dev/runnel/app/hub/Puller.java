package dev.runnel.app.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// Fetches models from one hub into its cache.
public final class Puller {

    /// Bytes of the shortest range that is worth a connection of its own.
    private static final long LEAST_RANGE_BYTES = 8 << 20;

    private final Hub hub;
    private final HubCache cache;
    private final String branch;
    private final long leastRange;

    /// @param branch that is meant where nobody names a revision
    Puller(Hub hub, HubCache cache, String branch, long leastRange) {
        this.hub = hub;
        this.cache = cache;
        this.branch = branch;
        this.leastRange = leastRange;
    }

    /// From `HF_ENDPOINT`, with the token and the cache that Hugging Face's own tools use.
    ///
    /// @param environment of the process
    /// @param agent how this program calls itself
    public static Puller huggingFace(Map<String, String> environment, String agent) {
        return new Puller(
                new HuggingFace(
                        endpoint(environment, "HF_ENDPOINT", "https://huggingface.co"),
                        new HubHttp(token(environment), new Proxies(environment), Waits.USUAL, agent)),
                HubCache.huggingFace(environment),
                "main",
                LEAST_RANGE_BYTES);
    }

    /// From `MODELSCOPE_ENDPOINT`; public models only.
    ///
    /// @param environment of the process
    /// @param agent how this program calls itself
    public static Puller modelScope(Map<String, String> environment, String agent) {
        return new Puller(
                new ModelScope(
                        endpoint(environment, "MODELSCOPE_ENDPOINT", "https://www.modelscope.cn"),
                        new HubHttp(Optional.empty(), new Proxies(environment), Waits.USUAL, agent)),
                HubCache.modelScope(environment),
                "master",
                LEAST_RANGE_BYTES);
    }

    private static URI endpoint(Map<String, String> environment, String variable, String usual) {
        String value = environment.getOrDefault(variable, "");
        String address = value.isBlank() ? usual : value.strip().replaceFirst("/+$", "");
        try {
            URI endpoint = URI.create(address);
            if (endpoint.getHost() != null) {
                return endpoint;
            }
        } catch (IllegalArgumentException malformed) {
            throw new HubException("%s is '%s', which is no address".formatted(variable, address), malformed);
        }
        throw new HubException("%s is '%s', expected an address such as %s".formatted(variable, address, usual));
    }

    private static Optional<String> token(Map<String, String> environment) {
        return variable(environment, "HF_TOKEN")
                .or(() -> variable(environment, "HUGGING_FACE_HUB_TOKEN"))
                .or(() -> tokenFile(environment));
    }

    private static Optional<String> variable(Map<String, String> environment, String name) {
        return token(name, environment.getOrDefault(name, ""));
    }

    /// Where logging in with Hugging Face's own tools leaves it.
    private static Optional<String> tokenFile(Map<String, String> environment) {
        Path file = HubCache.variable(environment, "HF_TOKEN_PATH")
                .orElseGet(() -> HubCache.huggingFaceHome(environment).resolve("token"));
        try {
            return Files.isRegularFile(file) ? token(file.toString(), Files.readString(file)) : Optional.empty();
        } catch (IOException failure) {
            throw new HubException(file + " can't be read: " + failure, failure);
        }
    }

    /// @param source where it stands
    private static Optional<String> token(String source, String value) {
        String token = value.strip();
        if (!token.matches("\\p{Graph}*")) {
            throw new HubException(source + " holds characters that no token has");
        }
        return Optional.of(token).filter(text -> !text.isEmpty());
    }

    /// A model that a repository offers.
    ///
    /// @param name what to ask for it by, after the repository's name and a colon
    /// @param bytes of all its files, where the hub says
    /// @param files it is split into
    public record Offer(String name, OptionalLong bytes, int files) {}

    /// The models in a repository.
    ///
    /// @throws HubException if there is no such repository
    public List<Offer> offers(HubName name, Optional<String> revision) {
        List<ModelChoice> models =
                ModelChoice.of(hub.list(name, revision.orElse(branch)).files());
        return models.stream()
                .map(model ->
                        new Offer(model.label(), bytes(model), model.files().size()))
                .toList();
    }

    private static OptionalLong bytes(ModelChoice model) {
        return model.files().stream().allMatch(file -> file.blob().isPresent())
                ? OptionalLong.of(model.files().stream()
                        .mapToLong(file -> file.blob().orElseThrow().bytes())
                        .sum())
                : OptionalLong.empty();
    }

    /// Fetches a model, as far as it isn't there.
    ///
    /// @param revision a branch, a tag or a commit; empty: the hub's usual branch
    /// @param connections at once, at most
    /// @return the file to open; of a split model the first part
    /// @throws HubException if it can't be fetched
    public Path pull(HubName name, Optional<String> revision, int connections, PullListener listener) {
        String asked = revision.orElse(branch);
        Hub.Listing listing = hub.list(name, asked);
        ModelChoice model = ModelChoice.pick(name, ModelChoice.of(listing.files()));
        List<Path> files = new ArrayList<>();
        for (HubFile file : model.files()) {
            HubFile.Blob blob = file.blob().orElseGet(() -> hub.describe(name, listing.commit(), file));
            listener.begins(
                    file.path(), blob.bytes(), files.size() + 1, model.files().size());
            Path target = cache.blob(name, blob);
            boolean wasHere = new Download(
                            hub, name, listing.commit(), file, blob, target, cache.lock(name, blob), listener)
                    .run(connections, leastRange);
            files.add(cache.publish(name, listing.commit(), file, target));
            listener.ends(wasHere);
        }
        cache.note(name, asked, listing.commit());
        return files.getFirst();
    }
}
