package dev.runnel.lab.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScaleTest {

    private static final Axis TIME = Axis.time("time");

    @ParameterizedTest
    @CsvSource({
        "0.298,  8, 'time, ms', '0 50 100 150 200 250'",
        "0.3,    8, 'time, ms', '0 50 100 150 200 250 300'",
        "12,     8, 'time, s',  '0 2 4 6 8 10 12'",
        "0.0007, 5, 'time, µs', '0 200 400 600'",
        "1.2,    5, 'time, s',  '0 0.5 1'",
        "1,     10, 'time, s',  '0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1'"
    })
    void ticksAreAtRoundTimesInOneUnit(double end, int atMost, String title, String labels) {
        Scale scale = Scale.fromZero(TIME, end);

        assertThat(scale.title()).isEqualTo(title);
        assertThat(labels(scale, atMost)).containsExactly(labels.split(" "));
    }

    @Test
    void sharesAreWrittenInPercentAndNumbersByTheirThousands() {
        assertThat(labels(Scale.fromZero(new Axis("", Quantity.SHARE), 1), 4)).containsExactly("0", "50 %", "100 %");
        assertThat(labels(Scale.fromZero(Axis.number(""), 12_000), 4)).containsExactly("0", "5 k", "10 k");
        assertThat(labels(Scale.fromZero(Axis.number(""), 3), 4)).containsExactly("0", "1", "2", "3");
    }

    @Test
    void whatDiffersLittleIsLinearFromZero() {
        Scale scale = Scale.of(TIME, DoubleStream.of(0.1, 0.5));

        assertThat(scale.place(0)).isZero();
        assertThat(scale.place(0.2) - scale.place(0.1)).isEqualTo(scale.place(0.1));
        assertThat(scale.place(0.5)).isBetween(0.9, 1.0);
    }

    @Test
    void whatDiffersMuchIsLogarithmic() {
        Scale scale = Scale.of(TIME, DoubleStream.of(0.003, 0.04, 0.7));

        assertThat(labels(scale, 12))
                .containsExactly("2 ms", "5 ms", "10 ms", "20 ms", "50 ms", "100 ms", "200 ms", "500 ms", "1 s");
        assertThat(labels(scale, 6)).containsExactly("10 ms", "100 ms", "1 s");
        assertThat(scale.place(0.002)).isZero();
        assertThat(scale.place(1)).isEqualTo(1);
        assertThat(scale.place(0.02) - scale.place(0.002))
                .isCloseTo(scale.place(0.2) - scale.place(0.02), within(1e-9));
    }

    @Test
    void veryManyDecadesAreThinnedOut() {
        Scale scale = Scale.of(TIME, DoubleStream.of(1e-9, 1e6));

        assertThat(labels(scale, 6)).containsExactly("0.001 µs", "1 µs", "1 ms", "1 s", "1000 s", "1000000 s");
    }

    @Test
    void aZeroKeepsAScaleLinear() {
        assertThat(Scale.of(TIME, DoubleStream.of(0, 1e-3, 10)).place(0)).isZero();
    }

    @Test
    void nothingAndZerosHaveAScaleToo() {
        for (double[] values : List.of(new double[] {}, new double[] {0}, new double[] {0, 0})) {
            assertThat(labels(Scale.of(TIME, DoubleStream.of(values)), 4))
                    .startsWith("0")
                    .hasSizeGreaterThan(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "TIME,   0,         0 µs",
        "TIME,   0.0000015, 1.50 µs",
        "TIME,   0.0009997, 1.00 ms",
        "TIME,   0.084,     84.0 ms",
        "TIME,   3.238,     3.24 s",
        "TIME,   125,       125 s",
        "NUMBER, 7,         7",
        "NUMBER, 812,       812",
        "NUMBER, 38.04,     38.0",
        "NUMBER, 1830000,   1.83 M",
        "SHARE,  0.995,     99.5 %",
        "SHARE,  1,         100 %"
    })
    void numbersHaveThreeDigitsAndAUnit(Quantity quantity, double value, String readable) {
        assertThat(quantity.readable(value)).isEqualTo(readable);
    }

    private static List<String> labels(Scale scale, int atMost) {
        return scale.ticks(atMost).stream().map(Scale.Tick::label).toList();
    }
}
