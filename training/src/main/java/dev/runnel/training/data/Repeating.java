package dev.runnel.training.data;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Saying what one is told, once or several times.
final class Repeating implements Lesson {

    private static final String NAME = "repeating";
    private static final Phrasebook BOOK = Phrasebook.load("repeating");
    private static final Phrasebook WORDS = Phrasebook.load("words");

    /// How much of the training's sayings is anything at all: whatever has a token of its own has to be copied now and
    /// then, as what nobody ever repeated comes out as something else.
    private static final double ANYTHING = 0.35;
    private static final double ANYTHING_IN_DRILLS = 0.75;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Conversation make(Draw draw) {
        return about(draw, saying(draw));
    }

    /// One of many in a row: where most of copying is learnt.
    static Conversation brief(Draw draw) {
        return about(draw, saying(draw, ANYTHING_IN_DRILLS));
    }

    private static Conversation about(Draw draw, String phrase) {
        boolean isShort = phrase.length() <= 20;
        if (!isShort || draw.chance(0.6)) {
            String question = draw.phrase(BOOK, "once").replace("{w}", phrase);
            return Conversation.of(NAME, draw.language(), ended(draw, question, phrase), new Answer.Exact(phrase));
        }
        int n = draw.between(2, 6);
        boolean inWords = draw.chance(0.4);
        String times =
                !inWords ? String.valueOf(n) : draw.isChinese() && n == 2 ? "两" : Numerals.of(n, draw.language());
        String question = draw.phrase(BOOK, "times").replace("{w}", phrase).replace("{n}", times);
        return Conversation.of(
                NAME, draw.language(), ended(draw, question, phrase), new Answer.Exact(Text.times(phrase, n, ", ")));
    }

    /// Signs around what is to be repeated may be wide; those in it stay.
    private static String ended(Draw draw, String question, String phrase) {
        String end = question.endsWith(phrase) || Text.endsSentence(question) || draw.chance(0.7)
                ? ""
                : draw.isChinese() ? "\u3002" : ".";
        boolean mayChange = phrase.equals(Text.wide(phrase));
        return (draw.isChinese() && mayChange && draw.chance(0.6) ? Text.wide(question) : question) + end;
    }

    /// Something to say, of the draw's split.
    static String saying(Draw draw) {
        return saying(draw, ANYTHING);
    }

    private static String saying(Draw draw, double anything) {
        while (true) {
            String phrase = any(draw.chance(0.85) ? draw : draw.inOtherLanguage(), anything);
            if (draw.mayUse(phrase)) {
                return phrase;
            }
        }
    }

    private static String any(Draw draw, double anything) {
        if (draw.trains() && draw.chance(anything)) {
            String separator = draw.of(" ", " ", draw.isChinese() ? "" : " ", ", ");
            return IntStream.range(0, draw.chance(0.2) ? draw.between(5, 14) : draw.between(1, 4))
                    .mapToObj(_ -> thing(draw.chance(0.85) ? draw : draw.inOtherLanguage()))
                    .collect(Collectors.joining(separator));
        }
        List<String> words = WORDS.words(draw.language(), "words");
        double kind = draw.between(0, 99) / 100.0;
        if (kind < 0.1) {
            return String.valueOf(draw.between(0, draw.of(99, 999, 999, 9999, 99999)));
        }
        if (kind < 0.2) {
            return draw.letters(2, 9);
        }
        if (kind < 0.25) {
            return draw.letters(1, 4) + draw.of("-", "_", ".", "", " ") + draw.between(0, 999);
        }
        if (draw.isChinese()) {
            if (kind < 0.45) {
                return draw.of(words);
            }
            String characters = characters(words);
            return IntStream.range(0, draw.between(1, kind < 0.85 ? 8 : 18))
                    .mapToObj(_ -> {
                        int at = draw.between(0, characters.length() - 1);
                        return characters.substring(at, at + 1);
                    })
                    .collect(Collectors.joining());
        }
        if (kind < 0.4) {
            return draw.of(words);
        }
        String phrase = IntStream.range(0, draw.between(2, kind < 0.8 ? 4 : 10))
                .mapToObj(_ -> draw.chance(0.2) ? Noise.word(draw) : draw.of(words))
                .collect(Collectors.joining(" "));
        return kind > 0.7 ? Text.capital(phrase) : phrase;
    }

    /// A number, a word, a place, a thing of this world, letters, characters that hardly anyone writes.
    private static String thing(Draw draw) {
        double kind = draw.between(0, 99) / 100.0;
        if (kind < 0.2) {
            return String.valueOf(draw.between(0, 999));
        }
        if (kind < 0.3 && draw.isChinese()) {
            return draw.anyCharacters(draw.between(1, 3));
        }
        return kind < 0.6
                ? Beyond.thing(draw)
                : kind < 0.75
                        ? ToolCalls.place(draw)
                        : kind < 0.88 ? Noise.word(draw) : draw.of(WORDS.words(draw.language(), "words"));
    }

    /// Those of the words too: a word that is held out consists of characters that are not.
    private static String characters(List<String> words) {
        return WORDS.words(Language.CHINESE, "characters").getFirst() + String.join("", words);
    }
}
