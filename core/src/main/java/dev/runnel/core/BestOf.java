package dev.runnel.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/// A stage that keeps the most probable of a stream's choices: those whose generated tokens have the highest mean of
/// logprobs, the highest first. The stream has to come with logprobs. Nothing but its beginning passes before its
/// end, and the usage counts all choices, also those that are dropped.
public final class BestOf implements Stage {

    private static final class Candidate {
        final List<TokenEvent> events = new ArrayList<>();
        final List<TokenLogprob> logprobs = new ArrayList<>();

        /// @param skipped tokens that were not generated
        double mean(int skipped) {
            return logprobs.stream()
                    .skip(skipped)
                    .mapToDouble(token -> token.logprob().orElse(0))
                    .average()
                    .orElse(Double.NEGATIVE_INFINITY); // nothing generated is no answer
        }
    }

    private final int kept;
    private final boolean tellsLogprobs;
    private final boolean echoed;
    private final List<Candidate> candidates = new ArrayList<>();

    /// @param kept how many choices come out, at most as many as go in
    /// @param tellsLogprobs whether those that come out have their logprobs
    /// @param echoed whether the choices begin with the prompt, which says nothing about them
    public BestOf(int kept, boolean tellsLogprobs, boolean echoed) {
        this.kept = kept;
        this.tellsLogprobs = tellsLogprobs;
        this.echoed = echoed;
    }

    @Override
    public void accept(TokenEvent event, Consumer<? super TokenEvent> next) {
        switch (event) {
            case TokenEvent.Started(var model, var choices) -> {
                for (int i = 0; i < choices; i++) {
                    candidates.add(new Candidate());
                }
                next.accept(new TokenEvent.Started(model, Math.min(kept, choices)));
            }
            case TokenEvent.Text(var choice, var text, var logprobs) -> {
                candidates.get(choice).logprobs.addAll(logprobs);
                if (tellsLogprobs) {
                    candidates.get(choice).events.add(event);
                } else if (!text.isEmpty()) {
                    candidates.get(choice).events.add(new TokenEvent.Text(choice, text));
                }
            }
            case TokenEvent.Thinking piece ->
                candidates.get(piece.choice()).events.add(piece);
            case TokenEvent.Refusal piece ->
                candidates.get(piece.choice()).events.add(piece);
            case TokenEvent.Call call -> candidates.get(call.choice()).events.add(call);
            case TokenEvent.Arguments piece ->
                candidates.get(piece.choice()).events.add(piece);
            case TokenEvent.Finished end -> candidates.get(end.choice()).events.add(end);
            case TokenEvent.Usage cost -> {
                choose(cost, next);
                next.accept(cost);
            }
        }
    }

    private void choose(TokenEvent.Usage cost, Consumer<? super TokenEvent> next) {
        int skipped = echoed ? cost.promptTokens() : 0;
        List<Integer> best = IntStream.range(0, candidates.size())
                .boxed()
                .sorted(Comparator.comparingDouble(
                        index -> -candidates.get(index).mean(skipped)))
                .limit(kept)
                .toList();
        for (int rank = 0; rank < best.size(); rank++) {
            int number = rank;
            for (TokenEvent event : candidates.get(best.get(rank)).events) {
                next.accept(Renumbering.of(event, _ -> number));
            }
        }
    }
}
