package dev.runnel.training.data;

import dev.runnel.core.Message;
import dev.runnel.core.Tools;
import java.util.ArrayList;
import java.util.List;

/// Many short questions of one kind, one after another: most of what there is to learn about numbers, about copying
/// what one is told, and about what comes before what, in few tokens.
enum Drill {
    SUMS(8, 30),
    COUNTS(4, 14),
    COPIES(4, 14),
    NEIGHBOURS(4, 12),
    CALLS(3, 8);

    /// How many drills of sums are answered as JSON: there a sum has to be worked out at another place.
    private static final double IN_JSON = 0.3;

    private final int least;
    private final int most;

    Drill(int least, int most) {
        this.least = least;
        this.most = most;
    }

    /// One of them; sums have the most to learn, but are learnt after copying and counting, and calls after all.
    static Conversation any(Draw draw) {
        boolean isEarly = draw.chance(draw.early());
        return draw.chance(0.08)
                ? NEIGHBOURS.made(draw)
                : draw.of(SUMS, SUMS, isEarly ? COPIES : SUMS, COUNTS, COPIES, isEarly ? COUNTS : CALLS)
                        .made(draw);
    }

    private Conversation made(Draw draw) {
        if (this == CALLS) {
            return ToolCalls.several(draw, draw.between(least, most));
        }
        List<Message> messages = new ArrayList<>();
        Conversation last = question(draw);
        messages.addAll(last.messages());
        for (int left = draw.between(least, most); left > 1; left--) {
            messages.add(last.answer().message());
            last = question(draw);
            messages.addAll(last.messages());
        }
        Conversation whole = new Conversation(last.lesson(), draw.language(), messages, Tools.NONE, last.answer());
        boolean inJson = this == SUMS && draw.chance(IN_JSON * (1 - draw.early()));
        return inJson ? JsonAnswers.instead(draw, whole) : whole;
    }

    private Conversation question(Draw draw) {
        return switch (this) {
            case SUMS -> Arithmetic.brief(draw);
            case COUNTS -> Counting.brief(draw);
            case COPIES -> Repeating.brief(draw);
            case NEIGHBOURS -> Sequences.neighbour(draw);
            case CALLS -> throw new AssertionError("made all at once");
        };
    }
}
