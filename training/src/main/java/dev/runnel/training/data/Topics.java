package dev.runnel.training.data;

import java.util.List;
import java.util.Set;

/// Questions that have one answer each, from a file of topics.
///
/// A topic's question is one of its own phrases, or a frame that all topics share around one of its names. A phrase
/// that begins with `…` is a clause ("how to stop a stream") and stands in a frame of its own kind ("do you know …").
final class Topics implements Lesson {

    /// Holds the frames of all topics.
    private static final Phrasebook FRAMES = Phrasebook.load("knowledge");

    private static final Set<String> NO_TOPICS = Set.of("frames", "uses", "used", "clauses");
    private static final String CLAUSE = "…";

    private final String name;
    private final Phrasebook book;

    /// @param name of the file
    Topics(String name) {
        this.name = name;
        book = Phrasebook.load(name);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Conversation make(Draw draw) {
        String topic = topic(draw, book);
        return Conversation.of(
                name,
                draw.language(),
                asked(draw, question(draw, book, topic)),
                answer(draw.language(), book.section(draw.language(), topic)));
    }

    /// In small talk a greeting is itself an answer's reason, unless something comes with it.
    private String asked(Draw draw, String question) {
        return draw.trains() && name.equals("smalltalk") ? draw.asked(question, 0.45) : draw.asked(question);
    }

    /// One of a book's topics that the draw has a question about.
    static String topic(Draw draw, Phrasebook book) {
        List<String> topics = book.sections(draw.language());
        while (true) {
            String topic = draw.of(topics);
            Phrasebook.Section section = book.section(draw.language(), topic);
            if (!NO_TOPICS.contains(topic)
                    && (draw.hasPhrase(section) || !section.names().isEmpty())) {
                return topic;
            }
        }
    }

    /// A question about a topic, in the draw's language and of its split.
    static String question(Draw draw, Phrasebook book, String topic) {
        Phrasebook.Section section = book.section(draw.language(), topic);
        while (true) {
            boolean framed = !section.names().isEmpty() && (!draw.hasPhrase(section) || draw.chance(0.6));
            String question = framed ? framed(draw, section, topic) : own(draw, section);
            // A name alone may be of either language.
            boolean isInLanguage = Text.hasChinese(question) == draw.isChinese();
            if (isInLanguage && !(draw.trains() && isHeldOut(draw, section, question))) {
                return draw.isChinese() || draw.chance(0.2) ? question : withQuestionMark(question);
            }
        }
    }

    private static String framed(Draw draw, Phrasebook.Section section, String topic) {
        boolean uses = draw.trains() && FRAMES.words(draw.language(), "used").contains(topic) && draw.chance(0.3);
        return draw.phrase(FRAMES, uses ? "uses" : "frames").replace("{x}", draw.of(section.names()));
    }

    private static String own(Draw draw, Phrasebook.Section section) {
        String phrase = draw.phrase(section);
        if (!phrase.startsWith(CLAUSE)) {
            return draw.noisy(phrase);
        }
        String clause = phrase.substring(CLAUSE.length()).strip();
        // In Chinese a clause is a question too, and so is an English "how to".
        boolean mayStandAlone = draw.isChinese() || clause.startsWith("how to ");
        return mayStandAlone && draw.chance(0.4)
                ? clause
                : draw.phrase(FRAMES, "clauses").replace("{q}", clause);
    }

    /// Whether frames and names happen to add up to a phrase that is not to be trained on.
    private static boolean isHeldOut(Draw draw, Phrasebook.Section section, String question) {
        Phrasebook.Section frames = FRAMES.section(draw.language(), "frames");
        return section.isReserved(question)
                || section.names().stream().anyMatch(name -> frames.isReserved(question.replace(name, "{x}")));
    }

    private static String withQuestionMark(String question) {
        boolean asks = question.matches("(?i)(what|who|how|why|which|where|when|do|does|are|can|is|in|may)('s)? .*");
        return asks && !Text.endsSentence(question) ? question + "?" : question;
    }

    static Answer answer(Language language, Phrasebook.Section topic) {
        String text = language == Language.CHINESE ? Text.wide(topic.answer()) : topic.answer();
        return new Answer.Substance(text, topic.required());
    }
}
