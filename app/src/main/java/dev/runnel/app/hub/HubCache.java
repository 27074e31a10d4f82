package dev.runnel.app.hub;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/// The folder in which a hub's tools keep what they have fetched, in their layout, so that nothing is fetched twice:
///
/// ```
/// models--OWNER--REPO/blobs/ETAG                 the bytes
/// models--OWNER--REPO/refs/REVISION              the commit that a branch or a tag was at
/// models--OWNER--REPO/snapshots/COMMIT/FILE      a link to a blob, or a copy where there are no links
/// .locks/models--OWNER--REPO/ETAG.lock           who is fetching
/// ```
public record HubCache(Path folder) {

    /// Where Hugging Face's tools keep it.
    ///
    /// @param environment of the process
    public static HubCache huggingFace(Map<String, String> environment) {
        return new HubCache(variable(environment, "HF_HUB_CACHE")
                .or(() -> variable(environment, "HUGGINGFACE_HUB_CACHE"))
                .orElseGet(() -> huggingFaceHome(environment).resolve("hub")));
    }

    /// A folder beside ModelScope's own, whose layout is another.
    public static HubCache modelScope(Map<String, String> environment) {
        return new HubCache(variable(environment, "MODELSCOPE_CACHE")
                .orElseGet(() -> caches(environment).resolve("modelscope").resolve("hub")));
    }

    /// Where Hugging Face's tools keep their settings.
    static Path huggingFaceHome(Map<String, String> environment) {
        return variable(environment, "HF_HOME")
                .orElseGet(() -> caches(environment).resolve("huggingface"));
    }

    private static Path caches(Map<String, String> environment) {
        return variable(environment, "XDG_CACHE_HOME")
                .orElseGet(() -> home(environment).resolve(".cache"));
    }

    /// A variable that names a folder or a file; one that is empty is not set.
    static Optional<Path> variable(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name))
                .filter(value -> !value.isBlank())
                .map(value -> value.startsWith("~/") ? home(environment).resolve(value.substring(2)) : Path.of(value));
    }

    private static Path home(Map<String, String> environment) {
        return Path.of(Optional.ofNullable(environment.get("HOME"))
                .filter(value -> !value.isBlank())
                .orElseGet(() -> System.getProperty("user.home")));
    }

    /// The file to open of a model that has been fetched; of a split one the first part.
    ///
    /// @throws HubException if the repository has been fetched and not the model that is chosen
    public Optional<Path> find(HubName name) {
        Optional<HubException> missing = Optional.empty();
        for (Path snapshot : snapshots(name)) {
            List<ModelChoice> models = ModelChoice.of(files(snapshot));
            if (!models.isEmpty()) {
                try {
                    HubFile file = ModelChoice.pick(name, models).files().getFirst();
                    return Optional.of(snapshot.resolve(file.path()));
                } catch (HubException other) {
                    missing = missing.or(() -> Optional.of(other));
                }
            }
        }
        missing.ifPresent(first -> {
            throw new HubException("%s, as far as it has been pulled".formatted(first.getMessage()), first);
        });
        return Optional.empty();
    }

    /// What `main` was at, and then the rest, the newest first.
    private List<Path> snapshots(HubName name) {
        Path snapshots = repository(name).resolve("snapshots");
        if (!Files.isDirectory(snapshots)) {
            return List.of();
        }
        List<Path> ordered = new ArrayList<>();
        for (String branch : List.of("main", "master")) {
            commit(name, branch).map(snapshots::resolve).ifPresent(ordered::add);
        }
        try (Stream<Path> all = Files.list(snapshots)) {
            all.sorted(Comparator.comparingLong(HubCache::time).reversed()).forEach(ordered::add);
        } catch (IOException failure) {
            throw unreadable(snapshots, failure);
        }
        return ordered.stream().distinct().filter(Files::isDirectory).toList();
    }

    /// What a branch was at when something was last fetched from it.
    private Optional<String> commit(HubName name, String branch) {
        try {
            String commit = Files.readString(repository(name).resolve("refs").resolve(branch));
            return Optional.of(commit.strip()).filter(HubFile::isSafe);
        } catch (IOException none) {
            return Optional.empty();
        }
    }

    private static long time(Path path) {
        try {
            return Files.getLastModifiedTime(path).toMillis();
        } catch (IOException failure) {
            throw unreadable(path, failure);
        }
    }

    /// What of a snapshot is here; a link to a blob that is gone is not.
    private static List<HubFile> files(Path snapshot) {
        try (Stream<Path> files = Files.walk(snapshot)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> snapshot.relativize(file)
                            .toString()
                            .replace(file.getFileSystem().getSeparator(), "/"))
                    .map(path -> new HubFile(path, Optional.empty()))
                    .toList();
        } catch (IOException failure) {
            throw unreadable(snapshot, failure);
        }
    }

    /// The bytes of a file, once they are here.
    Path blob(HubName name, HubFile.Blob blob) {
        return repository(name).resolve("blobs").resolve(blob.etag());
    }

    /// A file that whoever fetches a blob holds locked.
    Path lock(HubName name, HubFile.Blob blob) {
        return folder.resolve(".locks").resolve(repositoryName(name)).resolve(blob.etag() + ".lock");
    }

    /// Makes a fetched blob the file of a snapshot.
    ///
    /// @return the file
    Path publish(HubName name, String commit, HubFile file, Path blob) {
        Path link = repository(name).resolve("snapshots").resolve(commit).resolve(file.path());
        try {
            Path folderOfLink = Objects.requireNonNull(link.getParent());
            Files.createDirectories(folderOfLink);
            if (Files.exists(link) && Files.isSameFile(link, blob)) {
                return link;
            }
            Files.deleteIfExists(link);
            try {
                Files.createSymbolicLink(link, folderOfLink.relativize(blob));
            } catch (UnsupportedOperationException | FileSystemException noLinks) {
                Files.copy(blob, link, StandardCopyOption.REPLACE_EXISTING);
            }
            return link;
        } catch (IOException failure) {
            throw unwritable(link, failure);
        }
    }

    /// Notes the commit that a branch or a tag is at.
    void note(HubName name, String revision, String commit) {
        if (revision.equals(commit) || !HubFile.isSafe(revision)) {
            return;
        }
        Path ref = repository(name).resolve("refs").resolve(revision);
        try {
            Files.createDirectories(ref.getParent());
            Files.write(ref, commit.getBytes(StandardCharsets.UTF_8));
        } catch (IOException failure) {
            throw unwritable(ref, failure);
        }
    }

    private Path repository(HubName name) {
        return folder.resolve(repositoryName(name));
    }

    private static String repositoryName(HubName name) {
        return "models--" + name.owner() + "--" + name.repository();
    }

    private static HubException unreadable(Path path, IOException failure) {
        return new HubException(path + " can't be read: " + failure, failure);
    }

    static HubException unwritable(Path path, IOException failure) {
        String why = failure instanceof FileAlreadyExistsException
                ? "a file is where a folder is needed"
                : failure instanceof FileSystemException system && system.getReason() != null
                        ? system.getReason()
                        : String.valueOf(failure.getMessage());
        return new HubException(path + " can't be written: " + why, failure);
    }
}
