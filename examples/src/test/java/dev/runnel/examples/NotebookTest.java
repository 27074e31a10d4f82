package dev.runnel.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

/// The notebook as it is kept: with what it put out when it was executed last, by `.ci/notebook --write`.
class NotebookTest {

    private static final Path FILE = Path.of("how_to_stream_completions.ipynb");

    private final JsonNode notebook = read();

    @Test
    void whatItShowsIsWhatItsCodeDid() throws Exception {
        MessageDigest code = MessageDigest.getInstance("SHA-256");
        for (JsonNode cell : cells("code")) {
            code.update((text(cell.get("source")) + "\n").getBytes(StandardCharsets.UTF_8));
        }

        assertThat(notebook.at("/metadata/executed/sha256").asText())
                .as("of the code when it was executed; after a change run .ci/notebook --write")
                .isEqualTo(HexFormat.of().formatHex(code.digest()));
    }

    @Test
    void everyCellRanInOrderWithoutAFault() {
        List<JsonNode> cells = cells("code");

        assertThat(cells).hasSizeGreaterThan(8);
        for (int i = 0; i < cells.size(); i++) {
            assertThat(cells.get(i).get("execution_count").asInt()).isEqualTo(i + 1);
            assertThat(outputs(cells.get(i))
                            .map(output -> output.get("output_type").asText()))
                    .as(text(cells.get(i).get("source")))
                    .doesNotContain("error");
        }
    }

    @Test
    void itHasPicturesThatStandForThemselves() throws Exception {
        List<String> pictures = cells("code").stream()
                .flatMap(NotebookTest::outputs)
                .map(output -> output.at("/data/image~1svg+xml"))
                .filter(picture -> !picture.isMissingNode())
                .map(NotebookTest::text)
                .toList();

        assertThat(pictures).hasSize(3);
        for (String picture : pictures) {
            var svg = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(picture)))
                    .getDocumentElement();
            assertThat(svg.getTagName()).isEqualTo("svg");
        }
    }

    @Test
    void itIsToldInTwoLanguages() {
        assertThat(cells("markdown"))
                .allSatisfy(cell -> assertThat(text(cell.get("source")))
                        .containsPattern("[A-Za-z]{4,}")
                        .containsPattern("\\p{IsHan}{2,}"));
    }

    @Test
    void nothingInItIsOfTheMachineThatRanIt() {
        assertThat(notebook.toString()).doesNotContain("/home/", "/root/", "/tmp/", "/work/", ".m2", "127.0.0.1:8");
    }

    private static JsonNode read() {
        try {
            return new ObjectMapper().readTree(Files.readString(FILE));
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private List<JsonNode> cells(String type) {
        return elements(notebook.get("cells"))
                .filter(cell -> cell.get("cell_type").asText().equals(type))
                .toList();
    }

    private static Stream<JsonNode> outputs(JsonNode cell) {
        return elements(cell.get("outputs"));
    }

    /// Of lines, or in one piece.
    private static String text(JsonNode source) {
        return source.isArray()
                ? elements(source).map(JsonNode::asText).collect(Collectors.joining())
                : source.asText();
    }

    private static Stream<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }
}
