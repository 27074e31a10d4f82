package dev.runnel.app.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// A place that keeps repositories of models: what can be asked of it.
sealed interface Hub permits HuggingFace, ModelScope {

    /// The models' files in a repository at one commit.
    ///
    /// @param commit safe as a folder's name
    record Listing(String commit, List<HubFile> files) {
        public Listing {
            files = List.copyOf(files);
            if (!commit.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,127}")) {
                throw new HubException("the hub calls a commit '%s', which is no name".formatted(commit));
            }
        }
    }

    /// Where it is, without a slash at the end.
    URI endpoint();

    HubHttp http();

    /// @param revision a branch, a tag or a commit
    /// @throws HubException if there is no such repository or revision, or not for everyone
    Listing list(HubName name, String revision);

    /// Where a file's bytes are asked for.
    URI address(HubName name, String commit, HubFile file);

    /// What is in a file whose listing doesn't say.
    HubFile.Blob describe(HubName name, String commit, HubFile file);

    /// What to say of an answer that is no success.
    HubException refusal(HubName name, HubHttp.Answer answer);

    /// A body that is an answer and not a file, as one JSON object.
    static Json json(HubHttp.Answer answer) throws IOException {
        String host = answer.address.getHost();
        byte[] document;
        try (InputStream body = answer.body()) {
            document = body.readNBytes(MOST_ANSWER_BYTES);
            if (body.read() >= 0) {
                throw new HubException("%s answers with more than %d MiB".formatted(host, MOST_ANSWER_BYTES >> 20));
            }
        }
        try {
            return Json.read(document);
        } catch (IOException malformed) {
            throw new HubException("%s answers with something else than a list of files".formatted(host), malformed);
        }
    }

    int MOST_ANSWER_BYTES = 32 << 20;

    /// A path as part of an address.
    static String encoded(String path) {
        return Arrays.stream(path.split("/")).map(Hub::encodedPart).collect(Collectors.joining("/"));
    }

    /// A text as one part of a path, or as a value in a query.
    static String encodedPart(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
