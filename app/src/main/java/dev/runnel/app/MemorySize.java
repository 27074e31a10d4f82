package dev.runnel.app;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// An amount of memory as people write it: `12g`, `1.5 GiB`, `900m`. All units are binary, as the JVM's are.
final class MemorySize implements ITypeConverter<Long> {

    private static final Pattern FORM = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,3})?) ?([mgt])(?:i?b)?");

    @Override
    public Long convert(String value) {
        Matcher form = FORM.matcher(value.strip().toLowerCase(Locale.ROOT));
        if (!form.matches()) {
            throw new TypeConversionException(
                    "'%s' is no amount of memory, expected one such as 12g or 900m".formatted(value));
        }
        int shift = switch (form.group(2)) {
            case "m" -> 20;
            case "g" -> 30;
            default -> 40;
        };
        return (long) (Double.parseDouble(form.group(1)) * (1L << shift));
    }
}
