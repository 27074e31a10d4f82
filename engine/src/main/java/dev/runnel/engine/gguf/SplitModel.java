package dev.runnel.engine.gguf;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufReader.Content;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A model that is cut into several files, which lie side by side and say so in their names and their
/// metadata:
///
/// ```
/// name-00002-of-00003.gguf
/// split.no             this part, counted from 0
/// split.count          parts in all; absent, 0 or 1 in a file that is whole
/// split.tensors.count  tensors of all parts together
/// ```
///
/// The first part has the metadata of the model and each its own tensors. Any of them opens them all.
final class SplitModel {

    private static final Pattern PART_NAME =
            Pattern.compile("(?<model>.+)-(?<number>\\d{5})-of-(?<count>\\d{5})\\.gguf", Pattern.DOTALL);

    private static final String NUMBER_KEY = "split.no";
    private static final String COUNT_KEY = "split.count";
    private static final String TENSORS_KEY = "split.tensors.count";

    /// As many as a name can count.
    private static final int MOST_PARTS = 99_999;

    private final String opened;
    private final String model;
    private final int count;
    private final OptionalInt tensorCount;

    private SplitModel(String opened, String model, int count, OptionalInt tensorCount) {
        this.opened = opened;
        this.model = model;
        this.count = count;
        this.tensorCount = tensorCount;
    }

    /// What a model's name is without the extension, and without the number of a part.
    static String modelName(String file) {
        Matcher part = PART_NAME.matcher(file);
        if (part.matches()) {
            return part.group("model");
        }
        return file.endsWith(".gguf") && file.length() > ".gguf".length()
                ? file.substring(0, file.length() - ".gguf".length())
                : file;
    }

    /// The name of the first part of the model whose part has this name; a name that is no part's is its own.
    static String firstPart(String file) {
        Matcher part = PART_NAME.matcher(file);
        return part.matches() ? part.group("model") + "-00001-of-" + part.group("count") + ".gguf" : file;
    }

    /// The whole model that a file belongs to: its own content, or that of all parts.
    ///
    /// @param file the name of the file that was opened
    /// @param content what it holds
    /// @param beside reads the file of another name in the same folder; empty if there is none
    static Content complete(String file, Content content, Function<String, Optional<Content>> beside) {
        int count = content.metadata().integer(COUNT_KEY, 0, MOST_PARTS).orElse(1);
        if (count <= 1) {
            return content;
        }
        int number = content.metadata().requireInteger(NUMBER_KEY, 0, count - 1) + 1;
        Matcher name = PART_NAME.matcher(file);
        if (!name.matches()
                || Integer.parseInt(name.group("number")) != number
                || Integer.parseInt(name.group("count")) != count) {
            throw new ModelFileException(
                    file,
                    "is part %d of %d by its metadata, expected a name that ends in %s"
                            .formatted(number, count, suffix(number, count)));
        }
        OptionalInt tensorCount = content.metadata().integer(TENSORS_KEY, 0, Integer.MAX_VALUE);
        return new SplitModel(file, name.group("model"), count, tensorCount).merge(number, content, beside);
    }

    private Content merge(int openedNumber, Content openedPart, Function<String, Optional<Content>> beside) {
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        Metadata metadata = openedPart.metadata();
        long bytes = 0;
        for (int number = 1; number <= count; number++) {
            String name = model + suffix(number, count);
            Content part = number == openedNumber ? openedPart : read(openedNumber, number, name, beside);
            for (Tensor tensor : part.tensors().values()) {
                if (tensors.putIfAbsent(tensor.name(), tensor) != null) {
                    throw new ModelFileException(
                            name, "tensor %s is in a part before this one too".formatted(tensor.name()));
                }
            }
            if (number == 1) {
                metadata = part.metadata();
            }
            bytes += part.bytes();
        }
        if (tensorCount.isPresent() && tensorCount.getAsInt() != tensors.size()) {
            throw new ModelFileException(
                    opened,
                    "the model's %d parts hold %d tensors, expected %d as %s says"
                            .formatted(count, tensors.size(), tensorCount.getAsInt(), TENSORS_KEY));
        }
        return new Content(metadata, tensors, bytes);
    }

    private Content read(int openedNumber, int number, String name, Function<String, Optional<Content>> beside) {
        Content part = beside.apply(name)
                .orElseThrow(() -> new ModelFileException(
                        opened,
                        "is part %d of %d, and part %d, %s, is not beside it"
                                .formatted(openedNumber, count, number, name)));
        int itsNumber = part.metadata().integer(NUMBER_KEY, 0, MOST_PARTS).orElse(0) + 1;
        int itsCount = part.metadata().integer(COUNT_KEY, 0, MOST_PARTS).orElse(1);
        if (itsNumber != number || itsCount != count) {
            throw new ModelFileException(
                    name,
                    "is part %d of %d by its metadata, expected part %d of %d as %s needs it"
                            .formatted(itsNumber, itsCount, number, count, opened));
        }
        OptionalInt itsTensors = part.metadata().integer(TENSORS_KEY, 0, Integer.MAX_VALUE);
        if (!itsTensors.equals(tensorCount)) {
            throw new ModelFileException(
                    name, "is a part of another model than %s: its %s differs".formatted(opened, TENSORS_KEY));
        }
        return part;
    }

    private static String suffix(int number, int count) {
        return String.format(Locale.ROOT, "-%05d-of-%05d.gguf", number, count);
    }
}
