package dev.runnel.engine.bench;

import dev.runnel.engine.constraint.Constraint;
import dev.runnel.engine.constraint.ConstraintState;
import dev.runnel.engine.constraint.ConstraintVocabulary;
import dev.runnel.engine.constraint.Grammar;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/// Measures what constraints cost over a real vocabulary: compiling, and masking the logits before each
/// token of a document, the first time that a constraint sees it and afterwards. The command is in
/// `bench/NOTES-constraint.md`.
final class ConstraintBench {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private static final int ROUNDS = 20;

    private static final String TYPICAL = """
            {"type": "object", "properties": {
              "title": {"type": "string", "maxLength": 120},
              "kind": {"enum": ["bug", "feature", "question"]},
              "severity": {"type": "integer", "minimum": 1, "maximum": 5},
              "reported": {"type": "string", "format": "date-time"},
              "reporter": {"type": "object", "properties": {
                "name": {"type": "string"}, "email": {"type": "string", "format": "email"}},
                "required": ["name", "email"], "additionalProperties": false},
              "labels": {"type": "array", "items": {"type": "string", "pattern": "^[a-z-]+$"}, "maxItems": 8},
              "steps": {"type": "array", "minItems": 1, "items": {"type": "object", "properties": {
                "action": {"type": "string"}, "expected": {"type": "string"}, "seconds": {"type": "number"}},
                "required": ["action", "expected"], "additionalProperties": false}},
              "duplicate": {"anyOf": [{"type": "null"}, {"type": "integer"}]}},
             "required": ["title", "kind", "severity", "reported", "reporter", "labels", "steps", "duplicate"],
             "additionalProperties": false}""";

    private static final String TYPICAL_DOCUMENT = """
            {"title": "The answer stops after the first line", "kind": "bug", "severity": 4,
              "reported": "2026-02-28T09:30:00Z", "reporter": {"name": "Zoë Ångström", "email": "zoe@example.org"},
              "labels": ["streaming", "regression"], "steps": [
                {"action": "Send a request with \\"stream\\": true", "expected": "Several chunks", "seconds": 1.5},
                {"action": "Read the reply", "expected": "It ends with [DONE]"}], "duplicate": null}""";

    private static final String FREE_DOCUMENT = """
            {
              "name": "A place for things", "open": true, "rating": 4.75, "tags": ["quiet", "light", "日本語"],
              "address": {"street": "Long Lane 12", "city": "Old Town", "geo": [52.5163, 13.3777]},
              "note": "Mind the \\"step\\" at the door; it's higher than it looks.\\nReally.", "next": null
            }""";

    private static final String RECURSIVE_DOCUMENT = """
            {"tag": "div", "attributes": {"class": "card"}, "children": [
              {"tag": "p", "children": ["Some text, and ", {"tag": "em", "children": ["more"]}]},
              {"tag": "ul", "children": [{"tag": "li", "children": ["one"]}, {"tag": "li", "children": ["two"]}]},
              {"tag": "div", "children": [{"tag": "div", "children": [{"tag": "div", "children": []}]}]}]}""";

    private final ConstraintVocabulary vocabulary;
    private final Tokenizer tokenizer;

    private ConstraintBench(Tokenizer tokenizer, ConstraintVocabulary vocabulary) {
        this.tokenizer = tokenizer;
        this.vocabulary = vocabulary;
    }

    /// @param arguments model files, of which only the vocabularies are read; `.gz` ones are unpacked
    ///     first
    static void main(String[] arguments) throws IOException {
        for (String each : arguments) {
            Path file = Path.of(each);
            if (each.endsWith(".gz")) {
                file = Files.createTempFile("vocabulary", ".gguf");
                try (InputStream in = new GZIPInputStream(Files.newInputStream(Path.of(each)))) {
                    Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
                }
            }
            try (GgufFile gguf = GgufFile.open(file)) {
                Tokenizer tokenizer = Tokenizer.of(gguf);
                for (int i = 0; i < 3; i++) {
                    long start = now();
                    ConstraintVocabulary vocabulary =
                            ConstraintVocabulary.of(tokenizer.size(), tokenizer::bytes, tokenizer::isEndOfGeneration);
                    IO.println("%s: %,d tokens, prepared in %.0f ms"
                            .formatted(Path.of(each).getFileName(), tokenizer.size(), millis(start)));
                    ConstraintBench bench = new ConstraintBench(tokenizer, vocabulary);
                    bench.measure("json_object", Grammar.jsonObject(), FREE_DOCUMENT);
                    bench.measure("typical schema", Grammar.jsonSchema(TYPICAL, "schema"), TYPICAL_DOCUMENT);
                    bench.measure("recursive schema", Grammar.jsonSchema(recursive(), "schema"), RECURSIVE_DOCUMENT);
                }
            }
        }
    }

    /// Elements of 100 kinds that contain each other.
    private static String recursive() {
        StringBuilder kinds = new StringBuilder();
        String[] tags = {"div", "p", "em", "ul", "li"};
        for (int i = 0; i < 100; i++) {
            String tag = i < tags.length ? tags[i] : "element-" + i;
            kinds.append("""
                    %s{"type": "object", "properties": {"tag": {"const": "%s"},
                      "attributes": {"type": "object", "additionalProperties": {"type": "string"}},
                      "children": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/node"}]}}},
                      "required": ["tag", "children"], "additionalProperties": false}""".formatted(i == 0 ? "" : ",", tag));
        }
        return "{\"$ref\": \"#/$defs/node\", \"$defs\": {\"node\": {\"anyOf\": [" + kinds + "]}}}";
    }

    /// Nanoseconds of this thread's own time: others may be at work on the machine.
    private static long now() {
        return THREADS.getCurrentThreadCpuTime();
    }

    private static double millis(long start) {
        return (now() - start) / 1e6;
    }

    private void measure(String name, Grammar grammar, String document) {
        long start = now();
        Constraint constraint = Constraint.compile(grammar, vocabulary);
        double compiled = millis(start);
        int[] tokens = tokenizer.encode(document, false);
        double[] first = replay(constraint, tokens);
        double[] later = new double[0];
        for (int i = 0; i < ROUNDS; i++) {
            double[] more = replay(constraint, tokens);
            int size = later.length;
            later = Arrays.copyOf(later, size + more.length);
            System.arraycopy(more, 0, later, size, more.length);
        }
        IO.println("  %-18s compiled in %6.1f ms | first visit: %s | later: %s"
                .formatted(name, compiled, summary(first), summary(later)));
    }

    private static String summary(double[] micros) {
        double[] sorted = micros.clone();
        Arrays.sort(sorted);
        return "%3d masks, median %5.0f, p99 %6.0f, worst %6.0f µs"
                .formatted(
                        sorted.length,
                        sorted[sorted.length / 2],
                        sorted[(int) (sorted.length * 0.99)],
                        sorted[sorted.length - 1]);
    }

    /// @return microseconds for each token: masking, and taking it over
    private double[] replay(Constraint constraint, int[] tokens) {
        float[] logits = new float[vocabulary.size()];
        double[] micros = new double[tokens.length];
        ConstraintState state = constraint.start();
        for (int i = 0; i < tokens.length; i++) {
            Arrays.fill(logits, 1);
            long start = now();
            boolean any = state.mask(logits);
            boolean accepted = state.accept(tokens[i]);
            micros[i] = (now() - start) / 1e3;
            if (!any || !accepted || logits[tokens[i]] != 1) {
                throw new IllegalStateException(
                        "token %d of the document, %d, is not accepted".formatted(i, tokens[i]));
            }
        }
        return micros;
    }
}
