package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;

/// A completion request as it came over the wire: what to complete, and in which form to reply.
///
/// @param stream reply with a stream of chunks
/// @param includeUsage end the stream with a chunk of usage
public record WireRequest(CompletionRequest completion, boolean stream, boolean includeUsage) {

    /// Reads a request's JSON body.
    ///
    /// @throws BackendException of kind `INVALID_REQUEST` or `UNSUPPORTED`, with the path of the field to
    ///     blame
    public static WireRequest read(Endpoint endpoint, byte[] body, WireLimits limits) {
        Json document;
        try {
            document = JsonReader.read(body);
        } catch (JsonReader.MalformedException malformed) {
            throw new BackendException(
                    BackendException.Kind.INVALID_REQUEST, "the body " + malformed.getMessage(), malformed);
        }
        return new RequestReader(endpoint, Node.of(document), limits).read();
    }

    public Endpoint endpoint() {
        return Endpoint.of(completion.prompt());
    }
}
