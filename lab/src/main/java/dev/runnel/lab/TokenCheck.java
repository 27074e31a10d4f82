package dev.runnel.lab;

import dev.runnel.core.TokenCodec;
import dev.runnel.core.TokenEvent;
import java.util.List;
import java.util.Optional;

/// Whether the tokens that a server charged are those that came.
///
/// @param method how they were counted
/// @param replies complete replies that were counted
/// @param agreeing those where the count bears the server's out
/// @param charged tokens of the answers by the server's usage, reasoning left out
/// @param counted tokens of the answers by our own count
public record TokenCheck(TokenCheck.Method method, int replies, int agreeing, long charged, long counted) {

    /// How tokens are counted on this side, the most exact that can be had.
    public enum Method {
        /// The server told the logprobs of each token. The end token may be charged and is not told, so one more
        /// token than came is right.
        LOGPROBS("by their logprobs"),
        /// The text was turned into tokens again by the model's own tokenizer. A model may have written it in
        /// other tokens than the tokenizer would, so two tokens or a twentieth to either side are right.
        TOKENIZER("by the tokenizer"),
        /// Pieces were counted. A piece is at least one token, so a server that charges less is wrong, and more
        /// can't be told. So is a reply that is not all text, such as one with reasoning that the usage
        /// doesn't tell, or that a stop string may have cut: its text has fewer tokens than are charged,
        /// and rightly so.
        PIECES("at least, by their pieces");

        private final String words;

        Method(String words) {
            this.words = words;
        }

        /// How, to follow "counted".
        public String words() {
            return words;
        }
    }

    /// One reply's count.
    ///
    /// @param charged by the server's usage
    public record Count(Method method, int charged, int counted, boolean agrees) {}

    /// @param tokenizer the model's own, where it is at hand
    /// @return absent for a reply that is not complete
    public static Optional<Count> count(Measurement measured, Optional<TokenCodec> tokenizer) {
        if (!(measured.outcome() instanceof Outcome.Complete(TokenEvent.Usage usage, var _))) {
            return Optional.empty();
        }
        int answer = usage.completionTokens() - usage.reasoningTokens();
        if (measured.isAllText() && measured.logprobTokens().isPresent()) {
            int told = measured.logprobTokens().getAsInt();
            return Optional.of(new Count(Method.LOGPROBS, answer, told, answer == told || answer == told + 1));
        }
        if (measured.isAllText() && tokenizer.isPresent()) {
            int again = tokenizer.get().tokenize(measured.text(), false, false).size();
            boolean near = Math.abs(answer - again) <= Math.max(2, again / 20);
            return Optional.of(new Count(Method.TOKENIZER, answer, again, near));
        }
        int pieces = measured.pieces().size();
        return Optional.of(
                new Count(Method.PIECES, usage.completionTokens(), pieces, usage.completionTokens() >= pieces));
    }

    /// @return absent where no reply is complete
    static Optional<TokenCheck> of(List<Measurement> measurements, Optional<TokenCodec> tokenizer) {
        List<Count> counts = measurements.stream()
                .flatMap(measured -> count(measured, tokenizer).stream())
                .toList();
        if (counts.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new TokenCheck(
                counts.stream().map(Count::method).max(Method::compareTo).orElseThrow(),
                counts.size(),
                (int) counts.stream().filter(Count::agrees).count(),
                counts.stream().mapToLong(Count::charged).sum(),
                counts.stream().mapToLong(Count::counted).sum()));
    }

    /// Whether no reply contradicts its usage.
    public boolean agrees() {
        return agreeing == replies;
    }
}
