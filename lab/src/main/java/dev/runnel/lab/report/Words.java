package dev.runnel.lab.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;

/// The words of one language, from a properties file in UTF-8: patterns of [String#format], by their key.
public final class Words {

    private final String file;
    private final Properties patterns;

    private Words(String file, Properties patterns) {
        this.file = file;
        this.patterns = patterns;
    }

    /// @param file how to name it where words are missing
    /// @param bytes of the file, which is closed
    public static Words read(String file, InputStream bytes) {
        Properties patterns = new Properties();
        try (Reader text = new InputStreamReader(bytes, StandardCharsets.UTF_8)) {
            patterns.load(text);
        } catch (IOException failure) {
            throw new UncheckedIOException(file + " can't be read: " + failure.getMessage(), failure);
        }
        return new Words(file, patterns);
    }

    /// Those of drawings.
    static Words ofCharts(Language language) {
        String file = "words_" + language.tag() + ".properties";
        return read(file, Objects.requireNonNull(Words.class.getResourceAsStream(file), file));
    }

    /// @param arguments by their position in the pattern
    public String say(String key, Object... arguments) {
        String pattern = patterns.getProperty(key);
        if (pattern == null) {
            throw new IllegalArgumentException(file + " has no words for " + key);
        }
        return String.format(Locale.ROOT, pattern, arguments);
    }

    public Set<String> keys() {
        return patterns.stringPropertyNames();
    }
}
