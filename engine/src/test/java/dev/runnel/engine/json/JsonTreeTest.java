package dev.runnel.engine.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTreeTest {

    @Test
    void valuesKeepTheirKindAndObjectsTheirOrder() {
        Object tree = JsonTree.parse(
                " {\"b\": [1, -2.5e1, 12345678901234567890, true, false, null], \"a\": \"\\u4f60\\n\\\"\\/\", \"b2\": {}} ");

        assertThat(tree)
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.MAP)
                .containsExactly(
                        org.assertj.core.api.Assertions.entry(
                                "b",
                                Arrays.asList(1L, -25.0, new BigInteger("12345678901234567890"), true, false, null)),
                        org.assertj.core.api.Assertions.entry("a", "你\n\"/"),
                        org.assertj.core.api.Assertions.entry("b2", java.util.Map.of()));
        assertThat(JsonTree.parse("[]")).isEqualTo(List.of());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{            | is no JSON: at character 2 stands the end, expected more",
                "[1,]         | is no JSON: at character 4 stands ']', expected a value",
                "01           | is no JSON: at character 2 stands '1', expected the end",
                "1.           | is no JSON: at character 3 stands the end, expected a digit",
                "nul          | is no JSON: at character 1 stands 'n', expected a value",
                "{a: 1}       | is no JSON: at character 2 stands 'a', expected a name in quotes",
                "{\"a\" 1}    | is no JSON: at character 6 stands '1', expected ':'",
                "\"\\x\"      | is no JSON: at character 3 stands 'x', expected an escape",
                "\"\\u００４１\" | is no JSON: at character 4 stands '０', expected four hexadecimal digits",
            })
    void whatIsNoJsonIsRefusedWithItsPlace(String text, String fault) {
        assertThatThrownBy(() -> JsonTree.parse(text))
                .isInstanceOf(JsonSyntaxException.class)
                .hasMessage(fault);
    }

    @Test
    void aNumberOfMoreDigitsThanAnyoneMeansIsRefused() {
        assertThatThrownBy(() -> JsonTree.parse("1".repeat(4301)))
                .hasMessage("has a number of 4301 digits, expected at most 4300");
    }

    @Test
    void whatIsNestedTooDeepIsRefused() {
        assertThatThrownBy(() -> JsonTree.parse("[".repeat(100_000))).hasMessage("is nested more than 512 deep");
    }

    @Test
    void anObjectIsAskedForByName() {
        assertThat(JsonTree.parseObject("{\"a\": 1}")).containsEntry("a", 1L);
        assertThatThrownBy(() -> JsonTree.parseObject("[]")).hasMessage("is no JSON object");
    }
}
