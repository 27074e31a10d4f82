package dev.runnel.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// ARCHITECTURE.md names types and folders; this keeps the names true.
class ArchitectureTest {

    /// `TypeName` or `TypeName.member` in backticks.
    private static final Pattern TYPE = Pattern.compile("`([A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*)(?:\\.[A-Za-z]+)?`");

    private static final Pattern DECLARATION = Pattern.compile("\\b(?:class|interface|record|enum) ([A-Z]\\w*)");

    /// `some/folder/` in backticks.
    private static final Pattern FOLDER = Pattern.compile("`([a-z.][A-Za-z0-9/._-]*/)`");

    /// The JDK's, the specification's.
    private static final Set<String> NOT_OURS = Set.of("Flow", "MemorySegment");

    private final Path checkout = SharedData.checkout();

    @Test
    void everyTypeThatTheArchitectureNamesExists() throws IOException {
        Set<String> types = new HashSet<>();
        try (Stream<Path> files = Files.walk(checkout)) {
            for (Path source :
                    (Iterable<Path>) files.filter(file -> file.toString().endsWith(".java"))::iterator) {
                DECLARATION.matcher(Files.readString(source)).results().forEach(found -> types.add(found.group(1)));
            }
        }

        List<String> named = namesIn(TYPE);

        assertThat(named).hasSizeGreaterThan(10);
        assertThat(named)
                .filteredOn(name -> !NOT_OURS.contains(name))
                .allSatisfy(name -> assertThat(types).contains(name));
    }

    @Test
    void everyFolderThatTheArchitectureNamesExists() throws IOException {
        List<String> named = namesIn(FOLDER);

        assertThat(named).hasSizeGreaterThan(5);
        assertThat(named).allSatisfy(name -> assertThat(checkout.resolve(name)).isDirectory());
    }

    private List<String> namesIn(Pattern pattern) throws IOException {
        String text = Files.readString(checkout.resolve("ARCHITECTURE.md"));
        return pattern.matcher(text)
                .results()
                .map((MatchResult found) -> found.group(1))
                .distinct()
                .toList();
    }
}
