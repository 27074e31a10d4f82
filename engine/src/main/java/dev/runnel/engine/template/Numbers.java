package dev.runnel.engine.template;

import dev.runnel.engine.template.Expression.Operator;
import dev.runnel.engine.template.Value.Bool;
import dev.runnel.engine.template.Value.Int;
import dev.runnel.engine.template.Value.Numeric;
import dev.runnel.engine.template.Value.Real;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Python's arithmetic: integers of any size, floor division, `/` that always gives a float.
final class Numbers {

    /// Most digits of an integer; Python's own limit for reading and writing one.
    static final int DIGITS = 4300;

    private static final int BITS = (int) (DIGITS * Math.log(10) / Math.log(2));

    private Numbers() {}

    /// The value as a number, which truth values are; null if it is none.
    static @Nullable Numeric number(Value value) {
        if (value instanceof Bool(var truth)) {
            return Int.of(truth ? 1 : 0);
        }
        return value instanceof Numeric number ? number : null;
    }

    /// The value as an integer that fits, for an index or a width; a larger one becomes the nearest that
    /// does.
    static int toInt(Value value) {
        if (number(value) instanceof Int(var number)) {
            return number.bitLength() < Integer.SIZE
                    ? number.intValue()
                    : number.signum() < 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE;
        }
        throw new Fault("'" + Values.typeName(value) + "' object cannot be interpreted as an integer");
    }

    static double toDouble(Numeric number) {
        return switch (number) {
            case Int(var value) -> value.doubleValue();
            case Real(var value) -> value;
        };
    }

    static Numeric arithmetic(Operator operator, Numeric left, Numeric right) {
        if (left instanceof Int(var a) && right instanceof Int(var b)) {
            return arithmetic(operator, a, b);
        }
        return new Real(arithmetic(operator, toDouble(left), toDouble(right)));
    }

    private static Numeric arithmetic(Operator operator, BigInteger a, BigInteger b) {
        return switch (operator) {
            case ADD -> new Int(checked(a.add(b)));
            case SUBTRACT -> new Int(checked(a.subtract(b)));
            case MULTIPLY -> new Int(checked(a.multiply(b)));
            case DIVIDE -> new Real(a.doubleValue() / nonZero(b).doubleValue());
            case FLOOR_DIVIDE -> new Int(floorDivide(a, nonZero(b)));
            case MODULO -> new Int(a.subtract(floorDivide(a, nonZero(b)).multiply(b)));
            case POWER -> power(a, b);
        };
    }

