package dev.runnel.training.evaluation;

import dev.runnel.core.Completion;
import dev.runnel.core.Prompt;
import dev.runnel.training.data.Split;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/// What an evaluation found, as a page of Markdown.
public final class Report {

    private static final int TRANSCRIPTS = 4; // of a category
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
    private final Split split;
    private final List<Judged> judged;
    private final Pace pace;
    private final Map<String, Map<String, Score>> scores = new LinkedHashMap<>(); // by category, then language

    Report(String model, Split split, List<Judged> judged, Pace pace) {
        this.model = model;
        this.split = split;
        this.judged = List.copyOf(judged);
        this.pace = pace;
        for (Judged each : judged) {
            Map<String, Score> byLanguage =
                    scores.computeIfAbsent(each.question().category(), _ -> new LinkedHashMap<>());
            byLanguage.merge(
                    each.question().language(), Score.NONE.with(each.isRight()), (old, _) -> old.with(each.isRight()));
        }
    }

    private Score whole(String category) {
        int right = 0;
        int asked = 0;
        for (Score score : scores.getOrDefault(category, Map.of()).values()) {
            right += score.right();
            asked += score.asked();
        }
        return new Score(right, asked);
    }

    /// Whether every category reaches its target, as far as that many questions can tell: by three standard deviations.
    public boolean reachesTargets() {
        return scores.keySet().stream().allMatch(this::reachesTarget);
    }

    private boolean reachesTarget(String category) {
        double target = Targets.of(category);
        Score score = whole(category);
        double deviation = Math.sqrt(target * (1 - target) / Math.max(1, score.asked()));
        return score.share() >= target - 3 * deviation;
    }

    /// The table, the pace, and the worst answers.
    public String markdown() {
        StringBuilder page = new StringBuilder();
        page.append("%s, %s questions, greedy%n%n".formatted(model, name(split)));
        page.append("| category | zh | en | right | target | |%n|---|---|---|---|---|---|%n".formatted());
        for (String category : scores.keySet()) {
            Map<String, Score> byLanguage = scores.getOrDefault(category, Map.of());
            double target = Targets.of(category);
            Score whole = whole(category);
            String verdict = whole.share() >= target ? "" : reachesTarget(category) ? "below" : "**below**";
            page.append("| %s | %s | %s | %s | %s | %s |%n"
                    .formatted(
                            category,
                            byLanguage.getOrDefault("zh", Score.NONE),
                            byLanguage.getOrDefault("en", Score.NONE),
                            percent(whole.share()),
                            percent(target),
                            verdict));
        }
        pace.tokensPerSecond()
                .ifPresent(rate -> page.append("%nOne stream: %.0f tokens a second, first token after %.1f ms.%n"
                        .formatted(rate, pace.firstToken().toNanos() / 1e6)));
        appendTranscripts(page);
        return page.toString();
    }

    private static String name(Split split) {
        return split.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    private void appendTranscripts(StringBuilder page) {
        for (String category : scores.keySet()) {
            List<Judged> wrong = judged.stream()
                    .filter(each ->
                            !each.isRight() && each.question().category().equals(category))
                    .limit(TRANSCRIPTS)
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
