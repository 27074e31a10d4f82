package dev.runnel.training.data;

import dev.runnel.core.Message;
import dev.runnel.training.data.Arithmetic.Sum;
import dev.runnel.training.data.Counting.Range;
import dev.runnel.training.data.Sequences.Items;

/// Instructions that fix the language or the form of every answer.
final class SystemPrompts implements Lesson {

    private static final Phrasebook BOOK = Phrasebook.load("system");
    private static final Phrasebook KNOWLEDGE = Phrasebook.load("knowledge");
    private static final Phrasebook SMALLTALK = Phrasebook.load("smalltalk");
    private static final Phrasebook ITSELF = Phrasebook.load("itself");

    @Override
    public String name() {
        return "system prompts";
    }

    @Override
    public Conversation make(Draw draw) {
        double kind = draw.between(0, 99) / 100.0;
        if (kind < 0.4) {
            return language(draw);
        }
        if (kind < 0.55) {
            return lines(draw);
        }
        return kind < 0.8 ? sums(draw) : begin(draw);
    }

    /// Instructions that change nothing.
    static String plain(Draw draw) {
        return draw.phrase(BOOK, "plain");
    }

    private Conversation under(Draw draw, String section, Conversation asked) {
        Draw speaker = draw.chance(0.7) ? draw : draw.inOtherLanguage();
        return asked.named(name()).under(speaker.written(speaker.phrase(BOOK, section)));
    }

    /// A topic asked about in one language and answered in the one that the instructions name.
    private Conversation language(Draw draw) {
        Language answered = draw.chance(0.65) ? draw.language().other() : draw.language();
        String section = answered == Language.ENGLISH ? "english" : "chinese";
        double kind = draw.between(0, 99) / 100.0;
        if (kind < 0.25) {
            String list = draw.of(Items.kinds(Language.ENGLISH));
            String question = Sequences.request(draw, Items.of(draw.language(), list), "ask");
            String answer = Items.of(answered, list).joined(Separator.COMMA);
            return under(draw, section, asked(draw, question, new Answer.Exact(answer)));
        }
        if (kind < 0.35) {
            String question = draw.asked(new Beyond().make(draw).question());
            return under(draw, section, asked(draw, question, Beyond.answer(answered)));
        }
        Phrasebook book = kind < 0.65 ? KNOWLEDGE : kind < 0.85 ? ITSELF : SMALLTALK;
        String topic;
        do {
            topic = draw.of(book.sections(draw.language()));
        } while (topic.equals("frames")
                || (book.section(draw.language(), topic).names().isEmpty()
                        && !draw.hasPhrase(book.section(draw.language(), topic))));
        Phrasebook.Section asked = book.section(draw.language(), topic);
        String question = asked.names().isEmpty()
                ? draw.phrase(asked)
                : draw.phrase(KNOWLEDGE, "frames").replace("{x}", draw.of(asked.names()));
        return under(draw, section, asked(draw, question, Topics.answer(answered, book.section(answered, topic))));
    }

    private Conversation asked(Draw draw, String question, Answer answer) {
        return Conversation.of(name(), draw.language(), draw.asked(question), answer);
    }

    private Conversation lines(Draw draw) {
        if (draw.chance(0.5)) {
            Range range = Counting.range(draw);
            return under(
                    draw, "lines", asked(draw, Counting.phrase(draw, range), new Answer.Exact(range.joined("\n"))));
        }
        Items list = Items.of(draw.language(), draw.of(Items.kinds(draw.language())));
        Answer answer = new Answer.Exact(list.joined(Separator.LINE));
        return under(draw, "lines", asked(draw, Sequences.request(draw, list, "ask"), answer));
    }

    private Conversation sums(Draw draw) {
        Sum sum = Arithmetic.sum(draw);
        String question = Arithmetic.question(draw, sum);
        return draw.chance(0.5)
                ? under(draw, "sentence", asked(draw, question, new Answer.Exact(sum.sentence(draw.language()))))
                : under(draw, "equation", asked(draw, question, new Answer.Exact(sum.equation())));
    }

    private Conversation begin(Draw draw) {
        String mark = draw.of(BOOK.words(draw.language(), "marks"));
        Conversation asked = draw.chance(0.6) ? new Arithmetic().make(draw) : new Repeating().make(draw);
        String answer = "%s: %s".formatted(mark, asked.answer().message().text());
        String system = draw.phrase(BOOK, "begin").replace("{w}", mark);
        return new Conversation(name(), draw.language(), asked.messages(), asked.tools(), new Answer.Exact(answer))
                .under(system);
    }

    /// A conversation's own instructions, if it has any.
    static boolean has(Conversation conversation) {
        return conversation.messages().getFirst() instanceof Message.System;
    }
}
