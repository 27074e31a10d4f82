package dev.runnel.cuda;

/// How far logits are from those that they should be.
///
/// @param ofStandardDeviation the largest difference, divided by the standard deviation of the row
/// @param ofNorm the length of the difference, divided by the row's
record Difference(double ofStandardDeviation, double ofNorm) {

    static final Difference NONE = new Difference(0, 0);

    static Difference between(float[] logits, double[] expected) {
        double mean = 0;
        for (double each : expected) {
            mean += each / expected.length;
        }
        double largest = 0;
        double variance = 0;
        double squares = 0;
        double differences = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = Math.abs(logits[i] - expected[i]);
            // A number that is none is as wrong as can be.
            largest = Double.isFinite(difference) ? Math.max(largest, difference) : Double.POSITIVE_INFINITY;
            differences += difference * difference;
            squares += expected[i] * expected[i];
            variance += (expected[i] - mean) * (expected[i] - mean) / expected.length;
        }
        return new Difference(
                largest / Math.sqrt(variance),
                Double.isFinite(largest) ? Math.sqrt(differences / squares) : Double.POSITIVE_INFINITY);
    }

    static Difference between(float[] logits, float[] expected) {
        double[] exactly = new double[expected.length];
        for (int i = 0; i < exactly.length; i++) {
            exactly[i] = expected[i];
        }
        return between(logits, exactly);
    }

    Difference orWorse(Difference other) {
        return new Difference(Math.max(ofStandardDeviation, other.ofStandardDeviation), Math.max(ofNorm, other.ofNorm));
    }

    @Override
    public String toString() {
        return "%.1e of a standard deviation (%.1e of the norm)".formatted(ofStandardDeviation, ofNorm);
    }
}
