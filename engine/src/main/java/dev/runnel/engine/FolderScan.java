package dev.runnel.engine;

import dev.runnel.core.Model;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.Metadata;
import dev.runnel.engine.gguf.Tensor;
import dev.runnel.engine.model.ModelCheck;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Finds the models in a folder and the folders below it, by the heads of their files.
///
/// A model is called as its file's path below the folder, without the extension and the number of a part, so
/// its name doesn't depend on what else is there. The cache of a hub's tools is such a folder too, and there
/// a model's name is `OWNER/REPO/` and its file's path in the repository. A file that can't be served is not
/// listed, because a client would choose it in vain, and is logged with its fault.
final class FolderScan {

    private static final System.Logger LOG = System.getLogger(FolderScan.class.getName());

    /// Folders below the folder: more than any hub's layout has.
    private static final int DEEPEST = 8;

    /// A file's path in a hub's cache.
    private static final Pattern IN_HUB_CACHE =
            Pattern.compile("models--(?<owner>.+?)--(?<repository>[^/]+)/snapshots/[^/]+/(?<path>.+)");

    private final Path folder;
    private final EngineOptions options;
    private final SequencedMap<String, FoundModel> models =
            new TreeMap<>(String.CASE_INSENSITIVE_ORDER.thenComparing(String::compareTo));

    private final Set<Path> seen = new HashSet<>();

    private FolderScan(Path folder, EngineOptions options) {
        this.folder = folder;
        this.options = options;
    }

    /// The models in `folder`, by name.
    ///
    /// @param options with which they are to be opened
    /// @throws ModelFileException if there is no such folder or no model in it
    static List<FoundModel> of(Path folder, EngineOptions options) {
        FolderScan scan = new FolderScan(folder, options);
        List<Path> files = scan.files();
        files.forEach(scan::look);
        if (scan.models.isEmpty()) {
            throw new ModelFileException(
                    folder.toString(),
                    files.isEmpty()
                            ? "no %s file is in this folder or below it".formatted(EngineLoader.EXTENSION)
                            : "none of the %d %s files in this folder can be served"
                                    .formatted(files.size(), EngineLoader.EXTENSION));
        }
        return List.copyOf(scan.models.values());
    }

    private List<Path> files() {
        if (!Files.isDirectory(folder)) {
            throw new ModelFileException(
                    folder.toString(),
                    Files.exists(folder) ? "is a file, expected a folder" : "there is no such folder");
        }
        List<Path> files = new ArrayList<>();
        try {
            Files.walkFileTree(folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), DEEPEST, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                    boolean hidden = !directory.equals(folder)
                            && directory.getFileName().toString().startsWith(".");
                    return hidden ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (file.getFileName().toString().endsWith(EngineLoader.EXTENSION) && attributes.isRegularFile()) {
                        files.add(file);
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException failure) {
                    leftOut(file + ": can't be read: " + failure);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException failure) {
            throw new ModelFileException(folder.toString(), "is a folder that can't be read: " + failure);
        }
        files.sort(null); // of a split model the first part comes first
        return files;
    }

    private void look(Path path) {
        if (!seen.add(path.resolveSibling(GgufFile.firstPart(path.getFileName().toString())))) {
            return; // a part before this one has opened the model, or failed to
        }
        String name = id(path);
        try (GgufFile file = GgufFile.open(path)) {
            FoundModel namesake = models.get(name);
            if (namesake != null && Files.isSameFile(namesake.file(), path)) {
                return; // in another snapshot of the same repository, say
            }
            if (namesake != null) {
                throw new ModelFileException(
                        path.toString(), "has the same name as %s, which is served".formatted(namesake.file()));
            }
            models.put(name, found(name, path, file));
        } catch (IOException failure) {
            leftOut(path + ": can't be read: " + failure);
        } catch (ModelFileException fault) {
            leftOut(placed(String.valueOf(fault.getMessage()), path));
        }
    }

    private FoundModel found(String name, Path path, GgufFile file) throws IOException {
        int most = ModelCheck.contextLength(file, options.cacheBytes(), options.cacheType());
        int wanted = options.contextLength().orElse(EngineOptions.LONGEST_DEFAULT_CONTEXT);
        Metadata metadata = file.metadata();
        metadata.requireString("tokenizer.ggml.model");
        Model model = new Model(
                name,
                Files.getLastModifiedTime(path).toInstant(),
                EngineLoader.owner(metadata),
                OptionalInt.of(Math.min(most, wanted)));
        long weights = file.tensors().stream()
                .map(Tensor::data)
                .mapToLong(MemorySegment::byteSize)
                .sum();
        return new FoundModel(model, path, weights);
    }

    private String id(Path file) {
        Path named = file.resolveSibling(GgufFile.modelName(file.getFileName().toString()));
        String below =
                folder.relativize(named).toString().replace(file.getFileSystem().getSeparator(), "/");
        return IN_HUB_CACHE.matcher(below).replaceFirst("${owner}/${repository}/${path}");
    }

    /// A fault begins with the file's name, which says too little in a folder of folders.
    private String placed(String fault, Path file) {
        Path parent = folder.relativize(file).getParent();
        return parent == null || fault.startsWith(folder.toString()) ? fault : parent + "/" + fault;
    }

    private static void leftOut(String fault) {
        LOG.log(System.Logger.Level.WARNING, "left out of the folder's models: " + fault);
    }
}
