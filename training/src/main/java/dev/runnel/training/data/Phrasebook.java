package dev.runnel.training.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// A file of phrases, in sections. What a line is, its first character says:
///
/// ```
/// [zh up]              a section: its language, or `any`, and its name
/// (|Please )count      a phrase to train on; one of the alternatives in brackets
/// ~ a phrase           held out
/// ^ a phrase           kept aside
/// > a text             what is answered
/// ? a|b & c            what has to be in an answer
/// @ a | b              names of the section's topic
/// # a remark
/// ```
///
/// A section without phrases that are held out or kept aside serves every split: there, what is drawn beside the phrase
/// tells the splits apart.
final class Phrasebook {

    /// A section.
    static final class Section {
        private final Map<Split, List<String>> phrases = new EnumMap<>(Split.class);
        private final List<String> names = new ArrayList<>();
        private String answer = "";
        private List<String> required = List.of();

        private Section() {
            for (Split split : Split.values()) {
                phrases.put(split, new ArrayList<>());
            }
        }

        /// The phrases of a split; none, if the section has none for it.
        List<String> phrases(Split split) {
            boolean isShared =
                    of(Split.HELD_OUT).isEmpty() && of(Split.KEPT_ASIDE).isEmpty();
            return of(isShared ? Split.TRAINING : split);
        }

        private List<String> of(Split split) {
            return Objects.requireNonNull(phrases.get(split));
        }

        List<String> names() {
            return names;
        }

        String answer() {
            return answer;
        }

        List<String> required() {
            return required;
        }

        private void add(String line) {
            String rest = line.substring(1).strip();
            switch (line.charAt(0)) {
                case '~' -> of(Split.HELD_OUT).add(rest);
                case '^' -> of(Split.KEPT_ASIDE).add(rest);
                case '>' -> answer = rest;
                case '?' -> required = Text.split(rest, '&');
                case '@' -> names.addAll(Text.split(rest, '|'));
                default -> of(Split.TRAINING).add(line);
            }
        }
    }

    private final String name;
    private final Map<String, Section> sections = new LinkedHashMap<>();

    private Phrasebook(String name) {
        this.name = name;
    }

    static Phrasebook load(String name) {
        Phrasebook book = new Phrasebook(name);
        try (InputStream in = Objects.requireNonNull(Phrasebook.class.getResourceAsStream(name + ".txt"), name)) {
            Section section = new Section();
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                if (line.startsWith("[") && line.endsWith("]")) {
                    section = new Section();
                    book.sections.put(line.substring(1, line.length() - 1), section);
                } else {
                    section.add(line);
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return book;
    }

    Section section(Language language, String section) {
        return section(language.code() + " " + section);
    }

    Section section(String key) {
        Section found = sections.get(key);
        if (found == null) {
            throw new IllegalArgumentException("%s.txt has no section [%s]".formatted(name, key));
        }
        return found;
    }

    /// The names of the sections in a language, without it.
    List<String> sections(Language language) {
        String prefix = language.code() + " ";
        return sections.keySet().stream()
                .filter(key -> key.startsWith(prefix))
                .map(key -> key.substring(prefix.length()))
                .toList();
    }

    /// The words of a section that is a list of words.
    List<String> words(Language language, String section) {
        return List.of(String.join(" ", section(language, section).phrases(Split.TRAINING))
                .strip()
                .split("\\s+"));
    }
}
