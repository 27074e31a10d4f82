package dev.runnel.training.data;

import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Chance, and what it may choose from: everything random in a conversation comes from here, so a seed is a
/// conversation.
public final class Draw {

    private static final Phrasebook DECORATIONS = Phrasebook.load("decorations");
    private static final int TRIES = 2000;

    /// Up to here, the training goes on from simple phrases to all of them.
    private static final double SIMPLE = 0.33;

    private final Random random;
    private final Split split;
    private final Language language;
    private final double progress;
    private boolean isNew;

    /// @param progress how much of the training lies behind, 0 to 1: what is short comes first
    public Draw(Random random, Split split, Language language, double progress) {
        this.random = random;
        this.split = split;
        this.language = language;
        this.progress = progress;
    }

    /// The same chance, in the other language.
    Draw inOtherLanguage() {
        return new Draw(random, split, language.other(), progress);
    }

    Language language() {
        return language;
    }

    boolean isChinese() {
        return language == Language.CHINESE;
    }

    boolean trains() {
        return split == Split.TRAINING;
    }

    double progress() {
        return progress;
    }

    /// Whether something was drawn that no training conversation has.
    boolean isNew() {
        return isNew;
    }

    /// Whether operands belong to this split.
    boolean mayUse(String operands) {
        boolean mayUse = Split.of(operands) == split.operands();
        isNew |= mayUse && !trains();
        return mayUse;
    }

    int between(int least, int most) {
        return least + random.nextInt(most - least + 1);
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    <T> T of(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    @SafeVarargs
    final <T> T of(T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /// One of the words that belong to this split.
    String word(List<String> words) {
        for (int i = 0; i < TRIES; i++) {
            String word = of(words);
            if (mayUse(word)) {
                return word;
            }
        }
        throw new IllegalStateException("none of %d words is %s".formatted(words.size(), split));
    }

    /// A phrase of a section in the draw's language, as people write it: in training, often not quite as it is in the
    /// book.
    String phrase(Phrasebook book, String name) {
        Phrasebook.Section section = book.section(language, name);
        String phrase = phrase(section);
        String noisy = noisy(phrase);
        return section.isReserved(noisy) ? phrase : noisy;
    }

    /// Often not quite what it was, in training.
    String noisy(String phrase) {
        return trains() && !chance(early()) ? Noise.in(phrase, this) : phrase;
    }

    /// How likely something is kept simple: what a question is about is learnt from few phrases, and then recognised in
    /// many.
    double early() {
        return Math.max(0, 1 - progress / SIMPLE);
    }

    /// A phrase as it is in the book. Of sections with many phrases, some are held out.
    String phrase(Phrasebook.Section section) {
        if (section.isShared() || split.phrases() != Split.TRAINING) {
            isNew |= !section.isShared();
            return Text.tidy(of(section.phrases(split)).drawn(this));
        }
        boolean isPlain = trains() && chance(early());
        List<Phrase> phrases = isPlain ? section.plain() : section.phrases(split);
        String drawn = "";
        for (int i = 0; i < TRIES; i++) {
            drawn = Text.tidy(of(phrases).drawn(this));
            boolean isHeldOut =
                    section.isRich() && !section.isAlwaysTaught(drawn) && Split.of(Text.plain(drawn)) == Split.HELD_OUT;
            if (isHeldOut != trains() && !section.isReserved(drawn)) {
                isNew |= isHeldOut;
                return drawn;
            }
        }
        if (trains()) {
            throw new IllegalStateException("all of these are held out: " + section.lines(split));
        }
        return drawn; // of a section with few phrases: what is drawn beside it has to be new
    }

    boolean hasPhrase(Phrasebook.Section section) {
        return !section.phrases(split).isEmpty();
    }

    /// A question as people write it: with a greeting or thanks, or none; with an end, or none; in Chinese with wide
    /// signs, or narrow ones.
    String asked(String question) {
        return asked(question, trains() ? 0.25 : 0.12);
    }

    /// @param decorated how likely something is put around it, once phrases are not kept simple
    String asked(String question, double decorated) {
        String asked = question.strip();
        if (chance(trains() ? decorated * (1 - early()) : decorated)) {
            asked = phrase(DECORATIONS.section(language.code())).replace("{q}", asked);
        }
        return written(Text.endsSentence(asked) ? asked : asked + end(asked));
    }

    /// A question that nothing is put around.
    String written(String question) {
        if (isChinese()) {
            return chance(0.65) ? Text.wide(question) : question;
        }
        double form = random.nextDouble();
        return form < 0.15 ? question.toLowerCase(Locale.ROOT) : form < 0.6 ? Text.capital(question) : question;
    }

    private String end(String question) {
        boolean isSum = "0123456789=".indexOf(question.charAt(question.length() - 1)) >= 0;
        double form = random.nextDouble();
        if (form < 0.5 || isSum) {
            return "";
        }
        return isChinese() ? (form < 0.9 ? "\u3002" : "!") : form < 0.9 ? "." : form < 0.95 ? "!" : "?";
    }

    /// Chinese characters of any kind, most of which nobody knows.
    String anyCharacters(int count) {
        return IntStream.range(0, count)
                .mapToObj(_ -> Character.toString(between(0x4E00, 0x9FA5)))
                .collect(Collectors.joining());
    }

    /// Letters that are no word.
    String letters(int least, int most) {
        return IntStream.range(0, between(least, most))
                .mapToObj(_ -> String.valueOf((char) ((chance(0.85) ? 'a' : 'A') + random.nextInt(26))))
                .collect(Collectors.joining());
    }
}
