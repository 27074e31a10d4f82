package dev.runnel.app.hub;

import dev.runnel.app.hub.HubFile.Blob;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/// A hub that speaks as ModelScope's does, as far as public models go.
///
/// ```
/// GET  /api/v1/models/OWNER/REPO/repo/files?Revision=REVISION&Recursive=true   files, sizes, checksums
/// GET  /models/OWNER/REPO/resolve/REVISION/FILE                                redirects to where the bytes are
/// ```
///
/// It names no commit, so a revision stands for itself.
record ModelScope(URI endpoint, HubHttp http) implements Hub {

    @Override
    public Listing list(HubName name, String revision) {
        URI address = URI.create(endpoint + "/api/v1/models/" + name.path() + "/repo/files?Revision="
                + Hub.encodedPart(revision) + "&Recursive=true");
        Json answer = http.patiently("the hub at %s can't be asked".formatted(endpoint), () -> {
            try (HubHttp.Answer asked = http.get(address, Optional.empty())) {
                if (asked.status != 200) {
                    throw refusal(name, asked);
                }
                return Hub.json(asked);
            }
        });
        Json data = answer.object("Data")
                .orElseThrow(() -> new HubException("%s shows no files of %s: %s"
                        .formatted(endpoint, name.path(), answer.text("Message").orElse("it doesn't say why"))));
        List<HubFile> files = data.objects("Files").stream()
                .filter(file -> !file.text("Type").orElse("blob").equals("tree"))
                .flatMap(file ->
                        file.text("Path").filter(HubFile::isSafe).map(path -> new HubFile(path, blob(file))).stream())
                .toList();
        return new Listing(revision, files);
    }

    private static Optional<Blob> blob(Json file) {
        Optional<String> sha256 = file.text("Sha256").filter(hash -> !hash.isEmpty());
        OptionalLong bytes = file.number("Size");
        return sha256.isPresent() && bytes.isPresent()
                ? Optional.of(new Blob(sha256.get().toLowerCase(Locale.ROOT), bytes.getAsLong()))
                : Optional.empty();
    }

    @Override
    public URI address(HubName name, String commit, HubFile file) {
        return URI.create(endpoint + "/models/" + name.path() + "/resolve/" + Hub.encodedPart(commit) + "/"
                + Hub.encoded(file.path()));
    }

    @Override
    public Blob describe(HubName name, String commit, HubFile file) {
        throw new HubException("%s does not say what %s of %s holds".formatted(endpoint, file.path(), name.path()));
    }

    @Override
    public HubException refusal(HubName name, HubHttp.Answer answer) {
        return new HubException(
                switch (answer.status) {
                    case 401, 403 -> "%s does not show %s to everyone".formatted(endpoint, name.path());
                    case 404 -> "there is no repository %s at %s, or no such revision".formatted(name.path(), endpoint);
                    default -> "%s answers %d when it is asked for %s".formatted(endpoint, answer.status, name.path());
                });
    }
}
