package dev.runnel.engine.constraint;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SpecificationVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Our schemas against those who define what a schema means: the JSON Schema test suite, and a validator.
class JsonSchemaSuiteTest {

    /// What makes an instance valid that a constraint doesn't admit, by file or by a part of the case's
    /// name. The documentation of the package lists the same.
    private static final List<String> RESTRICTIONS = List.of(
            "/format", // is kept, though the drafts from 2019-09 on leave that open
            "/bignum", // at most 16 digits
            "float-overflow",
            "/unicode", // \\d and \\w are ASCII
            "ecmascript-regex",
            "/content",
            "/const", // numbers and objects as they are written in the schema
            "/enum",
            "/type", // an integer has no fraction
            "/allOf", // members in the schema's order
            "/dependentRequired",
            "/dependencies",
            "/dependentSchemas",
            "/oneOf", // a negated integer is no number
            "/ref", // the siblings of $ref count in every draft
            "/unevaluated"); // only what is sure to be evaluated counts

    private static Optional<Constraint> compile(SchemaSuite.Case each) {
        try {
            return Optional.of(Constraint.compile(
                    Grammar.jsonSchema(each.schema().toString(), "schema"), SmallVocabulary.VOCABULARY));
        } catch (ConstraintException refusal) {
            assertThat(refusal).as(each.name()).hasMessageStartingWith("schema");
            return Optional.empty();
        }
    }

    @ParameterizedTest
    @CsvSource({"2020-12, 275, 615", "2019-09, 275, 615", "7, 220, 515", "4, 150, 325"})
    void aConstraintAdmitsNothingThatItsSchemaDoesNot(String draft, int leastCompiled, int leastAccepted) {
        int compiled = 0;
        int accepted = 0;
        int rejected = 0;
        List<String> wronglyAccepted = new ArrayList<>();
        Map<String, String> wronglyRejected = new LinkedHashMap<>();
        for (SchemaSuite.Case each : SchemaSuite.cases(draft)) {
            if (each.file().endsWith("optional/content")) {
                continue; // contentEncoding and contentMediaType are annotations
            }
            Optional<Constraint> constraint = compile(each);
            if (constraint.isEmpty()) {
                continue;
            }
            compiled++;
            for (SchemaSuite.Instance instance : each.instances()) {
                String text = instance.value().toString();
                boolean isAccepted = SmallVocabulary.accepts(constraint.get(), text);
                if (isAccepted && !instance.isValid()) {
                    wronglyAccepted.add(each.file() + ": " + each.name() + ": " + text);
                } else if (!isAccepted && instance.isValid()) {
                    wronglyRejected.put(each.file() + ": " + each.name() + ": " + text, each.file());
                } else if (isAccepted) {
                    accepted++;
                } else {
                    rejected++;
                }
            }
        }

        IO.println(
                "JSON Schema %s: %d schemas compiled, %d valid instances accepted and %d not, %d invalid ones rejected"
                        .formatted(draft, compiled, accepted, wronglyRejected.size(), rejected));
        assertThat(wronglyAccepted).isEmpty();
        assertThat(wronglyRejected.keySet())
                .allMatch(
                        each -> RESTRICTIONS.stream().anyMatch(each::contains), "is a restriction that is documented");
        assertThat(compiled).isGreaterThanOrEqualTo(leastCompiled);
        assertThat(accepted).isGreaterThanOrEqualTo(leastAccepted);
    }

    @Test
    void whatARandomModelWritesIsValid() {
        int written = 0;
        int unfinished = 0;
        List<String> faults = new ArrayList<>();
        for (SchemaSuite.Case each : SchemaSuite.cases("2020-12")) {
            Optional<Constraint> constraint = compile(each);
            if (constraint.isEmpty() || each.file().endsWith("ecmascript-regex")) {
                continue; // the validator leaves expressions to Java's, which are not ECMA's
            }
            Schema validator = SchemaSuite.validator(each.schema(), SpecificationVersion.DRAFT_2020_12);
            for (int seed = 0; seed < 4; seed++) {
                Optional<String> text = new RandomModel(seed).generate(constraint.get(), 500);
                if (text.isEmpty()) {
                    unfinished++;
                    continue;
                }
                written++;
                List<String> found = SchemaSuite.faults(validator, text.get());
                if (!found.isEmpty()) {
                    faults.add(each.file() + ": " + each.name() + ": " + text.get() + ": " + found);
                }
            }
        }

        IO.println("random model: %d documents, %d unfinished".formatted(written, unfinished));
        assertThat(faults).isEmpty();
        assertThat(written).isGreaterThan(1000);
        assertThat(unfinished).isLessThan(written / 50);
    }
}
