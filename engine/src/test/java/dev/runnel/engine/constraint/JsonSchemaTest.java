package dev.runnel.engine.constraint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.Schema;
import com.networknt.schema.SpecificationVersion;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonSchemaTest {

    private static final String PATH = "response_format.json_schema.schema";

    private static Constraint schema(String schema) {
        return Constraint.compile(Grammar.jsonSchema(schema.replace('\'', '"'), PATH), SmallVocabulary.VOCABULARY);
    }

    private static boolean admits(String schema, String text) {
        return SmallVocabulary.accepts(schema(schema), text.replace('\'', '"'));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'type': 'null'} | null | 0",
                "{'type': 'boolean'} | true | 'true'",
                "{'type': ['integer', 'null']} | -12 | 1.5",
                "{'type': 'number'} | -0.5e+10 | .5",
                "{'type': 'integer'} | 0 | 01",
                "{'type': 'string'} | 'a\\n\\u00e9\\ud83d\\ude00' | 'a\\ud83d'",
                "{'enum': ['a', 1, null, {'x': [1, 2]}]} | { 'x': [ 1, 2 ] } | {'x': [2, 1]}",
                "{'const': 'é'} | 'é' | 'e'",
                "{'type': 'array', 'items': {'type': 'integer'}, 'minItems': 1, 'maxItems': 2} | [1, 2] | [1, 2, 3]",
                "{'type': 'array', 'prefixItems': [{'const': 1}, {'const': 2}], 'items': false} | [1] | [1, 2, 3]",
                "{'contains': {'const': 'x'}, 'type': 'array'} | ['y', 'x', 3] | ['y']",
                "{'anyOf': [{'type': 'string'}, {'type': 'array', 'items': {'$ref': '#'}}]} | ['a', ['b', []]] | ['a', [1]]",
                "{'items': {'enum': ['a', 'b', 'c']}, 'uniqueItems': true, 'type': 'array'} | ['c', 'a'] | ['c', 'c']",
                "{'allOf': [{'minimum': 3}, {'type': 'integer', 'maximum': 5}]} | 5 | 6",
                "{'oneOf': [{'type': 'integer', 'minimum': 4}, {'type': 'integer', 'maximum': 6}]} | 3 | 5",
                "{'oneOf': [{'type': 'number'}, {'not': {'type': ['integer', 'null', 'boolean', 'string', 'array', 'object']}}]} | 1 | 1.5",
                "{'not': {'enum': ['a', 'b']}, 'type': 'string'} | 'c' | 'b'",
                "{'type': 'string', 'minLength': 2, 'maxLength': 2} | '😀é' | '😀'",
                "{'type': 'string', 'pattern': '^[a-c]+$'} | '\\u0061bc' | '\\u0064'",
                "{'type': 'string', 'pattern': 'b'} | 'abc' | 'ac'",
                "{'type': 'string', 'pattern': '$^'} | '' | 'abc'",
                "{'type': 'string', 'pattern': '(?:$\\u007ca)^'} | '' | 'b'",
                "{'type': 'string', 'pattern': '^([ab]){2,3}$', 'maxLength': 2} | 'ab' | 'aba'",
                "{'type': 'number', 'exclusiveMinimum': 0, 'maximum': 0.5} | 0.25 | 0.0",
                "{'type': 'number', 'minimum': -1.5, 'maximum': -1.25} | -1.3 | -1.2",
                "{'type': 'integer', 'minimum': -3, 'maximum': 1000, 'multipleOf': 7} | 994 | 995",
                "{'type': 'number', 'multipleOf': 0.01} | 3.14 | 3.141",
                "{'type': 'number', 'multipleOf': 1.25} | 1000000000002.5 | 1000000000002.25",
                "{'type': 'integer', 'multipleOf': 1000, 'minimum': 1600000000000} | 1600000001000 | 1600000000100",
                "{'type': 'integer', 'multipleOf': 60, 'maximum': 10000000000} | 100000020 | 100000030",
                "{'type': 'integer', 'multipleOf': 1999, 'minimum': 1600000000000} | 1600000001799 | 1600000001800",
                "{'type': 'string', 'format': 'date'} | '2024-02-29' | '2023-02-29'",
                "{'type': 'string', 'format': 'time'} | '23:59:59.5+01:00' | '24:00:00Z'",
                "{'type': 'string', 'format': 'date-time'} | '2026-11-26T04:06:09Z' | '2026-11-26'",
                "{'type': 'string', 'format': 'uuid'} | '123e4567-e89b-12d3-a456-426614174000' | '123e4567'",
                "{'type': 'string', 'format': 'email'} | 'a.b@example.org' | 'a.b.example.org'",
                "{'type': 'string', 'format': 'ipv4'} | '192.168.0.255' | '192.168.0.256'",
                "{'type': 'string', 'format': 'ipv6'} | '2001:db8::8a2e:370:7334' | '1:2:3'",
                "{'type': 'string', 'format': 'hostname'} | 'a-b.example' | '-a.example'",
                "{'type': 'string', 'format': 'uri'} | 'https://example.org/a?b#c' | 'example.org'",
                "{'type': 'string', 'format': 'duration'} | 'P1DT2H' | 'P'",
            })
    void aKeywordAdmitsWhatItSaysAndNothingElse(String schema, String valid, String invalid) {
        assertThat(admits(schema, valid)).as(valid).isTrue();
        assertThat(admits(schema, invalid)).as(invalid).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'a': 1, 'b': 'x'} | true",
                "{'a': 1} | true",
                "{ 'a': 1 } | true",
                "{'b': 'x', 'a': 1} | false", // members come in the schema's order
                "{'b': 'x'} | false",
                "{'a': 1, 'c': 2} | false",
                "{'a': 1, 'a': 2} | false",
                "{'a' : 1} | false",
                "{'a': 1,} | false",
            })
    void anObjectHasItsMembersInTheOrderOfTheSchema(String text, boolean expected) {
        String schema = "{'type': 'object', 'properties': {'a': {'type': 'integer'}, 'b': {'type': 'string'}},"
                + " 'required': ['a'], 'additionalProperties': false}";

        assertThat(admits(schema, text)).isEqualTo(expected);
    }

    @Test
    void membersThatNoSchemaNamesComeLastAndBearOtherNames() {
        String schema =
                "{'type': 'object', 'properties': {'a': {'type': 'integer'}}, 'additionalProperties': {'type': 'null'}}";

        assertThat(admits(schema, "{'a': 1, 'b': null, 'ab': null, '': null}")).isTrue();
        assertThat(admits(schema, "{'b': null, 'a': 1}")).isFalse();
        assertThat(admits(schema, "{'a': null}")).isFalse();
        assertThat(admits(schema, "{'\\u0061': null}")).isFalse();
    }

    @Test
    void namesDecideWhichPatternPropertiesApply() {
        String schema = "{'type': 'object', 'patternProperties': {'^n': {'type': 'integer'}, 'x$': {'minimum': 5}},"
                + " 'additionalProperties': false}";

        assertThat(admits(schema, "{'n1': 3, 'nx': 7, 'yx': 'text'}")).isTrue();
        assertThat(admits(schema, "{'nx': 3}")).isFalse();
        assertThat(admits(schema, "{'y': 3}")).isFalse();
    }

    @Test
    void aRecursiveSchemaGoesAsDeepAsItsText() {
        String schema =
                "{'$ref': '#/$defs/node', '$defs': {'node': {'type': 'object', 'properties': {'v': {'type': 'integer'},"
                        + " 'next': {'anyOf': [{'$ref': '#/$defs/node'}, {'type': 'null'}]}}, 'required': ['v', 'next'],"
                        + " 'additionalProperties': false}}}";
        int depth = 500;

        String text = "{'v': 1, 'next': ".repeat(depth) + "null" + "}".repeat(depth);

        assertThat(admits(schema, text)).isTrue();
        assertThat(admits(schema, text.substring(0, text.length() - 1))).isFalse();
    }

    @Test
    void aConditionChoosesWhatElseHolds() {
        String schema = "{'type': 'object', 'properties': {'kind': {'enum': ['a', 'b']}, 'size': {'type': 'integer'}},"
                + " 'required': ['kind'], 'additionalProperties': false,"
                + " 'if': {'properties': {'kind': {'const': 'a'}}}, 'then': {'required': ['size']},"
                + " 'else': {'properties': {'size': {'maximum': 3}}}}";

        assertThat(admits(schema, "{'kind': 'a', 'size': 9}")).isTrue();
        assertThat(admits(schema, "{'kind': 'a'}")).isFalse();
        assertThat(admits(schema, "{'kind': 'b', 'size': 3}")).isTrue();
        assertThat(admits(schema, "{'kind': 'b', 'size': 9}")).isFalse();
    }

    /// We know these options more narrowly than they are meant, so that they seem to have nothing in
    /// common.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type': 'string', 'oneOf': [{'format': 'uri'}, {'pattern': '^mailto:'}]}",
                "{'oneOf': [{'const': 'mailto:a@b'}, {'type': 'string', 'format': 'uri'}]}",
                "{'oneOf': [{'not': {'type': 'integer'}}, {'type': 'number', 'multipleOf': 0.5}]}",
            })
    void optionsThatOnlySeemDisjointAreRefused(String schema) {
        assertThatThrownBy(() -> schema(schema))
                .isInstanceOf(ConstraintException.class)
                .hasMessageStartingWith(PATH + ".oneOf can't be enforced");
    }

    @Test
    void whatOnlyAnotherSchemaEvaluatesIsUnevaluated() {
        String schema = "{'type': 'object', 'allOf': [{'$ref': '#/$defs/named'},"
                + " {'anyOf': [{'allOf': [{'$ref': '#/$defs/named'}, {'required': ['x']}]}, true], 'unevaluatedProperties': false}],"
                + " '$defs': {'named': {'properties': {'name': {'type': 'string'}, 'x': {'type': 'null'}}}}}";

        assertThat(admits(schema, "{'name': 'a'}")).isFalse();
        assertThat(admits(schema, "{'name': 'a', 'x': null}")).isTrue();
    }

    @Test
    void annotationsAskForNothing() {
        String schema = "{'$schema': 'https://json-schema.org/draft/2020-12/schema', '$id': 'https://example.org/x',"
                + " 'title': 't', 'description': 'd', 'default': 1, 'examples': [1], 'x-mine': 1, 'type': 'null'}";

        assertThat(admits(schema, "null")).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'properties': {'a': {'type': 'array', 'uniqueItems': true}}} | .properties.a.uniqueItems can't be enforced",
                "{'properties': {'a': {'not': {'multipleOf': 2}}}} | .properties.a.not can't be enforced",
                "{'items': {'$ref': 'https://example.org/x'}} | .items.$ref leads out of the schema",
                "{'$ref': '#/$defs/x'} | .$ref is #/$defs/x, which the schema doesn't have",
                "{'anyOf': [{'pattern': '(?=a)b'}]} | .anyOf[0].pattern has look-around",
                "{'pattern': '(a'} | .pattern has a group without an end",
                "{'format': 'phone'} | .format is phone; known are date,",
                "{'oneOf': [{'multipleOf': 2}, {'multipleOf': 3}]} | .oneOf can't be enforced: a value may match both",
                "{'type': 'object', 'minProperties': 3} | .minProperties is 3, which can't be enforced",
                "{'type': 'strin'} | .type is strin, expected null,",
                "{'type': 'integer', 'multipleOf': 123457} | .multipleOf is out of bounds",
                "{'type': 'integer', 'multipleOf': 1999, 'maximum': 1600000000000} | .multipleOf is too large: up to",
                "{'not': {'enum': 5}} | .not.enum is a number, expected an array",
                "{'not': {'type': 5}} | .not.type is a number, expected the name of a type",
                "{'minLength': 100000} | .minLength is 100000, expected at most 16383",
                "{'properties': 3} | .properties is a number, expected an object",
                "{'items': 'x'} | .items is a string, expected a schema",
                "{'$dynamicRef': '#x'} | .$dynamicRef can't be enforced",
                "{'allOf': [{'$ref': '#'}]} | ` can't be enforced: it refers to itself for the same value`",
                "{'type': 'string', 'enum': [1]} | ` can't be satisfied: nothing that this model can write matches it`",
                "false | ` can't be satisfied`",
                "{'a': } | ` is no JSON: at character 7 stands '}', expected a value`",
                "{'type': 'null', 'type': 'null'} | ` is no JSON: at character 18 stands '\"', expected a name that`",
                "{'maximum': 1e99999} | ` holds the number 1e99999, expected one of at most 400 digits`",
            })
    void whatCannotBeKeptIsRefusedByName(String schema, String problem) {
        assertThatThrownBy(() -> schema(schema))
                .isInstanceOf(ConstraintException.class)
                .hasMessageStartingWith(PATH + (problem.startsWith("`") ? problem.replace("`", "") : problem));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type': 'object'}",
                "{'type': 'array', 'maxItems': 4}",
                "{'type': 'string', 'minLength': 3, 'maxLength': 9}",
                "{'type': 'string', 'pattern': '^[^a-z]{1,5}$'}",
                "{'type': 'string', 'pattern': '[\\\\d.]+\\\\w*$', 'maxLength': 30}",
                "{'type': 'string', 'format': 'date-time'}",
                "{'type': 'string', 'format': 'ipv6'}",
                "{'type': 'string', 'format': 'uri'}",
                "{'type': 'string', 'format': 'hostname'}",
                "{'type': 'string', 'format': 'duration'}",
                "{'type': 'string', 'format': 'uuid'}",
                "{'type': 'string', 'format': 'json-pointer'}",
                "{'type': 'number', 'minimum': 0.001, 'exclusiveMaximum': 12.5}",
                "{'type': 'number', 'exclusiveMinimum': -3.25, 'exclusiveMaximum': 1e20}",
                "{'type': 'number', 'multipleOf': 0.25, 'minimum': -2}",
                "{'type': 'integer', 'minimum': 17, 'maximum': 12345}",
                "{'type': 'integer', 'exclusiveMaximum': -99, 'multipleOf': 12}",
                "{'type': 'object', 'minProperties': 2, 'maxProperties': 3, 'properties': {'a': {}, 'b': {}, 'c': {}}}",
                "{'type': 'object', 'propertyNames': {'pattern': '^[a-z]+$', 'maxLength': 5}, 'additionalProperties': {'type': 'integer'}}",
                "{'type': 'object', 'properties': {'a': {'type': 'null'}}, 'dependentRequired': {'a': ['b', 'c']}}",
                "{'type': 'array', 'items': {'enum': ['a', 'b', 'c', 1]}, 'uniqueItems': true, 'minItems': 2}",
                "{'type': 'array', 'items': {'enum': [1, 2, 3, 4, 5, 6, 7, 8, 9]}, 'uniqueItems': true, 'maxItems': 5}",
                "{'type': 'array', 'contains': {'type': 'string'}, 'minContains': 2, 'items': {'type': ['string', 'null']}}",
                "{'type': 'object', 'allOf': [{'properties': {'a': {'minimum': 1}}}, {'properties': {'a': {'type': 'integer', 'maximum': 9}}, 'required': ['a']}], 'unevaluatedProperties': false}",
                "{'oneOf': [{'type': 'object', 'properties': {'k': {'const': 'x'}}, 'required': ['k']}, {'type': 'object', 'properties': {'k': {'const': 'y'}, 'n': {'type': 'integer'}}, 'required': ['k', 'n']}]}",
                "{'oneOf': [{'required': ['a']}, {'required': ['b']}], 'type': 'object', 'properties': {'a': {'type': 'null'}, 'b': {'type': 'null'}}}",
                "{'type': ['string', 'integer'], 'not': {'pattern': '^a', 'minLength': 2}}",
                "{'type': 'object', 'properties': {'list': {'$ref': '#/$defs/list'}}, 'required': ['list'], '$defs': {'list': {'type': 'array', 'items': {'anyOf': [{'$ref': '#/$defs/list'}, {'enum': ['x', 1, null]}]}, 'maxItems': 3}}}",
            })
    void whatARandomModelWritesIsValid(String quoted) {
        String schema = quoted.replace('\'', '"');
        Constraint constraint = schema(schema);
        Schema validator =
                SchemaSuite.validator(SchemaSuite.MAPPER.readTree(schema), SpecificationVersion.DRAFT_2020_12);

        int written = 0;
        for (int seed = 0; seed < 20; seed++) {
            Optional<String> text = new RandomModel(seed).generate(constraint, 600);
            if (text.isPresent()) {
                written++;
                assertThat(SchemaSuite.faults(validator, text.get()))
                        .as(text.get())
                        .isEmpty();
            }
        }

        assertThat(written).isGreaterThan(15);
    }

    /// The validator knows which top-level domains exist, and a random model does not.
    @Test
    void whatARandomModelWritesAsAnAddressIsOne() {
        Constraint constraint = schema("{'type': 'string', 'format': 'email'}");
        for (int seed = 0; seed < 20; seed++) {
            String text = new RandomModel(seed).generate(constraint, 600).orElseThrow();

            assertThat(SchemaSuite.MAPPER.readTree(text).asString())
                    .matches("[\\w!#$%&'*+/=?^`{|}~.-]{1,64}@([A-Za-z0-9-]{1,63}\\.)+[A-Za-z]+")
                    .doesNotContain("..")
                    .hasSizeLessThanOrEqualTo(254);
        }
    }

    @Test
    void whiteSpaceHasAnEnd() {
        ConstraintState state = Constraint.compile(Grammar.jsonObject(), SmallVocabulary.VOCABULARY)
                .start();
        state.accept('{');
        state.accept('\n');

        int blanks = 0;
        while (state.accept(' ')) {
            blanks++;
        }

        assertThat(blanks).isEqualTo(40);
        assertThat(state.accept('\n')).isFalse();
        assertThat(state.accept('"')).isTrue();
    }
}
