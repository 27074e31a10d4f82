package dev.runnel.app.hub;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/// How a blob's name follows from its bytes.
enum Checksum {
    /// Of large files: the SHA-256 of their bytes.
    SHA_256("SHA-256"),
    /// Of small files: the SHA-1 of git's header and their bytes.
    GIT("SHA-1"),
    /// A name that says nothing of the bytes.
    NONE("");

    private static final Pattern SHA_256_HEX = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern SHA_1_HEX = Pattern.compile("[0-9a-f]{40}");

    private final String algorithm;

    Checksum(String algorithm) {
        this.algorithm = algorithm;
    }

    static Checksum of(HubFile.Blob blob) {
        if (SHA_256_HEX.matcher(blob.etag()).matches()) {
            return SHA_256;
        }
        return SHA_1_HEX.matcher(blob.etag()).matches() ? GIT : NONE;
    }

    /// Takes the bytes of a blob, and then gives its name.
    ///
    /// @param bytes how many will come
    MessageDigest begin(long bytes) {
        try {
            MessageDigest digest = MessageDigest.getInstance(algorithm);
            if (this == GIT) {
                digest.update(("blob " + bytes + "\0").getBytes(StandardCharsets.US_ASCII));
            }
            return digest;
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static String name(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }
}
