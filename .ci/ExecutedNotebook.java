import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;

/// Takes from an executed notebook what is of the machine and of the day, and notes which code it was: a test holds the
/// notebook to that, so that what it shows is what its code did.
///
/// ```
/// java -cp 'examples/target/lib/*' .ci/ExecutedNotebook.java EXECUTED.ipynb TO.ipynb
/// ```
final class ExecutedNotebook {

    public static void main(String[] args) throws Exception {
        ObjectMapper json = new ObjectMapper();
        ObjectNode notebook = (ObjectNode) json.readTree(Path.of(args[0]).toFile());
        MessageDigest code = MessageDigest.getInstance("SHA-256");
        notebook.get("cells").forEach(each -> {
            ObjectNode cell = (ObjectNode) each;
            ((ObjectNode) cell.get("metadata")).remove("execution"); // times of day
            if (cell.get("cell_type").asText().equals("code")) {
                StringBuilder source = new StringBuilder();
                cell.get("source").forEach(line -> source.append(line.asText()));
                code.update((source + "\n").getBytes(StandardCharsets.UTF_8));
                if (source.toString().startsWith("%")) {
                    cell.putArray("outputs"); // where libraries lie
                }
            }
        });
        ObjectNode metadata = (ObjectNode) notebook.get("metadata");
        metadata.putObject("executed").put("sha256", HexFormat.of().formatHex(code.digest()));

        // As Jupyter itself lays it out.
        DefaultIndenter lines = new DefaultIndenter(" ", "\n");
        DefaultPrettyPrinter layout = new DefaultPrettyPrinter(Separators.createDefaultInstance()
                .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                .withObjectEmptySeparator("")
                .withArrayEmptySeparator(""));
        layout.indentArraysWith(lines);
        layout.indentObjectsWith(lines);
        Files.writeString(Path.of(args[1]), json.writer(layout).writeValueAsString(notebook) + "\n");
    }
}
