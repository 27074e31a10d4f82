package dev.runnel.training.data;

import java.util.List;
import java.util.Locale;

/// Sums, differences, products and quotients with numbers up to 200. The answer is the bare number, unless a sentence
/// or
/// the equation is asked for.
final class Arithmetic implements Lesson {

    static final Phrasebook BOOK = Phrasebook.load("arithmetic");
    static final int MOST = 200;

    /// Up to here all facts are trained on, and only their phrasing is held out.
    private static final int TABLES = 10;

    /// How much rarer such facts are made outside of the training, where few others are drawn.
    private static final double SHARED = 0.03;

    /// How often the two numbers stand apart in a question: "add 3 to 4".
    private static final double OPERANDS_ALONE = 0.15;

    /// How often numbers that can be are written in words.
    private static final double IN_WORDS = 0.28;

    /// How often a sum to learn from is a division, beyond those of [#OFTEN].
    private static final double DIVISIONS = 0.1;

    /// Those with more facts to learn come more often.
    private static final List<Operation> OFTEN = List.of(
            Operation.PLUS,
            Operation.PLUS,
            Operation.PLUS,
            Operation.PLUS,
            Operation.MINUS,
            Operation.MINUS,
            Operation.MINUS,
            Operation.MINUS,
            Operation.TIMES,
            Operation.TIMES,
            Operation.DIVIDED);

    enum Operation {
        PLUS("+", "加", "plus"),
        MINUS("-", "减", "minus"),
        TIMES("×", "乘", "times"),
        DIVIDED("÷", "除以", "divided by");

        private final String sign;
        private final String chinese;
        private final String english;

        Operation(String sign, String chinese, String english) {
            this.sign = sign;
            this.chinese = chinese;
            this.english = english;
        }

        int of(int a, int b) {
            return switch (this) {
                case PLUS -> a + b;
                case MINUS -> a - b;
                case TIMES -> a * b;
                case DIVIDED -> a / b;
            };
        }
    }

    /// Two numbers and what is done with them.
    record Sum(int a, Operation operation, int b) {

        int result() {
            return operation.of(a, b);
        }

        /// A sum is the same the other way round, and is held out both ways.
        private String operands() {
            boolean swaps = operation == Operation.PLUS && a > b;
            return "%s %d %d".formatted(operation, swaps ? b : a, swaps ? a : b);
        }

        private boolean isTable() {
            return switch (operation) {
                case PLUS, MINUS, TIMES -> a <= TABLES && b <= TABLES;
                case DIVIDED -> b <= TABLES && a / b <= TABLES;
            };
        }

        String equation() {
            return a + operation.sign + b + "=" + result();
        }

        String sentence(Language language) {
            return switch (language) {
                case CHINESE -> "%d%s%d等于%d\u3002".formatted(a, operation.chinese, b, result());
                case ENGLISH -> "%d %s %d is %d.".formatted(a, operation.english, b, result());
            };
        }
    }

    @Override
    public String name() {
        return "arithmetic";
    }

    @Override
    public Conversation make(Draw draw) {
        Sum sum = sum(draw);
        double form = draw.between(0, 99) / 100.0;
        String wish = form < 0.4 ? "" : form < 0.8 ? "short" : form < 0.9 ? "sentence" : "equation";
        String question = question(draw, sum);
        String asked = wish.isEmpty() ? draw.asked(question) : draw.written(with(draw, question, wish));
        String answer = switch (wish) {
            case "sentence" -> sum.sentence(draw.language());
            case "equation" -> sum.equation();
            default -> String.valueOf(sum.result());
        };
        return Conversation.of(name(), draw.language(), asked, new Answer.Exact(answer));
    }

    private static String with(Draw draw, String question, String wish) {
        String space = draw.isChinese() ? "" : " ";
        if (Text.endsSentence(question)) {
            return question + space + draw.phrase(BOOK, wish);
        }
        return question
                + (draw.isChinese() ? draw.of(",", "\u3002", "?") : draw.of(". ", "? ", ", "))
                + draw.phrase(BOOK, wish);
    }

    /// A sum as short as it can be asked, mostly.
    static Conversation brief(Draw draw) {
        Sum sum = sum(draw);
        String question = draw.chance(0.75)
                ? expression(draw, sum) + draw.of("", "", "=", "=?")
                : draw.written(question(draw, sum));
        return Conversation.of("arithmetic", draw.language(), question, new Answer.Exact(String.valueOf(sum.result())));
    }

