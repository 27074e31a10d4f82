package dev.runnel.training.data;

import dev.runnel.core.Message;
import dev.runnel.core.Tools;
import dev.runnel.training.data.Arithmetic.Sum;
import dev.runnel.training.data.Sequences.Items;
import java.util.List;
import java.util.stream.Collectors;

/// Answers as a JSON object with one key, asked for in the question or in the instructions.
final class JsonAnswers implements Lesson {

    private static final Phrasebook BOOK = Phrasebook.load("json");
    private static final Phrasebook WORDS = Phrasebook.load("words");

    /// How often nothing in the question speaks of JSON, and the key is not the model's choice but a schema's.
    private static final double UNDER_SCHEMA = 0.25;

    @Override
    public String name() {
        return "json";
    }

    @Override
    public Conversation make(Draw draw) {
        String key = key(draw);
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
        String json = object(key, value);
        if (draw.trains() && draw.chance(UNDER_SCHEMA)) {
            Answer answer = new Answer.Value(json, "{%s:".formatted(Json.quoted(key)));
            return Conversation.of(name(), draw.language(), question, answer);
        }
        String wish = draw.phrase(BOOK, "ask");
        Answer answer = new Answer.Value(json);
        if (draw.chance(0.35)) {
            return Conversation.of(name(), draw.language(), question, answer).under(wish.replace("{k}", key));
        }
        String between = Text.endsSentence(question)
                ? draw.isChinese() ? "" : " "
                : draw.isChinese() ? draw.of(",", "\u3002") : ". ";
        String whole = question + between + wish;
        String written = mayRewrite ? draw.written(whole) : whole;
        return Conversation.of(name(), draw.language(), written.replace("{k}", key), answer); // the key in its own case
    }

    /// Sums one after another, answered as JSON under a key that the instructions name.
    ///
    /// @param sums answered with bare numbers
    static Conversation instead(Draw draw, Conversation sums) {
        String key = key(draw);
        List<Message> messages = sums.messages().stream()
                .map(message -> message instanceof Message.Assistant bare
                        ? new Message.Assistant(object(key, bare.text()))
                        : message)
                .toList();
        Answer answer = new Answer.Value(object(key, sums.answer().message().text()));
        return new Conversation("json", sums.language(), messages, Tools.NONE, answer)
                .under(draw.phrase(BOOK, "ask").replace("{k}", key));
    }

    private static String object(String key, String value) {
        return "{%s: %s}".formatted(Json.quoted(key), value);
    }

    /// A key: a usual one, words in one of the ways in which programs write them, or letters that mean nothing.
    private static String key(Draw draw) {
        Phrasebook.Section usual = BOOK.section("any key");
        if (draw.chance(0.3)) {
            return draw.phrase(usual);
        }
        while (true) {
            String key = anyKey(draw);
            if (draw.mayUse("key " + key) && !usual.isReserved(key)) {
                return key;
            }
        }
    }

    private static String anyKey(Draw draw) {
        double kind = draw.between(0, 99) / 100.0;
        if (kind < 0.15) {
            return draw.letters(1, 8);
        }
        if (kind < 0.3) {
            return Noise.word(draw).strip();
        }
        List<String> words = WORDS.words(draw.chance(0.8) ? Language.ENGLISH : draw.language(), "words");
        String first = draw.of(words);
        String second = draw.of(words);
        return kind < 0.6
                ? first
                : kind < 0.75
                        ? first + '_' + second
                        : kind < 0.9 ? first + Text.capital(second) : first + draw.between(1, 9);
    }
}
