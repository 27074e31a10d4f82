package dev.runnel.engine.constraint;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// JSON's numbers in some range, as automata over their digits. A number with bounds is written without
/// an exponent. Length is bounded, 16 digits before and 16 behind the point unless a bound itself is
/// longer, so that every reader can represent what is written and digits come to an end. Multiples that
/// take many states have fewer digits.
final class Numbers {

    private static final ByteSet DIGITS = ByteSet.range('0', '9');
    private static final ByteSet NONZERO = ByteSet.range('1', '9');

    private static final int DIGIT_LIMIT = 16;

    /// Of a bound; and how exact it may be.
    private static final int MAX_BOUND_DIGITS = 100;

    private static final int MAX_DIVISOR = 2_000;

    /// Remainders to be told apart beyond which [#MANY_DIGIT_LIMIT] holds.
    private static final int MANY_REMAINDERS = 50;

    private static final int MANY_DIGIT_LIMIT = 8;

    /// Each has up to ten edges, and [Nfa] has room for 400,000 of both.
    private static final int MAX_STATES = 30_000;

    private static final Node WHOLE = Node.sequence(
            Node.optional(new Node.Text("-")),
            Node.choice(
                    new Node.Text("0"),
                    Node.sequence(
                            new Node.OneByte(NONZERO), new Node.Repeat(new Node.OneByte(DIGITS), 0, DIGIT_LIMIT - 1))));

    private static final Node FRACTION =
            Node.optional(Node.sequence(new Node.Text("."), new Node.Repeat(new Node.OneByte(DIGITS), 1, DIGIT_LIMIT)));

    private static final Node EXPONENT = Node.optional(Node.sequence(
            new Node.OneByte(ByteSet.of("eE")),
            Node.optional(new Node.OneByte(ByteSet.of("+-"))),
            new Node.Repeat(new Node.OneByte(DIGITS), 1, 2)));

    static final Node ANY = Node.sequence(WHOLE, FRACTION, EXPONENT);

    /// @param multipleOf positive
    record Range(
            @Nullable BigDecimal min,
            boolean isMinExcluded,
            @Nullable BigDecimal max,
            boolean isMaxExcluded,
            boolean isWhole,
            @Nullable BigDecimal multipleOf) {

        static final Range ALL = new Range(null, false, null, false, false, null);

        Range whole() {
            return new Range(min, isMinExcluded, max, isMaxExcluded, true, multipleOf);
        }

        Range atLeast(BigDecimal bound, boolean isExcluded) {
            int order = min == null ? -1 : min.compareTo(bound);
            return order > 0
                    ? this
                    : new Range(
                            bound,
                            isExcluded || (order == 0 && isMinExcluded),
                            max,
                            isMaxExcluded,
                            isWhole,
                            multipleOf);
        }

        Range atMost(BigDecimal bound, boolean isExcluded) {
            int order = max == null ? 1 : max.compareTo(bound);
            return order < 0
                    ? this
                    : new Range(
                            min,
                            isMinExcluded,
                            bound,
                            isExcluded || (order == 0 && isMaxExcluded),
                            isWhole,
                            multipleOf);
        }

        /// Whether it is certain that no number is in it.
        boolean isEmpty() {
            if (min == null || max == null) {
                return false;
            }
            int order = min.compareTo(max);
            return order > 0 || (order == 0 && (isMinExcluded || isMaxExcluded));
        }

        /// The multiples of a number, too: of the least common multiple of both.
        ///
        /// @return null if that is out of bounds
        @Nullable
        Range multipleOf(BigDecimal divisor) {
            if (multipleOf == null) {
                return new Range(min, isMinExcluded, max, isMaxExcluded, isWhole, divisor);
            }
            int scale = Math.max(0, Math.max(multipleOf.scale(), divisor.scale()));
            BigInteger a = multipleOf.setScale(scale).unscaledValue();
            BigInteger b = divisor.setScale(scale).unscaledValue();
            BigInteger both = a.divide(a.gcd(b)).multiply(b);
            return new Range(min, isMinExcluded, max, isMaxExcluded, isWhole, new BigDecimal(both, scale));
        }
    }

    private record Place(int whole, int fraction, boolean onMin, boolean onMax, int remainder, boolean begins) {}

