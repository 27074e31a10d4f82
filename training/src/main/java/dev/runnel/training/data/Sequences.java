package dev.runnel.training.data;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Lists that everyone knows: weekdays, months, the alphabet, seasons, colours; whole, backwards, or one item's
/// neighbour.
final class Sequences implements Lesson {

    private static final String NAME = "sequences";
    private static final Phrasebook BOOK = Phrasebook.load(NAME);

    /// One of the lists.
    ///
    /// @param names how it is called
    record Items(List<String> names, List<String> items) {

        static List<String> kinds(Language language) {
            return BOOK.sections(language).stream()
                    .filter(section -> section.startsWith("list "))
                    .toList();
        }

        static Items of(Language language, String kind) {
            Phrasebook.Section section = BOOK.section(language, kind);
            return new Items(section.names(), Text.split(section.answer(), ','));
        }

        String joined(Separator separator) {
            return String.join(separator.text(), items);
        }

        Items reversed() {
            return new Items(names, items.reversed());
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Conversation make(Draw draw) {
        if (draw.chance(draw.trains() ? 0.35 : 0.25)) {
            return neighbour(draw);
        }
        Items list = any(draw);
        boolean backwards = draw.chance(0.27);
        Items wanted = backwards ? list.reversed() : list;
        String request = request(draw, list, backwards ? "reverse" : "ask");
        List<String> wishes = new ArrayList<>();
        String answer = wanted.joined(Separator.COMMA);
        double form = draw.between(0, 99) / 100.0;
        if (form < 0.2) {
            wishes.add(draw.phrase(Counting.BOOK, "lines").replace("数字", ""));
            answer = wanted.joined(Separator.LINE);
        } else if (form < 0.35) {
            wishes.add(draw.phrase(BOOK, "numbered"));
            answer = IntStream.range(0, wanted.items().size())
                    .mapToObj(i -> (i + 1) + ". " + wanted.items().get(i))
                    .collect(Collectors.joining("\n"));
        } else if (form < 0.5) {
            wishes.add(draw.isChinese() ? "用逗号隔开" : "separated by commas");
        }
        String asked = wishes.isEmpty() ? request : Counting.asked(draw, request.replaceAll("[?\uFF1F]$", ""), wishes);
        return Conversation.of(NAME, draw.language(), draw.asked(asked), new Answer.Exact(answer));
    }

    static String request(Draw draw, Items list, String section) {
        return draw.phrase(BOOK, section).replace("{x}", draw.of(list.names()));
    }

    private static Items any(Draw draw) {
        return Items.of(draw.language(), draw.of(Items.kinds(draw.language())));
    }

    /// What comes before an item, or after it.
    static Conversation neighbour(Draw draw) {
        Items list = any(draw);
        boolean after = draw.chance(0.5);
        int at = draw.between(after ? 0 : 1, list.items().size() - (after ? 2 : 1));
        String question = draw.phrase(BOOK, after ? "after" : "before")
                .replace("{x}", list.items().get(at));
        String answer = list.items().get(after ? at + 1 : at - 1);
        // Not in lower case: a letter of the alphabet is asked for as it is.
        String asked = draw.isChinese() && draw.chance(0.65) ? Text.wide(question) : question;
        return Conversation.of(NAME, draw.language(), asked, new Answer.Exact(answer));
    }
}