    private static double arithmetic(Operator operator, double a, double b) {
        return switch (operator) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case DIVIDE -> a / nonZero(b);
            case FLOOR_DIVIDE -> Math.floor(a / nonZero(b));
            case MODULO -> {
                double rest = a % nonZero(b);
                boolean wrongSign = (rest < 0) != (b < 0);
                yield rest == 0 ? Math.copySign(0, b) : wrongSign ? rest + b : rest;
            }
            case POWER -> Math.pow(a, b);
        };
    }

    private static Numeric power(BigInteger base, BigInteger exponent) {
        if (exponent.signum() < 0) {
            return new Real(Math.pow(nonZero(base).doubleValue(), exponent.doubleValue()));
        }
        boolean small = base.abs().bitLength() <= 1; // -1, 0 and 1 stay small
        if (small) {
            return new Int(base.pow(exponent.signum() == 0 ? 0 : exponent.testBit(0) ? 1 : 2));
        }
        if (exponent.bitLength() >= Integer.SIZE || (long) (base.bitLength() - 1) * exponent.intValue() > BITS) {
            throw tooLong();
        }
        return new Int(checked(base.pow(exponent.intValue())));
    }

    private static BigInteger floorDivide(BigInteger a, BigInteger b) {
        BigInteger[] quotientAndRest = a.divideAndRemainder(b);
        boolean below = quotientAndRest[1].signum() != 0 && quotientAndRest[1].signum() != b.signum();
        return below ? quotientAndRest[0].subtract(BigInteger.ONE) : quotientAndRest[0];
    }

    private static BigInteger nonZero(BigInteger divisor) {
        if (divisor.signum() == 0) {
            throw new Fault("division by zero");
        }
        return divisor;
    }

    private static double nonZero(double divisor) {
        if (divisor == 0) {
            throw new Fault("division by zero");
        }
        return divisor;
    }

    private static BigInteger checked(BigInteger number) {
        if (number.bitLength() > BITS) {
            throw tooLong();
        }
        return number;
    }

    private static Fault tooLong() {
        return new Fault("a number has more than " + DIGITS + " digits");
    }

    static Numeric negative(Numeric number) {
        return switch (number) {
            case Int(var value) -> new Int(value.negate());
            case Real(var value) -> new Real(-value);
        };
    }

    static Numeric absolute(Numeric number) {
        return toDouble(number) < 0 ? negative(number) : number;
    }

    /// The order of two numbers; a NaN comes after all others, so that sorting ends.
    static int compare(Numeric left, Numeric right) {
        if (left instanceof Int(var a) && right instanceof Int(var b)) {
            return a.compareTo(b);
        }
        if (isFinite(left) && isFinite(right)) {
            return toDecimal(left).compareTo(toDecimal(right));
        }
        double a = isFinite(left) ? 0 : toDouble(left);
        double b = isFinite(right) ? 0 : toDouble(right);
        return Double.compare(a, b);
    }

    private static boolean isFinite(Numeric number) {
        return !(number instanceof Real(var value)) || Double.isFinite(value);
    }

    private static BigDecimal toDecimal(Numeric number) {
        return switch (number) {
            case Int(var value) -> new BigDecimal(value);
            case Real(var value) -> new BigDecimal(value);
        };
    }

    static boolean isNan(Numeric number) {
        return number instanceof Real(var value) && Double.isNaN(value);
    }

    /// Python's rounding: to the nearest even where two are as near. An integer stays one.
    static Numeric round(Numeric number, int places) {
        if (!isFinite(number)) {
            return number;
        }
        int within = Math.clamp(places, -DIGITS, DIGITS);
        BigDecimal rounded = toDecimal(number).setScale(within, RoundingMode.HALF_EVEN);
        return switch (number) {
            case Int _ -> new Int(rounded.toBigInteger());
            case Real _ -> new Real(rounded.doubleValue());
        };
    }

    /// What `int(text, base)` makes of a text; null if it isn't an integer.
    static @Nullable BigInteger parseInteger(String text, int base) {
        String digits = text.strip().replace("_", "").toLowerCase(Locale.ROOT);
        boolean negative = digits.startsWith("-");
        if (negative || digits.startsWith("+")) {
            digits = digits.substring(1);
        }
        String prefix = switch (base) {
            case 2 -> "0b";
            case 8 -> "0o";
            case 16 -> "0x";
            default -> "";
        };
        if (!prefix.isEmpty() && digits.startsWith(prefix)) {
            digits = digits.substring(2);
        }
        boolean valid = !digits.isEmpty()
                && digits.length() <= DIGITS
                && base >= Character.MIN_RADIX
                && base <= Character.MAX_RADIX
                && digits.chars().allMatch(c -> Character.digit(c, base) >= 0);
        if (!valid) {
            return null;
        }
        BigInteger number = new BigInteger(digits, base);
        return negative ? number.negate() : number;
    }

    /// What `float(text)` makes of a text; null if it isn't a number.
    static @Nullable Double parseReal(String text) {
        String number = text.strip().replace("_", "").toLowerCase(Locale.ROOT);
        String unsigned = number.startsWith("-") || number.startsWith("+") ? number.substring(1) : number;
        int sign = number.startsWith("-") ? -1 : 1;
        return switch (unsigned) {
            case "nan" -> Double.NaN;
            case "inf", "infinity" -> sign * Double.POSITIVE_INFINITY;
            default ->
                unsigned.matches("(?:[0-9]++(?:\\.[0-9]*+)?+|\\.[0-9]++)(?:e[-+]?+[0-9]++)?+")
                        ? (Double) (sign * Double.parseDouble(unsigned))
                        : null;
        };
    }

    /// Python's `repr` of a float: the shortest decimal that reads back as the same number.
    static String toString(double number) {
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            return Double.isNaN(number) ? "nan" : number < 0 ? "-inf" : "inf";
        }
        if (number == 0) {
            return 1 / number < 0 ? "-0.0" : "0.0";
        }
        BigDecimal decimal = new BigDecimal(Double.toString(number)).stripTrailingZeros();
        String digits = decimal.unscaledValue().abs().toString();
        int point = digits.length() - decimal.scale(); // digits before the decimal point
        if (point > -4 && point <= 16) {
            String plain = decimal.toPlainString();
            return plain.indexOf('.') < 0 ? plain + ".0" : plain;
        }
        String fraction = digits.length() == 1 ? "" : "." + digits.substring(1);
        return String.format(
                Locale.ROOT,
                "%s%s%se%s%02d",
                number < 0 ? "-" : "",
                digits.charAt(0),
                fraction,
                point > 0 ? "+" : "-",
                Math.abs(point - 1));
    }
}
