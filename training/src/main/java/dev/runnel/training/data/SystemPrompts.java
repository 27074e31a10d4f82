package dev.runnel.training.data;

import dev.runnel.core.Message;
import dev.runnel.training.data.Arithmetic.Sum;
import dev.runnel.training.data.Counting.Range;
import dev.runnel.training.data.Sequences.Items;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// Instructions that fix the language or the form of every answer, alone or among others that change nothing.
final class SystemPrompts implements Lesson {

    private static final Phrasebook BOOK = Phrasebook.load("system");
    private static final Phrasebook WORDS = Phrasebook.load("words");
    private static final List<Phrasebook> TOPICS = List.of(
            Phrasebook.load("knowledge"),
            Phrasebook.load("knowledge"),
            Phrasebook.load("itself"),
            Phrasebook.load("itself"),
            Phrasebook.load("smalltalk"));

    @Override
    public String name() {
        return "system prompts";
    }

    @Override
    public Conversation make(Draw draw) {
        double kind = draw.between(0, 99) / 100.0;
        if (kind < 0.44) {
            return language(draw);
        }
        if (kind < 0.58) {
            return lines(draw);
        }
        return kind < 0.84 ? sums(draw) : marked(draw);
    }

    /// Instructions that change nothing.
    static String plain(Draw draw) {
        return draw.phrase(BOOK, "plain");
    }

    /// Under the wishes of some sections: a question, in training often behind others.
    private Conversation under(Draw draw, Function<Draw, Conversation> question, String... sections) {
        Conversation asked = question.apply(draw);
        List<Message> earlier = new ArrayList<>();
        for (int left = draw.trains() && draw.chance(0.25) ? draw.between(1, 3) : 0; left > 0; left--) {
            earlier.addAll(question.apply(draw.chance(0.7) ? draw : draw.inOtherLanguage())
                    .whole());
        }
        Draw speaker = draw.chance(0.7) ? draw : draw.inOtherLanguage();
        StringBuilder wishes = new StringBuilder();
        for (String section : sections) {
            wishes.append(wishes.isEmpty() ? "" : " ").append(speaker.written(speaker.phrase(BOOK, section)));
        }
        return asked.after(earlier).named(name()).under(amongOthers(speaker, wishes.toString()));
    }

    /// With what else an application tells its model, in front or behind.
    private static String amongOthers(Draw speaker, String wishes) {
        if (!speaker.trains() || speaker.chance(0.6)) {
            return wishes;
        }
        String space = speaker.isChinese() ? "" : speaker.of(" ", " ", "\n");
        String about = speaker.phrase(BOOK, "about");
        boolean behind = speaker.chance(0.25);
        String first = behind ? wishes : about;
        String end = Text.endsSentence(first) ? "" : speaker.isChinese() ? "\u3002" : ".";
        return first + end + space + (behind ? about : wishes);
    }

    /// A question in one language, answered in the one that the instructions name.
    private Conversation language(Draw draw) {
        Language answered = draw.chance(0.65) ? draw.language().other() : draw.language();
        return under(draw, asker -> answeredIn(answered, asker), section(answered));
    }

    private Conversation answeredIn(Language answered, Draw draw) {
        double kind = draw.between(0, 99) / 100.0;
        if (kind < 0.22) {
            return list(draw, answered, Separator.COMMA);
        }
        if (kind < 0.34) {
            return asked(draw, new Beyond().make(draw).question(), Beyond.answer(answered));
        }
        if (kind < 0.42) {
            // Numbers are the same in every language.
            Sum sum = Arithmetic.sum(draw);
            return asked(draw, Arithmetic.question(draw, sum), new Answer.Exact(String.valueOf(sum.result())));
        }
        Phrasebook book = draw.of(TOPICS);
        String topic = Topics.topic(draw, book);
        Answer answer = Topics.answer(answered, book.section(answered, topic));
        return asked(draw, Topics.question(draw, book, topic), answer);
    }

    private static String section(Language answered) {
        return switch (answered) {
            case CHINESE -> "chinese";
            case ENGLISH -> "english";
        };
    }

    private Conversation asked(Draw draw, String question, Answer answer) {
        return Conversation.of(name(), draw.language(), draw.asked(question), answer);
    }

    /// A list that both languages have, asked for in the draw's.
    private Conversation list(Draw draw, Language answered, Separator separator) {
        String kind = draw.of(Items.kinds(Language.ENGLISH));
        String question = Sequences.request(draw, Items.of(draw.language(), kind), "ask");
        return asked(draw, question, new Answer.Exact(Items.of(answered, kind).joined(separator)));
    }

    private Conversation lines(Draw draw) {
        if (draw.chance(0.5)) {
            return under(draw, this::count, "lines");
        }
        if (draw.trains() && draw.chance(0.25)) {
            Language answered = draw.language().other();
            return under(draw, asker -> list(asker, answered, Separator.LINE), section(answered), "lines");
        }
        return under(draw, asker -> list(asker, asker.language(), Separator.LINE), "lines");
    }

    private Conversation count(Draw draw) {
        Range range = Counting.range(draw);
        return asked(draw, Counting.phrase(draw, range), new Answer.Exact(range.joined("\n")));
    }

    private Conversation sums(Draw draw) {
        String section = draw.of("sentence", "sentence", "equation", "equation", "short");
        return under(draw, asker -> sum(asker, section), section);
    }

    private Conversation sum(Draw draw, String section) {
        Sum sum = Arithmetic.sum(draw);
        String answer = switch (section) {
            case "sentence" -> sum.sentence(draw.language());
            case "equation" -> sum.equation();
            default -> String.valueOf(sum.result());
        };
        return asked(draw, Arithmetic.question(draw, sum), new Answer.Exact(answer));
    }

    /// A word in front of the answer, or behind it.
    private Conversation marked(Draw draw) {
        boolean behind = draw.chance(draw.trains() ? 0.4 : 0.25);
        String mark = mark(draw);
        Conversation asked = draw.chance(0.6) ? new Arithmetic().make(draw) : new Repeating().make(draw);
        String said = asked.answer().message().text();
        String system = draw.phrase(BOOK, behind ? "end" : "begin").replace("{w}", mark);
        Answer answer = new Answer.Exact(behind ? said + " " + mark : mark + ": " + said);
        return new Conversation(name(), draw.language(), asked.messages(), asked.tools(), answer)
                .under(amongOthers(draw, system));
    }

    /// Often a word, or letters, that stand for nothing: what is to be written has to be read.
    private static String mark(Draw draw) {
        if (draw.trains() && draw.chance(0.5)) {
            return draw.chance(0.4) ? draw.letters(2, 6) : draw.of(WORDS.words(draw.language(), "words"));
        }
        return draw.of(BOOK.words(draw.language(), "marks")).replace('_', ' ');
    }

    /// A conversation's own instructions, if it has any.
    static boolean has(Conversation conversation) {
        return conversation.messages().getFirst() instanceof Message.System;
    }
}
