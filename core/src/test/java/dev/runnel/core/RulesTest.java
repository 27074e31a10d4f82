package dev.runnel.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// `docs/wire-rules.md` names the tests that hold its rules; this keeps the names true.
class RulesTest {

    private static final Pattern TEST = Pattern.compile("`([A-Z]\\w+)#(\\w+)`");
    private static final Pattern TRANSCRIPT = Pattern.compile("`((?:written|read|broken)/[\\w-]+\\w)`");
    private static final Pattern METHOD = Pattern.compile("void (\\w+)\\(");

    private final Path checkout = SharedData.checkout();

    @Test
    void everyTestThatTheRulesNameExists() throws IOException {
        Set<String> tests = new HashSet<>();
        try (Stream<Path> files = Files.walk(checkout)) {
            for (Path file :
                    (Iterable<Path>) files.filter(path -> path.toString().endsWith("Test.java"))::iterator) {
                String name = file.getFileName().toString().replace(".java", "");
                METHOD.matcher(Files.readString(file))
                        .results()
                        .forEach(found -> tests.add(name + "#" + found.group(1)));
            }
        }

        List<String> named = named(TEST, found -> found.group(1) + "#" + found.group(2));

        assertThat(named).hasSizeGreaterThan(50);
        assertThat(named).filteredOn(name -> !tests.contains(name)).isEmpty();
    }

    @Test
    void everyTranscriptThatTheRulesNameExists() throws IOException {
        List<String> named = named(TRANSCRIPT, found -> found.group(1));

        assertThat(named).hasSizeGreaterThan(3);
        assertThat(named)
                .allSatisfy(name -> assertThat(checkout.resolve("wire/src/test/resources/transcripts/" + name + ".sse"))
                        .exists());
    }

    private List<String> named(Pattern pattern, Function<MatchResult, String> name) throws IOException {
        String rules = Files.readString(checkout.resolve("docs/wire-rules.md"));
        return pattern.matcher(rules).results().map(name).toList();
    }
}
