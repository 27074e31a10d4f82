package dev.runnel.wire;

import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// What is the same in every chunk of a reply. The model is not in it: the backend names the one that
/// answers.
///
/// @param created when the reply began; the wire carries whole seconds
/// @param fingerprint stands for weights, settings and build
public record Envelope(String id, Instant created, Optional<String> fingerprint) {

    /// An envelope without a fingerprint for a new reply: `chatcmpl-…`, `cmpl-…` or `resp_…`.
    public static Envelope fresh(Endpoint endpoint, InstantSource clock, RandomGenerator random) {
        byte[] unique = new byte[16];
        random.nextBytes(unique);
        return new Envelope(endpoint.idPrefix + HexFormat.of().formatHex(unique), clock.instant(), Optional.empty());
    }

    /// This envelope for a model whose weights, settings and build are known.
    public Envelope withFingerprint(Optional<String> fingerprint) {
        return new Envelope(id, created, fingerprint);
    }

    /// Appends the members every chunk begins with, up to and including `"choices":[`.
    void open(ByteSink out, String object, String model, ReplyForm form) {
        out.raw("{\"id\":").string(id);
        out.raw(",\"object\":").string(object);
        out.raw(",\"created\":").number(created.getEpochSecond());
        out.raw(",\"model\":").string(model);
        fingerprint.ifPresent(known -> out.raw(",\"system_fingerprint\":").string(known));
        if (form.tier()) {
            out.raw(",\"service_tier\":\"default\"");
        }
        out.raw(",\"choices\":[");
    }
}
