package dev.runnel.training.data;

import dev.runnel.core.Message;
import dev.runnel.training.data.Arithmetic.Operation;
import dev.runnel.training.data.Arithmetic.Sum;
import dev.runnel.training.data.Counting.Range;
import dev.runnel.training.data.Sequences.Items;
import java.util.List;

/// What makes sense only after an earlier turn: "and times 3?", "now backwards", "again".
final class FollowUps implements Lesson {

    private static final Phrasebook BOOK = Phrasebook.load("followups");

    @Override
    public String name() {
        return "follow-ups";
    }

    @Override
    public Conversation make(Draw draw) {
        double kind = draw.between(0, 99) / 100.0;
        if (kind < 0.4) {
            return sum(draw);
        }
        return kind < 0.65 ? counting(draw) : kind < 0.85 ? list(draw) : kind < 0.95 ? again(draw) : previous(draw);
    }

    private Conversation then(Draw draw, String first, String answer, String second, String wanted) {
        return Conversation.of(name(), draw.language(), draw.written(second), new Answer.Exact(wanted))
                .after(List.of(new Message.User(first), new Message.Assistant(answer)));
    }

    private Conversation sum(Draw draw) {
        Sum first = Arithmetic.sum(draw);
        while (first.result() < 0) {
            first = Arithmetic.sum(draw);
        }
        int before = first.result();
        while (true) {
            Operation operation = draw.of(List.of(Operation.values()));
            int x = draw.between(1, draw.of(10, 10, 10, 30));
            Sum second = new Sum(before, operation, x);
            boolean isExact = operation != Operation.DIVIDED || before % x == 0;
            if (second.result() < 0 || second.result() > Arithmetic.MOST || !isExact) {
                continue;
            }
            String section = switch (operation) {
                case PLUS -> "plus";
                case MINUS -> "minus";
                case TIMES -> "times";
                case DIVIDED -> "divided";
            };
            String follow = draw.phrase(BOOK, section).replace("{x}", String.valueOf(x));
            return then(
                    draw,
                    draw.asked(Arithmetic.question(draw, first)),
                    String.valueOf(before),
                    follow,
                    String.valueOf(second.result()));
        }
    }

    private Conversation counting(Draw draw) {
        Range range = shortRange(draw);
        String question = draw.asked(Counting.phrase(draw, range));
        String answer = range.joined(", ");
        double kind = draw.between(0, 99) / 100.0;
        if (kind < 0.4) {
            return then(
                    draw,
                    question,
                    answer,
                    draw.phrase(BOOK, "reverse"),
                    range.reversed().joined(", "));
        }
        if (kind < 0.65 || range.step() != 1) {
            return then(draw, question, answer, draw.phrase(BOOK, "lines"), range.joined("\n"));
        }
        int to = Math.min(Counting.MOST, range.to() + draw.between(2, 10));
        String follow = draw.phrase(BOOK, "on").replace("{x}", String.valueOf(to));
        return then(draw, question, answer, follow, new Range(Math.min(range.to() + 1, to), to, 1).joined(", "));
    }

    private static Range shortRange(Draw draw) {
        while (true) {
            Range range = Counting.range(draw);
            if (Math.abs(range.to() - range.from()) <= 20 && range.from() + range.step() <= Counting.MOST) {
                return range;
            }
        }
    }

    private Conversation list(Draw draw) {
        String kind = draw.of(Items.kinds(draw.language()));
        Items list = Items.of(draw.language(), kind);
        String question = draw.asked(Sequences.request(draw, list, "ask"));
        String answer = list.joined(Separator.COMMA);
        double follow = draw.between(0, 99) / 100.0;
        if (follow < 0.4) {
            return then(
                    draw,
                    question,
                    answer,
                    draw.phrase(BOOK, "reverse"),
                    list.reversed().joined(Separator.COMMA));
        }
        boolean translates = Items.kinds(draw.language().other()).contains(kind) && !kind.equals("list alphabet");
        if (follow < 0.7 || !translates) {
            return then(draw, question, answer, draw.phrase(BOOK, "lines"), list.joined(Separator.LINE));
        }
        Items other = Items.of(draw.language().other(), kind);
        return then(draw, question, answer, draw.phrase(BOOK, "other"), other.joined(Separator.COMMA));
    }

    private Conversation again(Draw draw) {
        Conversation first = draw.chance(0.5) ? new Repeating().make(draw) : new Arithmetic().make(draw);
        String answer = first.answer().message().text();
        return then(draw, first.question(), answer, draw.phrase(BOOK, "again"), answer);
    }

    private Conversation previous(Draw draw) {
        Conversation first = draw.chance(0.5) ? new Arithmetic().make(draw) : new Repeating().make(draw);
        return Conversation.of(
                        name(),
                        draw.language(),
                        draw.written(draw.phrase(BOOK, "previous")),
                        new Answer.Exact(first.question()))
                .after(first.whole());
    }
}
