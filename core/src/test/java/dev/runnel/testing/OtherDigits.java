package dev.runnel.testing;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.Locale;

/// A machine whose user writes numbers in digits that aren't ASCII, until it is closed. For tests that run one at a
/// time.
public final class OtherDigits implements AutoCloseable {

    private final Locale before = Locale.getDefault(Locale.Category.FORMAT);

    public OtherDigits() {
        Locale persian = Locale.forLanguageTag("fa-IR");
        assumeFalse(String.format(persian, "%d", 1).equals("1"), "this JDK knows no digits but ASCII's");
        Locale.setDefault(Locale.Category.FORMAT, persian);
    }

    @Override
    public void close() {
        Locale.setDefault(Locale.Category.FORMAT, before);
    }
}
