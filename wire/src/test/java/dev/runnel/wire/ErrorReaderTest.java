package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.UpstreamFault;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorReaderTest {

    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            400, -,                       INVALID_REQUEST
            400, invalid_value,           INVALID_REQUEST
            400, unsupported_parameter,   UNSUPPORTED
            400, unsupported_value,       UNSUPPORTED
            400, context_length_exceeded, CONTEXT_LENGTH_EXCEEDED
            404, model_not_found,         MODEL_NOT_FOUND
            404, -,                       UPSTREAM
            408, -,                       TIMED_OUT
            413, -,                       INVALID_REQUEST
            422, -,                       INVALID_REQUEST
            429, rate_limit_exceeded,     OVERLOADED
            429, -,                       OVERLOADED
            429, insufficient_quota,      UPSTREAM
            500, -,                       UPSTREAM
            502, -,                       UPSTREAM
            503, -,                       OVERLOADED
            503, model_loading,           LOADING
            504, -,                       TIMED_OUT
            302, -,                       UPSTREAM
            """)
    void statusAndCodeTellTheKind(int status, String code, Kind kind) {
        String body = "{\"error\":{\"message\":\"because\",\"type\":\"t\",\"param\":\"stop\",\"code\":%s}}"
                .formatted(code == null ? "null" : "\"" + code + "\"");

        BackendException failure = read(status, Map.of(), body);

        assertThat(failure.kind()).isEqualTo(kind);
        assertThat(failure).hasMessage("the upstream answered with status %d: because".formatted(status));
        assertThat(failure.code())
                .isEqualTo(Optional.ofNullable(code)
                        .or(() -> Optional.of("upstream_refused")
                                .filter(_ -> kind == Kind.UPSTREAM || kind == Kind.TIMED_OUT)));
        assertThat(failure.parameter().isPresent()).isEqualTo(kind == Kind.INVALID_REQUEST || kind == Kind.UNSUPPORTED);
    }

    @ParameterizedTest
    @EnumSource
    void aFaultOfAnUpstreamsUpstreamIsTheSameFault(UpstreamFault fault) {
        BackendException sent = fault.failure("because");

        BackendException received = read(Errors.status(sent.kind()), Map.of(), new String(Errors.body(sent), UTF_8));

        assertThat(received.kind()).isEqualTo(sent.kind());
        assertThat(received.code()).hasValue(fault.code());
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void ourOwnKeyIsNoneOfTheClientsBusiness(int status) {
        BackendException failure =
                read(status, Map.of(), "{\"error\":{\"message\":\"bad key sk-secret\",\"code\":\"invalid_api_key\"}}");

        assertThat(failure).hasMessage("the upstream refused this server's key, with status " + status);
        assertThat(failure.kind()).isEqualTo(Kind.UPSTREAM);
        assertThat(failure.code()).hasValue("upstream_unauthorized");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"message":"flat","code":400}        | flat
            {"detail":"fast"}                    | fast
            {"detail":[{"loc":["body","n"],"msg":"too large"}]} | [{"loc":["body","n"],"msg":"too large"}]
            {"detail":[]}                        | no reason given
            [{"error":{"code":400,"message":"in a list"}}] | in a list
            {"error":"text"}                     | text
            {"error":{"message":""}}             | no reason given
            {"error":{"message":7}}              | no reason given
            {"error":null}                       | no reason given
            []                                   | no reason given
            `  `                                 | no reason given
            `upstream connect  error`            | upstream connect error
            {"error":{"message":"a\\nb"}}        | a b
            """)
    void whateverTheBodySaysIsQuotedInOneLine(String body, String quote) {
        assertThat(read(500, Map.of(), body)).hasMessage("the upstream answered with status 500: " + quote);
    }

    @Test
    void halfACharacterIsReplacedSoThatWhatIsSaidCanBeWritten() {
        BackendException failure = read(
                400, Map.of(), "{\"error\":{\"message\":\"a\\ud83d\",\"param\":\"b\\ud83d\",\"code\":\"c\\ude00\"}}");

        assertThat(failure).hasMessageEndingWith(": a\uFFFD");
        assertThat(failure.parameter()).hasValue("b\uFFFD");
        assertThat(failure.code()).hasValue("c\uFFFD");
        assertThat(read(400, Map.of(), "\"a\\ud83d\"")).hasMessageEndingWith(": a\uFFFD");
    }

    @Test
    void aLongReasonIsCutBetweenCharacters() {
        assertThat(read(500, Map.of(), "😀".repeat(201)))
                .hasMessage("the upstream answered with status 500: " + "😀".repeat(200) + "…");
    }

    @Test
    void bytesThatAreNoTextAreNoReasonToFailOtherwise() {
        BackendException failure =
                ErrorReader.read(500, _ -> Optional.empty(), new byte[] {(byte) 0xFF, (byte) 0xC0, 0});

        assertThat(failure.kind()).isEqualTo(Kind.UPSTREAM);
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            1500,   -,    1500
            0.5,    -,    1
            1500,   9,    1500
            -,      2,    2000
            -,      0.25, 250
            -,      0,    0
            soon,   3,    3000
            """)
    void whenToTryAgainIsTheUpstreamsWord(String millis, String seconds, long expected) {
        Map<String, String> headers = new HashMap<>();
        headers.put("retry-after-ms", millis);
        headers.put("retry-after", seconds);

        assertThat(read(429, headers, "{}").retryAfter()).hasValue(Duration.ofMillis(expected));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            Wed, 21 Oct 2026 07:28:00 GMT | Wed, 21 Oct 2026 07:28:00 GMT | 0
            Wed, 21 Oct 2026 07:28:09 GMT | Wed, 21 Oct 2026 07:28:00 GMT | 9
            Wed, 21 Oct 2026 07:27:00 GMT | Wed, 21 Oct 2026 07:28:00 GMT | 0
            Wed, 21 Oct 2026 07:28:00 GMT | yesterday                     | -
            """)
    void aPointInTimeIsOneOfTheUpstreamsClock(String retryAfter, String date, Long seconds) {
        assertThat(read(429, Map.of("retry-after", retryAfter, "date", date), "{}")
                        .retryAfter())
                .isEqualTo(Optional.ofNullable(seconds).map(Duration::ofSeconds));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Wed, 21 Oct 2026 07:28:00 GMT", "-1", "NaN", "Infinity", "1e300", ""})
    void whatIsNoTimeIsNoTime(String retryAfter) {
        BackendException failure = read(429, Map.of("retry-after", retryAfter), "{}");

        assertThat(failure.kind()).isEqualTo(Kind.OVERLOADED);
        assertThat(failure.retryAfter()).isEmpty();
    }

    /// A relay in front of another Runnel.
    @ParameterizedTest
    @EnumSource(
            names = {
                "UNSUPPORTED",
                "CONTEXT_LENGTH_EXCEEDED",
                "MODEL_NOT_FOUND",
                "OVERLOADED",
                "LOADING",
                "TIMED_OUT",
                "INVALID_REQUEST",
                "UPSTREAM"
            })
    void ourOwnErrorsComeBackAsWhatTheyWere(Kind kind) {
        BackendException sent = new BackendException(kind, "because");

        BackendException received =
                ErrorReader.read(Errors.status(kind), header(Errors.headers(sent)), Errors.body(Endpoint.CHAT, sent));

        assertThat(received.kind()).isEqualTo(kind);
        assertThat(received).hasMessageEndingWith(": because");
    }

    private static BackendException read(int status, Map<String, String> headers, String body) {
        return ErrorReader.read(status, header(headers), body.getBytes(UTF_8));
    }

    private static Function<String, Optional<String>> header(Map<String, String> headers) {
        return name -> Optional.ofNullable(headers.get(name));
    }
}
