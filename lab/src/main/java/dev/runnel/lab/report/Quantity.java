package dev.runnel.lab.report;

import java.util.List;
import java.util.Locale;

/// What numbers are of, and so how they are written: three digits and the unit that suits them.
public enum Quantity {
    /// Seconds.
    TIME,

    /// Whatever is counted, and rates.
    NUMBER,

    /// From 0 to 1, written in percent.
    SHARE;

    private static final List<Unit> TIMES = List.of(new Unit("µs", 1e-6), new Unit("ms", 1e-3), new Unit("s", 1));
    private static final List<Unit> NUMBERS =
            List.of(new Unit("", 1), new Unit("k", 1e3), new Unit("M", 1e6), new Unit("G", 1e9));
    private static final List<Unit> SHARES = List.of(new Unit("%", 0.01));

    /// @param size of one of them
    record Unit(String symbol, double size) {

        /// @param number such as `2.5`
        String after(String number) {
            return symbol.isEmpty() ? number : number + " " + symbol;
        }
    }

    /// Such as `84.0 ms`.
    public String readable(double value) {
        Unit unit = unit(value);
        double count = value / unit.size();
        boolean counted = count == 0 || (unit.size() == 1 && this == NUMBER && count == Math.rint(count));
        return unit.after(counted ? decimal(count, 0) : digits(count));
    }

    /// The largest unit of which there is one in `value`.
    Unit unit(double value) {
        List<Unit> units = switch (this) {
            case TIME -> TIMES;
            case NUMBER -> NUMBERS;
            case SHARE -> SHARES;
        };
        Unit suiting = units.getFirst();
        for (Unit unit : units) {
            if (Math.abs(value) >= 0.9995 * unit.size()) {
                suiting = unit;
            }
        }
        return suiting;
    }

    /// With so many decimals, whatever the locale.
    static String decimal(double value, int decimals) {
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    /// In three digits, whatever the locale, such as `2.50`; in more where it is a thousand or above.
    public static String digits(double value) {
        double size = Math.abs(value);
        return decimal(value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
    }
}
