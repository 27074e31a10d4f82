package dev.runnel.training.data;

import dev.runnel.training.data.Arithmetic.Operation;
import dev.runnel.training.data.Arithmetic.Sum;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// What a model of this size can't do: world knowledge, writing, larger sums, other languages, code, rubbish. The
/// answer says so, and how to load a bigger one.
final class Beyond implements Lesson {

    private static final Phrasebook BOOK = Phrasebook.load("beyond");
    private static final Phrasebook WORDS = Phrasebook.load("words");
    private static final List<String> ONSETS = List.of(
            "b", "br", "d", "dr", "f", "g", "gl", "h", "j", "k", "kr", "l", "m", "n", "p", "r", "s", "t", "v", "z");
    private static final List<String> FOREIGN = List.of("fr", "de", "es", "ja", "ru", "ko");

    @Override
    public String name() {
        return "beyond";
    }

    @Override
    public Conversation make(Draw draw) {
        double kind = draw.between(0, 99) / 100.0;
        String question = kind < 0.62
                ? draw.asked(about(draw))
                : kind < 0.74
                        ? draw.asked(sum(draw))
                        : kind < 0.84 ? rubbish(draw) : kind < 0.97 ? foreign(draw) : text(draw);
        // What is no language of the model's, it answers in English.
        Language answered = Text.hasChinese(question) ? Language.CHINESE : Language.ENGLISH;
        return Conversation.of(name(), draw.language(), question, answer(answered));
    }

    static Answer answer(Language language) {
        return Topics.answer(language, BOOK.section(language, "answer"));
    }

    /// A question about things of this world.
    static String about(Draw draw) {
        return draw.phrase(BOOK, "ask").replace("{n}", things(draw)).replace("{m}", things(draw));
    }

    /// A thing, or in training at times two.
    private static String things(Draw draw) {
        String thing = thing(draw);
        return draw.trains() && draw.chance(0.06)
                ? thing + (draw.isChinese() ? draw.of("\u548c", "\u4e0e") : draw.of(" and ", " or ")) + thing(draw)
                : thing;
    }

    /// A thing of the draw's split: out of a list, with a word in front, or a name that nobody has. So what the model
    /// has not heard of is beyond it.
    static String thing(Draw draw) {
        if (draw.trains() && draw.chance(0.12)) {
            return name(draw);
        }
        String thing = draw.word(BOOK.words(draw.language(), "things"));
        boolean bare = !draw.trains() || thing.indexOf('_') >= 0 || draw.chance(0.85);
        return (bare ? thing : kind(draw) + thing).replace('_', ' ');
    }

    private static String kind(Draw draw) {
        return draw.of(BOOK.words(draw.language(), "kinds")) + (draw.isChinese() ? "" : " ");
    }

    private static String name(Draw draw) {
        if (draw.isChinese() && draw.chance(0.25)) {
            return draw.anyCharacters(draw.between(1, 3));
        }
        if (draw.isChinese()) {
            return draw.of(characters(BOOK.section("zh surnames"))) + characters(draw, draw.between(1, 2));
        }
        String name = words(
                draw.between(2, 3),
                "",
                () -> draw.of(ONSETS) + draw.of("a", "e", "i", "o", "u", "ai", "ou") + draw.of("", "", "n", "r", "s"));
        return draw.chance(0.7) ? Text.capital(name) : name;
    }

    private static String characters(Draw draw, int count) {
        List<String> characters = characters(WORDS.section("zh characters"));
        return words(count, "", () -> draw.of(characters));
    }

    private static List<String> characters(Phrasebook.Section section) {
        return List.of(section.lines(Split.TRAINING).getFirst().split(""));
    }

    private static String sum(Draw draw) {
        while (true) {
            String sum = draw.chance(0.3)
                    ? large(draw)
                    : draw.trains() && draw.chance(0.2) ? decimal(draw) : draw.phrase(BOOK, "sums");
            while (sum.contains("{")) {
                sum = sum.replaceFirst("\\{big}", String.valueOf(draw.between(201, draw.of(999, 9999))))
                        .replaceFirst("\\{small}", String.valueOf(draw.between(2, 99)))
                        .replaceFirst("\\{few}", String.valueOf(draw.between(2, 9)));
            }
            if (draw.mayUse(sum.replaceAll("[^0-9]+", " "))) {
                return sum;
            }
        }
    }

