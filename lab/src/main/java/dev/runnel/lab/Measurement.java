package dev.runnel.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// What one request took. Its times count from when it was to begin ([#due]), so what made it begin late counts, too.
///
/// @param index of the request in its [Workload]; requests of the same index ask the same, but for the
///     number that makes a prompt unique
/// @param due when it was to begin, from the beginning of its round
/// @param lag by how much the lab itself was late to begin it; of a good lab, next to nothing
/// @param waited how long it waited for its turn under the cap of an open loop
/// @param pieces when each piece of the reply came, reasoning included
/// @param e2el when it ended, however it did: end-to-end latency
/// @param text the answer, without reasoning
/// @param logprobTokens tokens of the answer as its logprobs tell them, if they were asked for
/// @param isAllText whether the tokens that the usage charges and doesn't set apart as reasoning are those of `text`:
///     no reasoning came of which the usage says nothing, no refusal and no call, and there was no stop string, whose
///     tokens are charged and not shown
public record Measurement(
        int index,
        Duration due,
        Duration lag,
        Duration waited,
        List<Duration> pieces,
        Duration e2el,
        Outcome outcome,
        String text,
        OptionalInt logprobTokens,
        boolean isAllText) {

    public Measurement {
        pieces = List.copyOf(pieces);
    }

    /// Time to first token: until the first piece came that is not empty, be it text, reasoning or a call.
    public Optional<Duration> ttft() {
        return pieces.isEmpty() ? Optional.empty() : Optional.of(pieces.getFirst());
    }

    /// Inter-token latencies: the waits between one piece and the next. A piece may be several tokens.
    public List<Duration> gaps() {
        List<Duration> gaps = new ArrayList<>();
        for (int i = 1; i < pieces.size(); i++) {
            gaps.add(pieces.get(i).minus(pieces.get(i - 1)));
        }
        return gaps;
    }

    /// Time per output token: of each after the first, by the server's count of them. Of a reply that came in one piece
    /// nothing can be said.
    public Optional<Duration> tpot() {
        if (pieces.size() < 2
                || !(outcome instanceof Outcome.Complete(var usage, var _))
                || usage.completionTokens() < 2) {
            return Optional.empty();
        }
        return Optional.of(e2el.minus(pieces.getFirst()).dividedBy(usage.completionTokens() - 1));
    }

    /// When it ended, from the beginning of its round.
    public Duration ended() {
        return due.plus(e2el);
    }
}
