package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.Model;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ErrorsTest {

    @ParameterizedTest
    @CsvSource(textBlock = """
            INVALID_REQUEST,         400, invalid_request_error,     null,                    null
            UNSUPPORTED,             400, invalid_request_error,     null,                    unsupported_value
            CONTEXT_LENGTH_EXCEEDED, 400, invalid_request_error,     messages,                context_length_exceeded
            MODEL_NOT_FOUND,         404, invalid_request_error,     model,                   model_not_found
            OVERLOADED,              429, rate_limit_error,          null,                    slow_down
            LOADING,                 503, service_unavailable_error, null,                    model_loading
            SHUTTING_DOWN,           503, service_unavailable_error, null,                    shutting_down
            TIMED_OUT,               504, server_error,              null,                    timed_out
            UPSTREAM,                502, server_error,              null,                    upstream_failed
            CLOSED,                  499, server_error,              null,                    null
            INTERNAL,                500, server_error,              null,                    null
            """)
    void everyKindHasItsStatusAndItsWords(Kind kind, int status, String type, String parameter, String code) {
        byte[] body = Errors.body(Endpoint.CHAT, new BackendException(kind, "because \"of\" 字"));

        assertThat(Errors.status(kind)).isEqualTo(status);
        assertThat(new String(body, UTF_8))
                .isEqualTo("{\"error\":{\"message\":\"because \\\"of\\\" 字\",\"type\":\"%s\",\"param\":%s,\"code\":%s}}"
                        .formatted(type, quoted(parameter), quoted(code)));
    }

    @ParameterizedTest
    @EnumSource
    void everyKindHasARow(Kind kind) throws NoSuchMethodException {
        CsvSource rows = ErrorsTest.class
                .getDeclaredMethod(
                        "everyKindHasItsStatusAndItsWords",
                        Kind.class,
                        int.class,
                        String.class,
                        String.class,
                        String.class)
                .getAnnotation(CsvSource.class);

        assertThat(rows.textBlock()).contains(kind.name() + ",");
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            INVALID_API_KEY,  401, invalid_api_key
            UNKNOWN_PATH,     404, null
            WRONG_METHOD,     405, null
            BODY_TOO_LARGE,   413, request_too_large
            WRONG_MEDIA_TYPE, 415, null
            """)
    void everyTransportFaultHasItsStatusAndItsWords(Errors.Transport fault, int status, String code) {
        assertThat(fault.status()).isEqualTo(status);
        assertThat(new String(Errors.body(fault, "no"), UTF_8))
                .isEqualTo(
                        "{\"error\":{\"message\":\"no\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":%s}}"
                                .formatted(quoted(code)));
    }

    @Test
    void aPromptThatIsTooLongIsTheMessagesOrThePrompt() {
        BackendException failure = new BackendException(Kind.CONTEXT_LENGTH_EXCEEDED, "too long");

        assertThat(error(Errors.body(Endpoint.CHAT, failure))).containsEntry("param", "messages");
        assertThat(error(Errors.body(Endpoint.TEXT, failure))).containsEntry("param", "prompt");
    }

    @Test
    void theFailuresOwnParameterAndCodeCount() {
        BackendException failure = BackendException.unsupported("stop[1]", "no").withCode("unsupported_parameter");

        assertThat(error(Errors.body(Endpoint.TEXT, failure)))
                .containsEntry("param", "stop[1]")
                .containsEntry("code", "unsupported_parameter");
    }

    @Test
    void anUnknownModelOutsideACompletionIsBlamedOnTheModel() {
        BackendException failure = BackendException.modelNotFound(
                "x/y", List.of(new Model("m", Instant.EPOCH, "us", OptionalInt.empty())));

        assertThat(error(Errors.body(failure)))
                .containsEntry("param", "model")
                .containsEntry("code", "model_not_found");
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            1,       1,  1
            999,     1,  999
            1000,    1,  1000
            1001,    2,  1001
            0,       0,  0
            60000,   60, 60000
            60001,   60, 60000
            3600000, 60, 60000
            """)
    void whenToTryAgainIsToldInBothUnitsAndNeverOverAMinute(long millis, String seconds, String exact) {
        assertThat(Errors.headers(BackendException.overloaded("busy", Duration.ofMillis(millis))))
                .containsExactly(Map.entry("retry-after", seconds), Map.entry("retry-after-ms", exact));
    }

    @Test
    void anOverloadOfUnknownLengthLeavesTheWaitToTheClient() {
        assertThat(Errors.headers(new BackendException(Kind.OVERLOADED, "busy")))
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"LOADING", "SHUTTING_DOWN"})
    void whatPassesByItselfIsWorthAnotherTrySoon(Kind kind) {
        assertThat(Errors.headers(new BackendException(kind, "soon")))
                .containsEntry("retry-after", "5")
                .containsEntry("retry-after-ms", "5000");
    }

    @Test
    void whatTrialsWontChangeSaysSo() {
        Map<String, String> no = Map.of("x-should-retry", "false");

        assertThat(Errors.headers(new BackendException(Kind.TIMED_OUT, "slow"))).isEqualTo(no);
        assertThat(Errors.headers(new BackendException(Kind.UPSTREAM, "broke").withCode("insufficient_quota")))
                .isEqualTo(no);
        assertThat(Errors.headers(ErrorReader.read(401, _ -> Optional.empty(), new byte[0])))
                .isEqualTo(no);
        assertThat(Errors.headers(new BackendException(Kind.UPSTREAM, "hiccup")))
                .isEmpty();
        assertThat(Errors.headers(new BackendException(Kind.INTERNAL, "bug"))).isEmpty();
    }

    private static String quoted(String word) {
        return word.equals("null") ? "null" : "\"" + word + "\"";
    }

    @SuppressWarnings("unchecked") // an error is an object
    private static Map<String, Object> error(byte[] body) {
        return (Map<String, Object>) ((Map<?, ?>) TestJson.parse(body)).get("error");
    }
}