    /// Asks for a sum as an expression, or as what is to be done with two numbers.
    static String question(Draw draw, Sum sum) {
        if (draw.chance(OPERANDS_ALONE)) {
            return draw.phrase(BOOK, sum.operation().name().toLowerCase(Locale.ROOT))
                    .replace("{a}", String.valueOf(sum.a()))
                    .replace("{b}", String.valueOf(sum.b()));
        }
        return draw.phrase(BOOK, "ask").replace("{e}", expression(draw, sum));
    }

    /// Asks for what is done with two numbers of any kind.
    static String asked(Draw draw, String a, Operation operation, String b) {
        return draw.phrase(BOOK, "ask").replace("{e}", expression(draw, a, operation, b));
    }

    /// A sum as people write it.
    static String expression(Draw draw, Sum sum) {
        boolean inWords = sum.a() < 100 && sum.b() < 100 && sum.a() >= 0 && draw.chance(IN_WORDS);
        String a = inWords ? Numerals.of(sum.a(), draw.language()) : String.valueOf(sum.a());
        String b = inWords ? Numerals.of(sum.b(), draw.language()) : String.valueOf(sum.b());
        return inWords ? inWords(draw, a, sum.operation(), b) : expression(draw, a, sum.operation(), b);
    }

    private static String inWords(Draw draw, String a, Operation operation, String b) {
        return draw.isChinese() ? a + chineseWord(draw, operation) + b : english(draw, a, operation, b);
    }

    private static String expression(Draw draw, String a, Operation operation, String b) {
        if (draw.chance(0.3)) {
            return inWords(draw, a, operation, b);
        }
        String sign = switch (operation) {
            case PLUS -> draw.chance(0.1) && draw.isChinese() ? "\uFF0B" : "+";
            case MINUS -> draw.chance(0.9) ? "-" : draw.of("\u2212", "\uFF0D");
            case TIMES -> draw.of("×", "*", "x");
            case DIVIDED -> draw.of("÷", "/");
        };
        boolean spaced = draw.chance(draw.isChinese() ? 0.25 : 0.5);
        return spaced ? a + " " + sign + " " + b : a + sign + b;
    }

    private static String chineseWord(Draw draw, Operation operation) {
        return switch (operation) {
            case PLUS -> draw.of("加", "加", "加上");
            case MINUS -> draw.of("减", "减", "减去");
            case TIMES -> draw.of("乘", "乘以", "乘以");
            case DIVIDED -> "除以";
        };
    }

    private static String english(Draw draw, String a, Operation operation, String b) {
        String word = operation == Operation.TIMES ? draw.of("times", "times", "multiplied by") : operation.english;
        return a + " " + word + " " + b;
    }

    /// A sum of the draw's split.
    static Sum sum(Draw draw) {
        while (true) {
            Sum sum = anySum(draw);
            boolean isShared = sum.isTable() && (draw.trains() || draw.chance(SHARED));
            if (isShared || (!sum.isTable() && draw.mayUse(sum.operands()))) {
                return sum;
            }
        }
    }

    private static Sum anySum(Draw draw) {
        // Quotients are the last to be learnt.
        Operation operation = draw.trains() && draw.chance(DIVISIONS) ? Operation.DIVIDED : draw.of(OFTEN);
        int most = draw.of(10, 20, 50, 100, MOST, MOST, MOST);
        return switch (operation) {
            case PLUS -> {
                int result = draw.between(0, most);
                int a = draw.between(0, result);
                yield new Sum(a, operation, result - a);
            }
            case MINUS -> {
                int a = draw.between(0, most);
                boolean below = a <= 20 && draw.chance(0.15);
                yield new Sum(a, operation, below ? draw.between(a, 20) : draw.between(0, a));
            }
            case TIMES -> product(draw, most);
            case DIVIDED -> {
                Sum product = product(draw, most);
                yield product.b() == 0 ? product : new Sum(product.result(), operation, product.b());
            }
        };
    }

    private static Sum product(Draw draw, int most) {
        if (most <= 50) {
            return new Sum(draw.between(0, 10), Operation.TIMES, draw.between(0, 10));
        }
        int a = draw.between(1, draw.of(12, 20, 50, 100));
        int b = draw.between(0, Math.max(1, Math.min(100, MOST / a)));
        return draw.chance(0.5) ? new Sum(a, Operation.TIMES, b) : new Sum(b, Operation.TIMES, a);
    }
}
