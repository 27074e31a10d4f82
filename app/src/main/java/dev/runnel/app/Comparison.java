package dev.runnel.app;

import dev.runnel.engine.LogitDifference;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// What the places of a text say together of how far a model is from its reference.
///
/// ```
/// perplexity = exp(mean of -ln p)                     p: what a model gives the token that follows
/// ratio      = exp(mean of ln p - ln q)               q: what the other gives it
/// ```
///
/// The errors are standard errors of the mean, so for a text of which the places were drawn at random: with few tokens
/// they are wide. The ratio's is that of the paired differences, which is far below what the two perplexities'
/// own would make it, as both models read the same text.
final class Comparison {

    private final List<LogitDifference> places;
    private final double[] divergences; // (places), rising

    /// @param places at least one
    Comparison(List<LogitDifference> places) {
        this.places = List.copyOf(places);
        divergences = places.stream()
                .mapToDouble(LogitDifference::divergence)
                .sorted()
                .toArray();
    }

    int places() {
        return places.size();
    }

    double referencePerplexity() {
        return Math.exp(-mean(LogitDifference::referenceLogprob));
    }

    double otherPerplexity() {
        return Math.exp(-mean(LogitDifference::otherLogprob));
    }

    /// The other's perplexity in terms of the reference's.
    double ratio() {
        return Math.exp(mean(Comparison::loss));
    }

    double ratioError() {
        return ratio() * error(Comparison::loss);
    }

    private static double loss(LogitDifference place) {
        return place.referenceLogprob() - place.otherLogprob();
    }

    double meanDivergence() {
        return mean(LogitDifference::divergence);
    }

    double meanDivergenceError() {
        return error(LogitDifference::divergence);
    }

    /// The divergence that a share of the places does not exceed, between two places in proportion.
    ///
    /// @param share 0 to 1; 0.5 gives the median, 1 the greatest
    double divergence(double share) {
        double at = share * (divergences.length - 1);
        int below = (int) at;
        double low = divergences[below];
        double high = divergences[Math.min(below + 1, divergences.length - 1)];
        return low + (at - below) * (high - low);
    }

    /// In how many of the places both hold the same token for the most probable, 0 to 1.
    double sameTop() {
        return mean(place -> place.sameTop() ? 1 : 0);
    }

    /// How many of the reference's most probable tokens are among the other's, 0 to 1.
    double sharedTop() {
        return mean(place -> (double) place.sharedTop() / LogitDifference.TOP);
    }

    double maxDifference() {
        return places.stream().mapToDouble(LogitDifference::maxDifference).max().orElseThrow();
    }

    double rmsDifference() {
        return Math.sqrt(mean(place -> place.rmsDifference() * place.rmsDifference()));
    }

    private double mean(ToDoubleFunction<LogitDifference> number) {
        return places.stream().mapToDouble(number).average().orElseThrow();
    }

    private double error(ToDoubleFunction<LogitDifference> number) {
        double mean = mean(number);
        double variance = mean(place -> Math.pow(number.applyAsDouble(place) - mean, 2));
        return Math.sqrt(variance / Math.max(1, places.size() - 1));
    }
}
