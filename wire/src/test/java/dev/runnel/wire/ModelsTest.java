package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.Model;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelsTest {

    private static final Model KNOWN =
            new Model("org/tiny:q4", Instant.ofEpochSecond(1_700_000_000), "us \"here\"", OptionalInt.of(4096));
    private static final Model BARE = new Model("bare", Instant.EPOCH, "", OptionalInt.empty());

    @Test
    void aModelIsAnObjectWithAllFourKeys() {
        assertThat(new String(ModelsWriter.write(BARE), UTF_8))
                .isEqualTo("{\"id\":\"bare\",\"object\":\"model\",\"created\":0,\"owned_by\":\"\"}");
    }

    @Test
    void modelsAreAList() {
        assertThat(TestJson.parse(ModelsWriter.write(List.of(KNOWN, BARE)))).isEqualTo(TestJson.parse("""
                {"object":"list","data":[
                  {"id":"org/tiny:q4","object":"model","created":1700000000,"owned_by":"us \\"here\\"",
                   "context_length":4096},
                  {"id":"bare","object":"model","created":0,"owned_by":""}]}"""));
    }

    @Test
    void whatIsWrittenIsRead() {
        assertThat(ModelsReader.read(ModelsWriter.write(List.of(KNOWN, BARE)))).containsExactly(KNOWN, BARE);
        assertThat(ModelsReader.read(ModelsWriter.write(List.of()))).isEmpty();
    }

    @Test
    void anIdIsEnough() {
        assertThat(read("{\"data\":[{\"id\":\"bare\",\"created\":null,\"max_model_len\":7}]}"))
                .containsExactly(BARE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            <html>                             | the upstream's list of models is not JSON from byte 0 on
            []                                 | the upstream's list of models makes no sense: the body is an array, expected an object
            {}                                 | the upstream's list of models makes no sense: data is missing
            {"data":[{}]}                      | the upstream's list of models makes no sense: data[0].id is missing
            {"data":[{"id":" "}]}              | the upstream's list of models makes no sense: data[0].id is ' ', expected a name
            {"data":[{"id":"m","created":-1}]} | the upstream's list of models makes no sense: data[0].created is -1, expected 0 to 31556889864403199
            {"data":[{"id":"m","created":0.5}]} | the upstream's list of models makes no sense: data[0].created is 0.5, expected an integer
            """)
    void whatIsNoListIsTheUpstreamsFault(String body, String message) {
        BackendException failure = catchThrowableOfType(BackendException.class, () -> read(body));

        assertThat(failure).hasMessage(message);
        assertThat(failure.kind()).isEqualTo(Kind.UPSTREAM);
    }

    private static List<Model> read(String body) {
        return ModelsReader.read(body.getBytes(UTF_8));
    }
}
