package dev.runnel.training.data;

import java.util.List;

/// Questions that have one answer each, from a file of topics.
final class Topics implements Lesson {

    private final String name;
    private final Phrasebook book;
    private final Phrasebook frames;

    /// @param name of the file
    Topics(String name) {
        this.name = name;
        book = Phrasebook.load(name);
        frames = Phrasebook.load("knowledge");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Conversation make(Draw draw) {
        List<String> topics = book.sections(draw.language()).stream()
                .filter(section -> !section.equals("frames"))
                .toList();
        while (true) {
            Phrasebook.Section topic = book.section(draw.language(), draw.of(topics));
            boolean frames = !topic.names().isEmpty() && (!draw.hasPhrase(topic) || draw.chance(0.7));
            if (!frames && !draw.hasPhrase(topic)) {
                continue;
            }
            String question = frames
                    ? draw.phrase(this.frames, "frames").replace("{x}", draw.of(topic.names()))
                    : draw.said(topic);
            // A name alone may be of either language.
            if (Text.hasChinese(question) != draw.isChinese()) {
                continue;
            }
            return Conversation.of(
                    name,
                    draw.language(),
                    draw.asked(draw.isChinese() || draw.chance(0.2) ? question : withQuestionMark(question)),
                    answer(draw.language(), topic));
        }
    }

    private static String withQuestionMark(String question) {
        boolean asks = question.matches("(?i)(what|who|how|why|which|where|when|do|does|are|can|is|in|may) .*");
        return asks && !question.endsWith("?") ? question + "?" : question;
    }

    static Answer answer(Language language, Phrasebook.Section topic) {
        String text = language == Language.CHINESE ? Text.wide(topic.answer()) : topic.answer();
        return new Answer.Substance(text, topic.required());
    }
}
