package dev.runnel.training.data;

import java.util.ArrayList;
import java.util.List;

/// Counting up, down and in steps, up to 200. Where to stop is the hard part, and is learnt on short ranges first.
final class Counting implements Lesson {

    static final Phrasebook BOOK = Phrasebook.load("counting");
    static final int MOST = 200;

    /// How often whoever wants to count from one says only how far.
    private static final double FROM_ONE_UNSAID = 0.35;

    /// The numbers from one to another.
    ///
    /// @param step not 0; negative where it goes down
    record Range(int from, int to, int step) {

        String joined(String separator) {
            StringBuilder text = new StringBuilder();
            for (int n = from; step > 0 ? n <= to : n >= to; n += step) {
                text.append(n == from ? "" : separator).append(n);
            }
            return text.toString();
        }

        int length() {
            return (to - from) / step + 1;
        }

        Range reversed() {
            int last = from + (to - from) / step * step;
            return new Range(last, from, -step);
        }

        private String operands() {
            return "count %d %d %d".formatted(from, to, step);
        }
    }

    @Override
    public String name() {
        return "counting";
    }

    @Override
    public Conversation make(Draw draw) {
        Range range = range(draw);
        Separator separator = draw.chance(0.75) ? Separator.COMMA : Separator.unusual(draw);
        List<String> wishes = new ArrayList<>();
        boolean says = separator != Separator.COMMA || draw.chance(0.6);
        if (says) {
            wishes.add(draw.phrase(BOOK, separator.section()));
        }
        if (separator == Separator.COMMA && draw.chance(says ? 0.5 : 0.1)) {
            wishes.add(draw.phrase(BOOK, "oneline"));
        }
        if (separator == Separator.COMMA && range.step() == 1 && draw.chance(0.3)) {
            wishes.add(example(draw, range.from()));
        }
        return Conversation.of(
                name(),
                draw.language(),
                draw.asked(asked(draw, phrase(draw, range), wishes)),
                new Answer.Exact(range.joined(separator.text())));
    }

    /// A few numbers, asked for in few words; often in steps, of which there are so many.
    static Conversation brief(Draw draw) {
        int most = draw.chance(0.7) ? 8 : 20;
        Range range = range(draw, 0.5);
        while (range.length() > most) {
            range = range(draw, 0.5);
        }
        Separator separator = draw.chance(0.65) ? Separator.COMMA : Separator.unusual(draw);
        String request = phrase(draw, range);
        String question = separator == Separator.COMMA
                ? request
                : asked(draw, request, List.of(draw.phrase(BOOK, separator.section())));
        return Conversation.of(
                "counting", draw.language(), draw.written(question), new Answer.Exact(range.joined(separator.text())));
    }

    static String phrase(Draw draw, Range range) {
        boolean isFromOne = range.from() == 1 && range.step() == 1;
        String section = isFromOne && draw.chance(FROM_ONE_UNSAID)
                ? "to"
                : range.step() == 1 ? "up" : range.step() == -1 ? "down" : "step";
        return draw.phrase(BOOK, section)
                .replace("{a}", String.valueOf(range.from()))
                .replace("{b}", String.valueOf(range.to()))
                .replace("{s}", String.valueOf(range.step()));
    }

    /// A request with its wishes behind it, as sentences or as parts of one.
    static String asked(Draw draw, String request, List<String> wishes) {
        StringBuilder asked = new StringBuilder(request);
        for (String wish : wishes) {
            boolean newSentence = draw.chance(0.3);
            if (draw.isChinese()) {
                asked.append(newSentence ? "\u3002" : ",").append(wish);
            } else {
                asked.append(newSentence ? ". " : draw.chance(0.7) ? ", " : " ")
                        .append(newSentence ? Text.capital(wish) : wish);
            }
        }
        return asked.toString();
    }

    private static String example(Draw draw, int from) {
        int first = draw.chance(0.7) ? 1 : from;
        String numbers = "%d, %d, %d, ...".formatted(first, first + 1, first + 2);
        return draw.phrase(BOOK, "example").replace("{x}", draw.chance(0.15) ? numbers.replace(" ", "") : numbers);
    }

    /// A range of the draw's split. The first ranges that anyone tries are always trained on.
    static Range range(Draw draw) {
        return range(draw, draw.trains() ? 0.32 : 0.17);
    }

    private static Range range(Draw draw, double inSteps) {
        while (true) {
            Range range = draw.chance(inSteps) ? steps(draw) : draw.chance(0.77) ? up(draw) : down(draw);
            boolean isFirstTry = range.from() == 1
                    && range.step() == 1
                    && List.of(3, 5, 10, 20, 50, 100).contains(range.to());
            if (isFirstTry ? draw.trains() : draw.mayUse(range.operands())) {
                return range;
            }
        }
    }

    private static Range up(Draw draw) {
        boolean isEarly = draw.progress() < 0.5 && draw.chance(0.75);
        double kind = draw.between(0, 99) / 100.0;
        if (isEarly || kind < 0.45) {
            int from = draw.chance(0.3) ? draw.of(0, 1) : draw.between(0, MOST - 12);
            return new Range(from, from + draw.between(1, 12), 1);
        }
        if (kind < 0.75) {
            return new Range(1, draw.chance(0.12) ? 100 : draw.between(2, draw.chance(0.6) ? 30 : 100), 1);
        }
        if (kind < (draw.trains() ? 0.91 : 0.93)) {
            int from = draw.between(0, 140);
            return new Range(from, from + draw.between(10, 60), 1);
        }
        int from = draw.chance(0.5) ? draw.of(0, 1) : draw.between(0, 100);
        return new Range(from, draw.between(from + 60, MOST), 1);
    }

    private static Range down(Draw draw) {
        int to = draw.chance(0.45) ? draw.of(0, 1) : draw.between(0, MOST - 15);
        boolean isLong = draw.progress() > 0.5 && draw.chance(draw.trains() ? 0.18 : 0.12);
        int from = to + (isLong ? draw.between(20, Math.clamp(MOST - to, 20, 100)) : draw.between(1, 15));
        return new Range(Math.min(from, MOST), to, -1);
    }

    private static Range steps(Draw draw) {
        int step = draw.chance(0.6) ? draw.of(2, 3, 5, 10) : draw.between(2, 25);
        int from = draw.chance(0.5) ? draw.of(0, 1, step) : draw.between(0, 100);
        int count = draw.between(1, Math.clamp((MOST - from) / step, 1, draw.chance(0.15) ? 40 : 14));
        int past = draw.chance(0.35) ? draw.between(0, step - 1) : 0;
        return new Range(from, Math.min(from + step * count + past, MOST), step);
    }
}
