package dev.runnel.engine.template;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;

/// A time as Python's `strftime` writes it, in English. A directive that it doesn't know stays as it is.
final class Strftime {

    private static final Locale LANGUAGE = Locale.ENGLISH;

    private Strftime() {}

    static String format(LocalDateTime time, String format) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                out.append(c);
                continue;
            }
            boolean unpadded = format.charAt(i + 1) == '-' && i + 2 < format.length();
            i += unpadded ? 2 : 1;
            String text = directive(time, format.charAt(i));
            out.append(unpadded ? text.replaceFirst("^0+(?=.)", "") : text);
        }
        return out.toString();
    }

    private static String directive(LocalDateTime time, char directive) {
        return switch (directive) {
            case 'a' -> time.getDayOfWeek().getDisplayName(TextStyle.SHORT, LANGUAGE);
            case 'A' -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, LANGUAGE);
            case 'b', 'h' -> time.getMonth().getDisplayName(TextStyle.SHORT, LANGUAGE);
            case 'B' -> time.getMonth().getDisplayName(TextStyle.FULL, LANGUAGE);
            case 'c' -> format(time, "%a %b %e %H:%M:%S %Y");
            case 'd' -> padded(time.getDayOfMonth(), 2);
            case 'D', 'x' -> format(time, "%m/%d/%y");
            case 'e' -> String.format(LANGUAGE, "%2d", time.getDayOfMonth());
            case 'f' -> padded(time.get(ChronoField.MICRO_OF_SECOND), 6);
            case 'F' -> format(time, "%Y-%m-%d");
            case 'G' -> padded(time.get(IsoFields.WEEK_BASED_YEAR), 4);
            case 'H' -> padded(time.getHour(), 2);
            case 'I' -> padded(time.get(ChronoField.CLOCK_HOUR_OF_AMPM), 2);
            case 'j' -> padded(time.getDayOfYear(), 3);
            case 'm' -> padded(time.getMonthValue(), 2);
            case 'M' -> padded(time.getMinute(), 2);
            case 'n' -> "\n";
            case 'p' -> time.getHour() < 12 ? "AM" : "PM";
            case 'r' -> format(time, "%I:%M:%S %p");
            case 'R' -> format(time, "%H:%M");
            case 'S' -> padded(time.getSecond(), 2);
            case 't' -> "\t";
            case 'T', 'X' -> format(time, "%H:%M:%S");
            case 'u' -> String.valueOf(time.getDayOfWeek().getValue());
            case 'U' -> padded((time.getDayOfYear() + 6 - time.getDayOfWeek().getValue() % 7) / 7, 2);
            case 'V' -> padded(time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2);
            case 'w' -> String.valueOf(time.getDayOfWeek().getValue() % 7);
            case 'W' -> padded((time.getDayOfYear() + 7 - time.getDayOfWeek().getValue()) / 7, 2);
            case 'y' -> padded(time.getYear() % 100, 2);
            case 'Y' -> DateTimeFormatter.ofPattern("uuuu", LANGUAGE).format(time);
            case 'z', 'Z' -> ""; // the time has no zone
            case '%' -> "%";
            default -> "%" + directive;
        };
    }

    private static String padded(int number, int digits) {
        return String.format(LANGUAGE, "%0" + digits + "d", number);
    }
}