    private final Range range;
    private final int fractionLimit;
    private final int divisor;
    private final int divisorScale;
    private final Node.Drawing drawing = new Node.Drawing();
    private final int end = drawing.state();

    // Of the magnitudes that are being drawn.
    private String minWhole = "";
    private String minFraction = "";
    private String maxWhole = "";
    private String maxFraction = "";
    private boolean isMinExcluded;
    private boolean isMaxExcluded;
    private final Map<Place, Integer> states = new HashMap<>();

    private Numbers(Range range, int fractionLimit, int divisor, int divisorScale) {
        this.range = range;
        this.fractionLimit = fractionLimit;
        this.divisor = divisor;
        this.divisorScale = divisorScale;
    }

    /// @throws Pattern.Refusal if it takes too many states
    static Node of(Range range) throws Pattern.Refusal {
        if (range.equals(Range.ALL)) {
            return ANY;
        }
        if (range.equals(Range.ALL.whole())) {
            return WHOLE;
        }
        int digits = 0;
        int scale = 0;
        for (BigDecimal bound : new BigDecimal[] {range.min(), range.max()}) {
            if (bound != null) {
                BigDecimal plain = bound.stripTrailingZeros();
                if (Math.abs((long) plain.precision() - plain.scale()) > MAX_BOUND_DIGITS
                        || plain.scale() > MAX_BOUND_DIGITS) {
                    throw new Pattern.Refusal(
                            "is out of bounds: %s takes more than %d digits".formatted(bound, MAX_BOUND_DIGITS));
                }
                digits = Math.max(digits, plain.precision() - plain.scale() + 1);
                scale = Math.max(scale, plain.scale());
            }
        }
        int divisor = 1;
        int divisorScale = 0;
        if (range.multipleOf() != null) {
            BigDecimal plain = range.multipleOf().stripTrailingZeros();
            plain = plain.scale() < 0 && plain.scale() > -10 ? plain.setScale(0) : plain;
            if (plain.scale() < 0
                    || plain.scale() > DIGIT_LIMIT
                    || plain.unscaledValue().compareTo(BigInteger.valueOf(MAX_DIVISOR)) > 0) {
                throw new Pattern.Refusal("is out of bounds: without its point %s is more than %d"
                        .formatted(range.multipleOf().toString(), MAX_DIVISOR));
            }
            divisor = plain.unscaledValue().intValueExact();
            divisorScale = plain.scale();
        }
        digits = Math.max(digits, modulus(divisor, DIGIT_LIMIT) > MANY_REMAINDERS ? MANY_DIGIT_LIMIT : DIGIT_LIMIT);
        int fraction =
                range.isWhole() ? 0 : range.multipleOf() != null ? divisorScale : Math.max(DIGIT_LIMIT, scale + 2);
        return new Numbers(range, fraction, divisor, divisorScale).draw(digits, Math.max(fraction, scale));
    }

    /// The remainders of a division that matter where so many digits are to come: two that are equal by
    /// this modulus are made zero by the same digits.
    private static int modulus(int divisor, int digits) {
        int modulus = divisor;
        for (int i = 0; i < digits; i++) {
            modulus /= (modulus % 2 == 0 ? 2 : 1) * (modulus % 5 == 0 ? 5 : 1);
        }
        return modulus;
    }

    private Node draw(int digits, int scale) throws Pattern.Refusal {
        BigDecimal most = BigDecimal.TEN.pow(digits).subtract(BigDecimal.ONE);
        Range bounded = range.atLeast(most.negate(), false).atMost(most, false);
        BigDecimal min = Objects.requireNonNull(bounded.min());
        BigDecimal max = Objects.requireNonNull(bounded.max());
        drawing.accept(end);
        if (max.signum() >= 0) {
            boolean isAbove = min.signum() >= 0;
            magnitudes(
                    0,
                    isAbove ? min : BigDecimal.ZERO,
                    isAbove && bounded.isMinExcluded(),
                    max,
                    bounded.isMaxExcluded(),
                    scale);
        }
        if (min.signum() < 0) {
            boolean isBelow = max.signum() < 0;
            int negative = drawing.state();
            drawing.edge(0, new Node.Text("-"), negative);
            magnitudes(
                    negative,
                    isBelow ? max.negate() : BigDecimal.ZERO,
                    !isBelow || bounded.isMaxExcluded(),
                    min.negate(),
                    bounded.isMinExcluded(),
                    scale);
        }
        return drawing.graph();
    }

