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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A file of phrases, in sections. What a line is, its first character says:
///
/// ```
/// [zh up]              a section: its language, or `any`, and its name
/// [zh <range>]         fragments: what `<range>` may stand for in phrases of this file and language
/// (|please) count      a phrase to train on, see [Phrase]
/// ~ a phrase           held out
/// ^ a phrase           kept aside
/// > a text             what is answered
/// ? a|b & c            what has to be in an answer
/// @ a | b              names of the section's topic
/// # a remark
/// ```
///
/// The fragments of `common.txt` are for all files. A section without phrases that are held out or kept aside serves
/// every split: there, what is drawn beside the phrase tells the splits apart.
final class Phrasebook {

    private static final String COMMON = "common";
    private static final int MANY = 40;

    private record Parsed(List<Phrase> phrases, List<Phrase> plain, boolean areRich, Set<String> fixed) {}

    /// A section.
    static final class Section {
        private final Phrasebook book;
        private final String language;
        private final Map<Split, List<String>> lines = new EnumMap<>(Split.class);
        private final Map<Split, Parsed> parsed = new ConcurrentHashMap<>(); // when first asked for
        private final Map<Split, Set<String>> reserved = new ConcurrentHashMap<>();
        private final List<String> names = new ArrayList<>();
        private String answer = "";
        private List<String> required = List.of();

        private Section(Phrasebook book, String language) {
            this.book = book;
            this.language = language;
            for (Split split : Split.values()) {
                lines.put(split, new ArrayList<>());
            }
        }

        /// The lines of a split; none, if the section has none for it.
        List<String> lines(Split split) {
            return of(isShared() ? Split.TRAINING : split.phrases());
        }

        /// The same as phrases.
        List<Phrase> phrases(Split split) {
            return parsed(split).phrases();
        }

        /// Those for training that can be said in few ways only: the simple ones. All, if there are none.
        List<Phrase> plain() {
            return parsed(Split.TRAINING).plain();
        }

        /// Whether there are so many ways to say what the section says that some of them can be held out.
        boolean isRich() {
            return parsed(Split.TRAINING).areRich();
        }

        /// Whether a phrase is a line of the book as it stands: what people say most is, and never held out.
        boolean isAlwaysTaught(String phrase) {
            return parsed(Split.TRAINING).fixed().contains(Text.plain(phrase));
        }

        private Parsed parsed(Split split) {
            return parsed.computeIfAbsent(split, _ -> {
                List<Phrase> phrases = lines(split).stream()
                        .map(line -> Phrase.parse(line, name -> book.fragment(language, name)))
                        .toList();
                List<Phrase> plain =
                        phrases.stream().filter(phrase -> phrase.ways() < MANY).toList();
                Set<String> fixed = phrases.stream()
                        .filter(phrase -> phrase.ways() == 1)
                        .flatMap(Phrase::all)
                        .map(Text::plain)
                        .collect(Collectors.toSet());
                return new Parsed(phrases, plain.isEmpty() ? phrases : plain, plain.size() < phrases.size(), fixed);
            });
        }

        /// Whether all splits draw from the same phrases.
        boolean isShared() {
            return of(Split.HELD_OUT).isEmpty() && of(Split.KEPT_ASIDE).isEmpty();
        }

        /// Whether a phrase is, but for signs and capitals, one of those written for the other splits.
        boolean isReserved(String phrase) {
            return Stream.of(Split.HELD_OUT, Split.KEPT_ASIDE)
                    .anyMatch(split -> reserved(split).contains(Text.plain(phrase)));
        }

        private Set<String> reserved(Split split) {
            return reserved.computeIfAbsent(
                    split,
                    _ -> isShared()
                            ? Set.of()
                            : phrases(split).stream()
                                    .flatMap(Phrase::all)
                                    .map(Text::plain)
                                    .collect(Collectors.toSet()));
        }

        private List<String> of(Split split) {
            return Objects.requireNonNull(lines.get(split));
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
            Section section = new Section(book, "");
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                if (line.startsWith("[") && line.endsWith("]")) {
                    String key = line.substring(1, line.length() - 1);
                    section = new Section(book, Text.split(key, ' ').getFirst());
                    book.sections.put(key, section);
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

    private Phrase fragment(String language, String fragment) {
        String key = "%s <%s>".formatted(language, fragment);
        Phrasebook book = sections.containsKey(key) || name.equals(COMMON) ? this : Common.BOOK;
        return new Phrase.Choice(book.section(key).phrases(Split.TRAINING));
    }

    private static final class Common {
        static final Phrasebook BOOK = load(COMMON);
    }

    /// The names of the sections in a language, without it; not those of fragments.
    List<String> sections(Language language) {
        String prefix = language.code() + " ";
        return sections.keySet().stream()
                .filter(key -> key.startsWith(prefix) && !key.endsWith(">"))
                .map(key -> key.substring(prefix.length()))
                .toList();
    }

    /// The words of a section that is a list of words.
    List<String> words(Language language, String section) {
        return List.of(String.join(" ", section(language, section).lines(Split.TRAINING))
                .strip()
                .split("\\s+"));
    }
}
