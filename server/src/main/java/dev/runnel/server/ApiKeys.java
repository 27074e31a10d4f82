package dev.runnel.server;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.List;

/// The keys that open the door. Hashes are compared, every one of them and to their end, so the time it
/// takes tells nothing of a key, its length included.
final class ApiKeys {

    private static final String SCHEME = "Bearer ";

    private final List<byte[]> hashes;

    ApiKeys(Collection<String> keys) {
        hashes = keys.stream().map(ApiKeys::hash).toList();
    }

    /// Whether everyone may come in.
    boolean areNone() {
        return hashes.isEmpty();
    }

    /// @param authorization value of the header of that name
    boolean open(String authorization) {
        if (!authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return false;
        }
        byte[] given = hash(authorization.substring(SCHEME.length()).strip());
        boolean known = false;
        for (byte[] hash : hashes) {
            known |= MessageDigest.isEqual(hash, given);
        }
        return known;
    }

    private static byte[] hash(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }
}
