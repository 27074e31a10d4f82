package dev.runnel.training.data;

import dev.runnel.training.data.Arithmetic.Sum;
import dev.runnel.training.data.Sequences.Items;
import java.util.stream.Collectors;

/// Answers as a JSON object with one key, asked for in the question or in the instructions.
final class JsonAnswers implements Lesson {

    private static final Phrasebook BOOK = Phrasebook.load("json");

    @Override
    public String name() {
        return "json";
    }

    @Override
    public Conversation make(Draw draw) {
        String key = draw.phrase(BOOK.section("any key"));
        String question;
        String value;
        boolean mayRewrite = true;
        double kind = draw.between(0, 99) / 100.0;
        if (kind < 0.6) {
            Sum sum = Arithmetic.sum(draw);
            question = Arithmetic.question(draw, sum);
            value = String.valueOf(sum.result());
        } else if (kind < 0.75) {
            Items list = Items.of(draw.language(), draw.of(Items.kinds(draw.language())));
            question = Sequences.request(draw, list, "ask");
            value = list.items().stream().map(Json::quoted).collect(Collectors.joining(", ", "[", "]"));
        } else {
            Conversation asked = new Repeating().make(draw);
            question = asked.question();
            mayRewrite = false;
            value = Json.quoted(asked.answer().message().text());
        }
        String wish = draw.phrase(BOOK, "ask").replace("{k}", key);
        Answer answer = new Answer.Value("{%s: %s}".formatted(Json.quoted(key), value));
        if (draw.chance(0.35)) {
            return Conversation.of(name(), draw.language(), question, answer).under(wish);
        }
        String between = Text.endsSentence(question)
                ? draw.isChinese() ? "" : " "
                : draw.isChinese() ? draw.of(",", "\u3002") : ". ";
        String whole = question + between + wish;
        return Conversation.of(name(), draw.language(), mayRewrite ? draw.written(whole) : whole, answer);
    }
}
