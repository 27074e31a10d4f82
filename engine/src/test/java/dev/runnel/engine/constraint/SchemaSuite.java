package dev.runnel.engine.constraint;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The cases of the JSON Schema test suite, as a public package carries them, and a validator.
final class SchemaSuite {

    static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /// @param file such as `draft2020-12/items`
    record Case(String file, String name, JsonNode schema, List<Instance> instances) {}

    record Instance(String name, JsonNode value, boolean isValid) {}

    private SchemaSuite() {}

    static List<Case> cases(String draft) {
        List<Case> cases = new ArrayList<>();
        try (InputStream in = Objects.requireNonNull(
                SchemaSuite.class.getResourceAsStream("/test-suite-tck.json"), "the test suite is on the class path")) {
            for (JsonNode file : MAPPER.readTree(in).get("suites")) {
                if (!file.get("draft").asString().equals(draft)) {
                    continue;
                }
                for (JsonNode each : file.get("value")) {
                    List<Instance> instances = new ArrayList<>();
                    for (JsonNode test : each.get("tests")) {
                        instances.add(new Instance(
                                test.get("description").asString(),
                                test.get("data"),
                                test.get("valid").asBoolean()));
                    }
                    cases.add(new Case(
                            file.get("name").asString(),
                            each.get("description").asString(),
                            each.get("schema"),
                            instances));
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return cases;
    }

    static Schema validator(JsonNode schema, SpecificationVersion version) {
        return SchemaRegistry.withDefaultDialect(version).getSchema(schema);
    }

    static List<String> faults(Schema validator, String text) {
        return validator
                .validate(
                        MAPPER.readTree(text),
                        context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)))
                .stream()
                .map(Object::toString)
                .toList();
    }
}
