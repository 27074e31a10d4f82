package dev.runnel.app.hub;

import dev.runnel.app.hub.HubFile.Blob;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// A hub that speaks as Hugging Face's does: https://huggingface.co/docs/hub/api.
///
/// ```
/// GET   /api/models/OWNER/REPO/revision/REVISION?blobs=true   commit, files, sizes, checksums
/// HEAD  /OWNER/REPO/resolve/COMMIT/FILE                       X-Linked-Etag, X-Linked-Size
/// GET   /OWNER/REPO/resolve/COMMIT/FILE                       redirects to where the bytes are
/// ```
record HuggingFace(URI endpoint, HubHttp http) implements Hub {

    @Override
    public Listing list(HubName name, String revision) {
        URI address = URI.create(
                endpoint + "/api/models/" + name.path() + "/revision/" + Hub.encodedPart(revision) + "?blobs=true");
        Json answer = http.patiently("the hub at %s can't be asked".formatted(endpoint), () -> {
            try (HubHttp.Answer asked = http.get(address, Optional.empty())) {
                if (asked.status != 200) {
                    throw refusal(name, asked);
                }
                return Hub.json(asked);
            }
        });
        List<HubFile> files = answer.objects("siblings").stream()
                .flatMap(sibling -> sibling
                        .text("rfilename")
                        .filter(path -> HubFile.isSafe(path) && ModelChoice.isModel(path))
                        .map(path -> new HubFile(path, blob(sibling)))
                        .stream())
                .toList();
        return new Listing(answer.text("sha").orElse(revision), files);
    }

    private static Optional<Blob> blob(Json sibling) {
        Optional<Json> large = sibling.object("lfs");
        Optional<String> etag = large.isPresent()
                ? large.get().text("sha256").or(() -> large.get().text("oid"))
                : sibling.text("blobId");
        OptionalLong bytes = large.isPresent() ? large.get().number("size") : sibling.number("size");
        return etag.isPresent() && bytes.isPresent()
                ? Optional.of(new Blob(etag.get(), bytes.getAsLong()))
                : Optional.empty();
    }

    @Override
    public URI address(HubName name, String commit, HubFile file) {
        return URI.create(
                endpoint + "/" + name.path() + "/resolve/" + Hub.encodedPart(commit) + "/" + Hub.encoded(file.path()));
    }

    @Override
    public Blob describe(HubName name, String commit, HubFile file) {
        return http.patiently("%s of %s can't be asked for".formatted(file.path(), name.path()), () -> {
            try (HubHttp.Answer answer = http.head(address(name, commit, file))) {
                if (answer.status >= 400) {
                    throw refusal(name, answer);
                }
                boolean here = answer.status == 200;
                Optional<String> etag =
                        answer.header("X-Linked-Etag").or(() -> here ? answer.header("ETag") : Optional.empty());
                Optional<Long> bytes = answer.header("X-Linked-Size")
                        .filter(size -> size.matches("\\d{1,18}"))
                        .map(Long::valueOf)
                        .or(() -> here && answer.length().isPresent()
                                ? Optional.of(answer.length().getAsLong())
                                : Optional.empty());
                if (etag.isEmpty() || bytes.isEmpty()) {
                    throw new HubException("%s does not say what %s of %s holds: there is no %s in its answer"
                            .formatted(endpoint, file.path(), name.path(), etag.isEmpty() ? "ETag" : "size"));
                }
                return new Blob(etag.get().replaceFirst("^W/", "").replace("\"", ""), bytes.get());
            }
        });
    }

    @Override
    public HubException refusal(HubName name, HubHttp.Answer answer) {
        String repository = name.path();
        String code = answer.header("X-Error-Code").orElse("");
        String sentence = switch (answer.status) {
            case 401, 403 ->
                code.equals("GatedRepo") && http.hasToken()
                        ? "access to %s has to be asked for at %s/%s first, with the account that HF_TOKEN is of"
                                .formatted(repository, endpoint, repository)
                        : code.equals("GatedRepo")
                                ? "%s is gated: ask for access at %s/%s, then set HF_TOKEN to a token of your account"
                                        .formatted(repository, endpoint, repository)
                                : http.hasToken()
                                        ? "%s does not show %s to the account that HF_TOKEN is of, or there is no such repository"
                                                .formatted(endpoint, repository)
                                        : "%s shows no repository %s to everyone; if it is private or gated, set HF_TOKEN"
                                                .formatted(endpoint, repository);
            case 404 ->
                switch (code) {
                    case "RevisionNotFound" -> "%s has no such revision".formatted(repository);
                    case "EntryNotFound" -> "%s has no such file any more".formatted(repository);
                    default -> "there is no repository %s at %s".formatted(repository, endpoint);
                };
            default -> "%s answers %d when it is asked for %s".formatted(endpoint, answer.status, repository);
        };
        return new HubException(sentence);
    }
}