    /// Numbers without a sign, from a state on.
    private void magnitudes(int from, BigDecimal min, boolean withoutMin, BigDecimal max, boolean withoutMax, int scale)
            throws Pattern.Refusal {
        states.clear();
        minWhole = min.toBigInteger().toString();
        maxWhole = max.toBigInteger().toString();
        minFraction = fraction(min, scale);
        maxFraction = fraction(max, scale);
        isMinExcluded = withoutMin;
        isMaxExcluded = withoutMax;
        for (int length = minWhole.length(); length <= maxWhole.length(); length++) {
            Place start = new Place(length, -1, length == minWhole.length(), length == maxWhole.length(), 0, true);
            drawing.skip(from, state(start, length == 1));
        }
    }

    private static String fraction(BigDecimal number, int scale) {
        String digits =
                number.remainder(BigDecimal.ONE).setScale(scale).unscaledValue().toString();
        return "0".repeat(scale - (digits.equals("0") ? 0 : digits.length())) + (digits.equals("0") ? "" : digits);
    }

    /// The state of a place: so many digits to come before the point (with `fraction` -1), or so many
    /// read behind it.
    private int state(Place place, boolean zeroAllowed) throws Pattern.Refusal {
        Integer known = states.get(place);
        if (known != null) {
            return known;
        }
        int state = drawing.state();
        if (state == MAX_STATES) {
            throw new Pattern.Refusal(
                    "is too large: up to %d digits take more than %d states".formatted(maxWhole.length(), MAX_STATES));
        }
        states.put(place, state);
        if (place.fraction() < 0 && place.whole() == 0) {
            if (isComplete(0, place)) {
                drawing.skip(state, end);
            }
            if (fractionLimit > 0) {
                drawing.edge(
                        state,
                        new Node.Text("."),
                        state(new Place(0, 0, place.onMin(), place.onMax(), place.remainder(), false), true));
            }
            return state;
        }
        if (place.fraction() > 0 && isComplete(place.fraction(), place)) {
            drawing.skip(state, end);
        }
        if (place.fraction() == fractionLimit) {
            return state;
        }
        int low = '0';
        int high = '9';
        if (place.onMin()) {
            low = place.fraction() < 0
                    ? minWhole.charAt(minWhole.length() - place.whole())
                    : minFraction.charAt(place.fraction());
        }
        if (place.onMax()) {
            high = place.fraction() < 0
                    ? maxWhole.charAt(maxWhole.length() - place.whole())
                    : maxFraction.charAt(place.fraction());
        }
        Map<Place, ByteSet> next = new LinkedHashMap<>();
        for (int digit = low; digit <= high; digit++) {
            if (place.begins() && digit == '0' && !zeroAllowed) {
                continue;
            }
            int whole = Math.max(0, place.whole() - 1);
            int fraction = place.fraction() < 0 ? -1 : place.fraction() + 1;
            Place then = new Place(
                    whole,
                    fraction,
                    place.onMin() && digit == low,
                    place.onMax() && digit == high,
                    (place.remainder() * 10 + digit - '0')
                            % modulus(divisor, whole + divisorScale - Math.max(0, fraction)),
                    false);
            next.merge(then, ByteSet.of(digit), ByteSet::or);
        }
        for (Map.Entry<Place, ByteSet> each : next.entrySet()) {
            drawing.edge(state, new Node.OneByte(each.getValue()), state(each.getKey(), true));
        }
        return state;
    }

    /// Whether a number may end here, with so many digits behind the point.
    private boolean isComplete(int digits, Place place) {
        if (place.onMin()) {
            boolean isZero = isZero(minFraction, digits);
            if (!isZero || isMinExcluded) {
                return false;
            }
        }
        if (place.onMax() && isMaxExcluded && isZero(maxFraction, digits)) {
            return false;
        }
        long remainder = place.remainder();
        for (int i = digits; i < divisorScale; i++) {
            remainder = remainder * 10 % divisor;
        }
        return remainder == 0;
    }

    private static boolean isZero(String digits, int from) {
        for (int i = from; i < digits.length(); i++) {
            if (digits.charAt(i) != '0') {
                return false;
            }
        }
        return true;
    }
}
