package dev.runnel.app.hub;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// One of the models that a repository holds: a GGUF file, or all parts of a split one.
///
/// @param quantization how its weights are stored, such as `Q4_K_M`, as its name says; empty if it doesn't
/// @param files in the order of the parts
record ModelChoice(String quantization, List<HubFile> files) {

    private static final String EXTENSION = ".gguf";

    private static final Pattern PART = Pattern.compile("(?<model>.+)-(?<number>\\d{5})-of-(?<count>\\d{5})\\.gguf");

    private static final String FORMATS =
            "(?:UD[-_])?(?:[IT]?Q\\d+(?:_[0-9A-Z]+)*|BF16|FP?16|FP?32|MXFP4(?:_MOE)?|NVFP4)";
    private static final Pattern FORMAT_AT_END =
            Pattern.compile("(?:.*?[-._/])?(" + FORMATS + ")", Pattern.CASE_INSENSITIVE);

    /// What is taken where nobody says, by how a format's name begins: the usual compromise first, then what is
    /// nearest to it.
    private static final List<String> NEAREST =
            List.of("Q4_K_M", "Q4_K", "Q4", "IQ4", "Q5_K", "Q5", "Q6", "Q8", "MXFP4", "Q3", "Q2");

    /// The largest files, and so the last to be taken unasked.
    private static final Pattern NOT_QUANTIZED = Pattern.compile("BF16|FP?16|FP?32");

    /// Of what there is instead, in a sentence.
    private static final int MOST_NAMED = 30;

    ModelChoice {
        files = List.copyOf(files);
    }

    /// All of a repository's models, in the order of their names. What a model needs besides, such as the part that
    /// sees images, is none.
    static List<ModelChoice> of(List<HubFile> files) {
        Map<String, List<HubFile>> models = new LinkedHashMap<>();
        files.stream()
                .filter(file -> isModel(file.path()))
                .sorted(Comparator.comparing(HubFile::path))
                .forEach(file -> models.computeIfAbsent(model(file.path()), _ -> new ArrayList<>())
                        .add(file));
        return models.entrySet().stream()
                .map(model -> new ModelChoice(quantization(model.getKey()), model.getValue()))
                .toList();
    }

    /// Whether a file of a repository is a model or a part of one.
    static boolean isModel(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
        return name.endsWith(EXTENSION) && !name.contains("mmproj") && !name.contains("imatrix");
    }

    /// A file's path without the extension and the number of a part.
    private static String model(String path) {
        Matcher part = PART.matcher(path);
        return part.matches() ? part.group("model") : path.substring(0, path.length() - EXTENSION.length());
    }

    /// What the file's name ends with, or else what its folder is called.
    private static String quantization(String model) {
        int slash = model.lastIndexOf('/');
        return format(model.substring(slash + 1))
                .or(() -> slash < 0 ? Optional.empty() : format(model.substring(0, slash)))
                .orElse("");
    }

    private static Optional<String> format(String name) {
        Matcher format = FORMAT_AT_END.matcher(name);
        return format.matches() ? Optional.of(format.group(1).toUpperCase(Locale.ROOT)) : Optional.empty();
    }

    /// The one of `models` that a name means.
    ///
    /// @throws HubException if there is none; it says what there is
    static ModelChoice pick(HubName name, List<ModelChoice> models) {
        if (models.isEmpty()) {
            throw new HubException(
                    "%s holds no GGUF file; repositories that do are often named …-GGUF".formatted(name.path()));
        }
        Optional<ModelChoice> chosen = name.choice().isPresent()
                ? find(name.choice().get(), models)
                : models.stream().min(Comparator.comparingInt(ModelChoice::distance));
        return chosen.orElseThrow(() -> new HubException("%s has no %s; it has %s"
                        .formatted(name.path(), name.choice().orElse(""), describe(models))))
                .requireWhole(name);
    }

    /// How far it is from what is usually taken.
    private int distance() {
        String format = quantization.replaceFirst("^UD[-_]", "");
        if (NOT_QUANTIZED.matcher(format).matches()) {
            return Integer.MAX_VALUE;
        }
        return IntStream.range(0, NEAREST.size())
                .filter(i -> format.startsWith(NEAREST.get(i)))
                .findFirst()
                .orElse(NEAREST.size());
    }

    /// By a file's path or name, by the format, or by the end of the name, whatever the case.
    private static Optional<ModelChoice> find(String choice, List<ModelChoice> models) {
        Pattern end = Pattern.compile("(?:.*[-._/])?" + Pattern.quote(choice), Pattern.CASE_INSENSITIVE);
        return first(
                        models,
                        model -> model.files().stream()
                                .anyMatch(file -> file.path().equalsIgnoreCase(choice)))
                .or(() -> first(
                        models,
                        model -> model.files().stream()
                                .anyMatch(file -> file.name().equalsIgnoreCase(choice))))
                .or(() -> first(models, model -> model.quantization().equalsIgnoreCase(choice)))
                .or(() -> first(
                        models,
                        model -> end.matcher(model(model.files().getFirst().path()))
                                .matches()));
    }

    private static Optional<ModelChoice> first(List<ModelChoice> models, Predicate<ModelChoice> test) {
        return models.stream().filter(test).findFirst();
    }

    private ModelChoice requireWhole(HubName name) {
        Matcher part = PART.matcher(files.getFirst().path());
        if (part.matches() && Integer.parseInt(part.group("count")) != files.size()) {
            throw new HubException("%s of %s is in %d parts, and %d of them are there"
                    .formatted(label(), name.path(), Integer.parseInt(part.group("count")), files.size()));
        }
        return this;
    }

    /// What to ask for it by.
    String label() {
        return quantization.isEmpty() ? files.getFirst().path() : quantization;
    }

    private static String describe(List<ModelChoice> models) {
        List<String> labels = models.stream().map(ModelChoice::label).distinct().toList();
        String first = labels.stream().limit(MOST_NAMED).collect(Collectors.joining(", "));
        return labels.size() > MOST_NAMED ? first + " and " + (labels.size() - MOST_NAMED) + " more" : first;
    }
}
