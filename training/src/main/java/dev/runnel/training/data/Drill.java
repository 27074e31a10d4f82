package dev.runnel.training.data;

import dev.runnel.core.Message;
import dev.runnel.core.Tools;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// Many short questions of one kind, one after another: most of what there is to learn about numbers, and about copying
/// what one is told, in few tokens.
enum Drill {
    SUMS(8, 30, Arithmetic::brief),
    COUNTS(4, 14, Counting::brief),
    COPIES(4, 14, new Repeating()::make);

    private final int least;
    private final int most;
    private final Function<Draw, Conversation> question;

    Drill(int least, int most, Function<Draw, Conversation> question) {
        this.least = least;
        this.most = most;
        this.question = question;
    }

    /// One of them; sums have the most to learn, but are learnt after the others.
    static Conversation any(Draw draw) {
        return draw.of(SUMS, SUMS, draw.chance(draw.early()) ? COPIES : SUMS, COUNTS, COPIES).made(draw);
    }

    private Conversation made(Draw draw) {
        List<Message> messages = new ArrayList<>();
        Conversation last = question.apply(draw);
        messages.addAll(last.messages());
        for (int left = draw.between(least, most); left > 1; left--) {
            messages.add(last.answer().message());
            last = question.apply(draw);
            messages.addAll(last.messages());
        }
        return new Conversation(last.lesson(), draw.language(), messages, Tools.NONE, last.answer());
    }
}
