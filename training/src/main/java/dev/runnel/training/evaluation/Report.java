package dev.runnel.training.evaluation;

import dev.runnel.core.Completion;
import dev.runnel.core.Prompt;
import dev.runnel.training.data.Split;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Predicate;

/// What an evaluation found, as a page of Markdown.
public final class Report {

    private static final int TRIES = 10_000;
    private static final int LONGEST = 160;

    /// @param reply what the model said
    record Judged(Question question, Completion.Choice reply, boolean isRight) {}

    /// @param firstToken from the request to the first text
    /// @param tokensPerSecond after it, in one stream; absent where a model said too little
    record Pace(Duration firstToken, OptionalDouble tokensPerSecond) {}

    /// How many of a category's questions were answered rightly.
    private record Score(int right, int asked) {

        static final Score NONE = new Score(0, 0);

        Score with(boolean isRight) {
            return new Score(right + (isRight ? 1 : 0), asked + 1);
        }

        double share() {
            return asked == 0 ? 0 : (double) right / asked;
        }

        @Override
        public String toString() {
            return asked == 0 ? "" : "%d/%d".formatted(right, asked);
        }
    }

    private final String model;
    private final List<Split> splits;
    private final List<Judged> judged;
    private final Pace pace;

    Report(String model, List<Split> splits, List<Judged> judged, Pace pace) {
        this.model = model;
        this.splits = List.copyOf(splits);
        this.judged = List.copyOf(judged);
        this.pace = pace;
    }

    private List<String> categories() {
        return judged.stream()
                .map(each -> each.question().category())
                .distinct()
                .toList();
    }

    private Score score(Predicate<Question> asked) {
        Score score = Score.NONE;
        for (Judged each : judged) {
            score = asked.test(each.question()) ? score.with(each.isRight()) : score;
        }
        return score;
    }

    /// The categories that are worse than the model card says, by more than chance does to so many questions once in
    /// [#TRIES].
    public List<String> fallenShort() {
        return categories().stream().filter(this::fallsShort).toList();
    }

    private boolean fallsShort(String category) {
        return splits.stream().anyMatch(split -> {
            double claimed = Claims.of(category, split);
            Score score = score(question -> question.category().equals(category) && question.split() == split);
            return claimed > 0 && chance(score.asked(), score.asked() - score.right(), claimed) < 1.0 / TRIES;
        });
    }

    /// How probable it is that so many are wrong, or more, where each is right with the probability `share` (binomial).
    private static double chance(int asked, int wrong, double share) {
        double fewer = 0;
        double each = Math.pow(share, asked); // the probability that i are wrong
        for (int i = 0; i < wrong; i++) {
            fewer += each;
            each *= (asked - i) / (i + 1.0) * (1 - share) / share;
        }
        return 1 - fewer;
    }

    /// The table, the pace, and wrong answers.
    ///
    /// @param wrong how many of these, of a category, a split and a language
    public String markdown(int wrong) {
        StringBuilder page = new StringBuilder();
        page.append("%s, greedy%n%n| category |".formatted(model));
        splits.forEach(split -> page.append(" %s: zh | en | right |".formatted(name(split))));
        page.append(" target |%n|---|%s---|%n".formatted("---|---|---|".repeat(splits.size())));
        for (String category : categories()) {
            double target = Targets.of(category);
            page.append("| %s |".formatted(category));
            for (Split split : splits) {
                Score whole = score(question -> question.category().equals(category) && question.split() == split);
                String percent = percent(whole.share());
                page.append(" %s | %s | %s |"
                        .formatted(
                                score(category, split, "zh"),
                                score(category, split, "en"),
                                whole.share() >= target ? percent : "**%s**".formatted(percent)));
            }
            page.append(" %s |%n".formatted(percent(target)));
        }
        pace.tokensPerSecond()
                .ifPresent(rate -> page.append("%nOne stream: %.0f tokens a second, first token after %.1f ms.%n"
                        .formatted(rate, pace.firstToken().toNanos() / 1e6)));
        appendTranscripts(page, wrong);
        return page.toString();
    }

    private Score score(String category, Split split, String language) {
        return score(question -> question.category().equals(category)
                && question.split() == split
                && question.language().equals(language));
    }

    private static String name(Split split) {
        return split.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    private void appendTranscripts(StringBuilder page, int most) {
        for (String category : categories()) {
            Map<String, Integer> shown = new HashMap<>();
            List<Judged> wrong = judged.stream()
                    .filter(each ->
                            !each.isRight() && each.question().category().equals(category))
                    .filter(each -> shown.merge(
                                    each.question().split() + each.question().language(), 1, Integer::sum)
                            <= most)
                    .toList();
            if (!wrong.isEmpty()) {
                page.append("%n%s%n".formatted(category));
            }
            for (Judged each : wrong) {
                String said = each.reply().toolCalls().isEmpty()
                        ? each.reply().text()
                        : each.reply().toolCalls().toString();
                page.append("- `%s` -> `%s`, wanted `%s`%n"
                        .formatted(
                                asked(each.question()),
                                cut(said),
                                cut(each.question().wanted())));
            }
        }
    }

    private static String asked(Question question) {
        return switch (question.request().prompt()) {
            case Prompt.Chat chat ->
                cut(String.join(
                        " / ",
                        chat.messages().stream().map(message -> message.text()).toList()));
            case Prompt.Text(var text) -> cut(text);
            case Prompt.Tokens _, Prompt.Gap _ -> "";
        };
    }

    private static String cut(String text) {
        String line = text.replace("\n", "\\n");
        int half = LONGEST / 2;
        return line.length() <= LONGEST ? line : line.substring(0, half) + " … " + line.substring(line.length() - half);
    }
}
