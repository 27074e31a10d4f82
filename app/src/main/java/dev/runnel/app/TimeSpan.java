package dev.runnel.app;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// A time as a whole number of a unit, which the option's help names; it may be 0.
abstract class TimeSpan implements ITypeConverter<Duration> {

    static final class Seconds extends TimeSpan {
        Seconds() {
            super(ChronoUnit.SECONDS, "seconds");
        }
    }

    static final class Milliseconds extends TimeSpan {
        Milliseconds() {
            super(ChronoUnit.MILLIS, "milliseconds");
        }
    }

    private final ChronoUnit unit;
    private final String name;

    private TimeSpan(ChronoUnit unit, String name) {
        this.unit = unit;
        this.name = name;
    }

    @Override
    public Duration convert(String value) {
        if (!value.matches("\\d{1,9}")) {
            throw new TypeConversionException(
                    "'%s' is no number of %s, expected a whole one, 0 to 999999999".formatted(value, name));
        }
        return Duration.of(Integer.parseInt(value), unit);
    }
}
