package dev.runnel.app.hub;

import java.util.Optional;

/// A file in a repository.
///
/// @param path below the repository's root, with slashes; safe to resolve against a folder
/// @param blob what is in it, where the list of files says so
record HubFile(String path, Optional<Blob> blob) {

    /// The bytes of a file.
    ///
    /// @param etag names them; safe as a file's name
    record Blob(String etag, long bytes) {

        Blob {
            if (!etag.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,127}")) {
                throw new HubException("the hub calls a file's bytes '%s', which is no name".formatted(etag));
            }
            if (bytes < 0) {
                throw new HubException("the hub says that a file has %d bytes".formatted(bytes));
            }
        }

        /// How to tell whether bytes are these.
        Checksum checksum() {
            return Checksum.of(this);
        }
    }

    /// Whether a hub's path stays below the folder it is resolved against, on any system.
    static boolean isSafe(String path) {
        for (String part : path.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..") || !part.matches("[^\\\\:\\p{Cntrl}]+")) {
                return false;
            }
        }
        return true;
    }

    /// The path's last part.
    String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
