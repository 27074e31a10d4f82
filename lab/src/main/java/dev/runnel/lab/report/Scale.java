package dev.runnel.lab.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/// Where values are along a side of a chart.
sealed interface Scale {

    /// A value that is written at its place.
    record Tick(double value, String label) {}

    /// Largest by smallest value from which on a scale is logarithmic.
    double WIDE = 50;

    /// How much further a linear scale goes than its largest value.
    double HEADROOM = 1.06;

    /// 0 for what is at the beginning of the side, 1 for what is at its end.
    double place(double value);

    /// Values of one, two or five and zeros.
    List<Tick> ticks(int atMost);

    /// What the side's values are, and their unit if the ticks don't say it.
    String title();

    static Scale of(Axis axis, DoubleStream values) {
        var all = values.summaryStatistics();
        boolean wide = all.getMin() > 0 && all.getMax() > WIDE * all.getMin();
        return wide && Double.isFinite(all.getMin())
                ? new Logarithmic(axis, roundDown(all.getMin()), roundUp(all.getMax()))
                : fromZero(axis, HEADROOM * all.getMax());
    }

    /// @param most its largest value; anything but a positive number is as good as 1
    static Scale fromZero(Axis axis, double most) {
        return new Linear(axis, Double.isFinite(most) && most > 0 ? most : 1);
    }

    record Linear(Axis axis, double end) implements Scale {

        @Override
        public double place(double value) {
            return value / end;
        }

        @Override
        public List<Tick> ticks(int atMost) {
            double step = roundUp(end / atMost);
            List<Tick> ticks = new ArrayList<>();
            for (int i = 0; i * step <= end * (1 + 1e-9); i++) {
                String number = plain(i * step / unit().size());
                boolean bare = i == 0 || axis.quantity() == Quantity.TIME;
                ticks.add(new Tick(i * step, bare ? number : unit().after(number)));
            }
            return ticks;
        }

        @Override
        public String title() {
            return axis.quantity() == Quantity.TIME ? axis.label() + ", " + unit().symbol() : axis.label();
        }

        private Quantity.Unit unit() {
            return axis.quantity().unit(end);
        }
    }

    record Logarithmic(Axis axis, double begin, double end) implements Scale {

        @Override
        public double place(double value) {
            return Math.log(value / begin) / Math.log(end / begin);
        }

        @Override
        public List<Tick> ticks(int atMost) {
            List<Tick> ticks = new ArrayList<>();
            for (double value = begin; value <= end * (1 + 1e-9); value = roundUp(value * 1.5)) {
                Quantity.Unit unit = axis.quantity().unit(value);
                ticks.add(new Tick(value, unit.after(plain(value / unit.size()))));
            }
            int decades = 0;
            List<Tick> fitting = ticks;
            while (fitting.size() > atMost) {
                int every = ++decades;
                fitting = ticks.stream()
                        .filter(tick -> isPowerOfTen(tick.value(), every))
                        .toList();
            }
            return fitting;
        }

        /// @param every of their exponents' divisor
        private static boolean isPowerOfTen(double value, int every) {
            double power = Math.log10(value);
            return Math.abs(power - Math.rint(power)) < 1e-6 && Math.round(power) % every == 0;
        }

        @Override
        public String title() {
            return axis.label();
        }
    }

    /// The smallest of 1, 2 and 5 times a power of ten that is not below `value`.
    private static double roundUp(double value) {
        double power = Math.pow(10, Math.floor(Math.log10(value)));
        double digit = value / power;
        return power * (digit <= 1 + 1e-9 ? 1 : digit <= 2 + 1e-9 ? 2 : digit <= 5 + 1e-9 ? 5 : 10);
    }

    private static double roundDown(double value) {
        double power = Math.pow(10, Math.floor(Math.log10(value)));
        double digit = value / power;
        return power * (digit >= 5 - 1e-9 ? 5 : digit >= 2 - 1e-9 ? 2 : 1);
    }

    /// Without what binary fractions add.
    private static String plain(double value) {
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(6)).stripTrailingZeros();
        return rounded.signum() == 0 ? "0" : rounded.toPlainString();
    }
}