    /// Asked as any sum is, with numbers or a result that are clearly too large, or with no result.
    private static String large(Draw draw) {
        Operation operation =
                draw.of(Operation.PLUS, Operation.MINUS, Operation.TIMES, Operation.TIMES, Operation.DIVIDED);
        int most = draw.of(240, 999, 9999);
        Sum sum = switch (operation) {
            case PLUS -> new Sum(draw.between(150, most), operation, draw.between(150, most));
            case MINUS -> new Sum(draw.between(230, most), operation, draw.between(2, most));
            case TIMES -> new Sum(draw.between(21, most), operation, draw.between(21, 99));
            case DIVIDED -> new Sum(draw.between(21, most), operation, 0);
        };
        return Arithmetic.question(draw, sum);
    }

    /// Asked as any sum is, with a number that is not whole.
    private static String decimal(Draw draw) {
        String a = draw.between(0, draw.of(20, 200)) + "." + draw.between(1, draw.of(9, 99));
        String b = draw.between(1, 99) + (draw.chance(0.6) ? "." + draw.between(1, 9) : "");
        return Arithmetic.asked(draw, a, draw.of(Operation.values()), b);
    }

    private static String rubbish(Draw draw) {
        while (true) {
            String rubbish = anyRubbish(draw);
            if (draw.mayUse(rubbish)) {
                return rubbish;
            }
        }
    }

    private static String anyRubbish(Draw draw) {
        double kind = draw.between(0, 99) / 100.0;
        if (kind < 0.3) {
            return words(draw.between(1, 4), draw.isChinese() ? "" : " ", () -> draw.letters(3, 9));
        }
        if (kind < 0.45) {
            return words(draw.between(2, 12), "", () -> draw.of("!", "?", ".", "#", "$", "%", "&", "*", "~", "-"));
        }
        if (draw.isChinese()) {
            return characters(draw, draw.between(5, 16));
        }
        return words(draw.between(4, 12), " ", () -> draw.of(WORDS.words(draw.language(), "words")));
    }

    private static String words(int count, String separator, Supplier<String> piece) {
        return IntStream.range(0, count).mapToObj(_ -> piece.get()).collect(Collectors.joining(separator));
    }

    /// A stretch of another language, or of code.
    private static String foreign(Draw draw) {
        while (true) {
            String key = draw.chance(0.4) ? "code" : draw.of(FOREIGN);
            String all = String.join(" ", BOOK.section(key + " rubbish").lines(Split.TRAINING));
            boolean spaced = !key.equals("ja");
            List<String> words = List.of(spaced ? all.split(" ") : all.split("(?<=[\u3002\u3001])"));
            int from = draw.between(0, words.size() - 1);
            int length = Math.min(words.size() - from, draw.between(spaced ? 3 : 1, spaced ? 14 : 3));
            List<String> part = new ArrayList<>(words.subList(from, from + length));
            if (draw.chance(0.3)) {
                Collections.shuffle(part, new Random(draw.between(0, 1 << 20)));
            }
            String text = String.join(spaced ? " " : "", part);
            if (draw.mayUse(text)) {
                return text;
            }
        }
    }

    /// A long text to do something with.
    private static String text(Draw draw) {
        List<String> words = new ArrayList<>(BOOK.words(draw.language(), "things"));
        words.addAll(WORDS.words(draw.language(), "words"));
        int length = draw.between(40, draw.progress() < 0.625 ? 150 : draw.of(200, 300, 450));
        String body = IntStream.range(0, length)
                .mapToObj(i ->
                        draw.word(words).replace('_', ' ') + (i % 9 == 8 ? (draw.isChinese() ? "\u3002" : ".") : ""))
                .collect(Collectors.joining(draw.isChinese() ? "" : " "));
        String request = draw.isChinese()
                ? draw.of("请总结下面的文字:", "翻译:", "这段话说了什么?", "")
                : draw.of("Summarize this text: ", "Translate: ", "What is this about? ", "");
        return draw.chance(0.7) || request.isEmpty() ? request + body : body + "\n" + request.strip();
    }
}
