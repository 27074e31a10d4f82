package dev.runnel.app;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.runnel.app.BenchResult.Row;
import dev.runnel.core.TokenEvent;
import dev.runnel.lab.Measurement;
import dev.runnel.lab.Outcome;
import dev.runnel.lab.Round;
import dev.runnel.lab.TokenCheck;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/// What each request of a bench took, as a JSON object.
final class BenchRequests {

    private BenchRequests() {}

    /// @param round of the row's
    /// @param measured of the round's
    static String line(Row row, Round round, Measurement measured) {
        return JsonObject.of(json -> {
            json.writeStringField("target", row.target().name());
            json.writeStringField("load", row.load().name());
            json.writeNumberField("round", round.number());
            json.writeNumberField("request", measured.index());
            write(json, "due_ms", Optional.of(measured.due()));
            write(json, "lag_ms", Optional.of(measured.lag()));
            write(json, "waited_ms", Optional.of(measured.waited()));
            write(json, "ttft_ms", measured.ttft());
            write(json, "tpot_ms", measured.tpot());
            write(json, "e2el_ms", Optional.of(measured.e2el()));
            json.writeArrayFieldStart("pieces_ms");
            for (Duration piece : measured.pieces()) {
                json.writeNumber(BenchFigures.millis(piece));
            }
            json.writeEndArray();
            switch (measured.outcome()) {
                case Outcome.Complete(var usage, var finish) -> {
                    json.writeStringField("outcome", "complete");
                    json.writeStringField("finish_reason", finish);
                    write(json, usage);
                    count(json, row, measured);
                }
                case Outcome.Failed(var code, var message) -> {
                    json.writeStringField("outcome", "failed");
                    json.writeStringField("error", code);
                    json.writeStringField("message", message);
                }
                case Outcome.Stopped() -> json.writeStringField("outcome", "stopped");
            }
            json.writeStringField("text", measured.text());
        });
    }

    private static void write(JsonGenerator json, String name, Optional<Duration> time) throws IOException {
        BenchJson.write(json, name, time.map(BenchFigures::millis).orElse(null));
    }

    private static void write(JsonGenerator json, TokenEvent.Usage usage) throws IOException {
        json.writeNumberField("prompt_tokens", usage.promptTokens());
        json.writeNumberField("cached_tokens", usage.cachedTokens());
        json.writeNumberField("completion_tokens", usage.completionTokens());
        json.writeNumberField("reasoning_tokens", usage.reasoningTokens());
    }

    private static void count(JsonGenerator json, Row row, Measurement measured) throws IOException {
        Optional<TokenCheck.Count> count = TokenCheck.count(measured, row.codec());
        if (count.isPresent()) {
            json.writeNumberField("counted_tokens", count.get().counted());
            json.writeStringField("counted_by", count.get().method().name().toLowerCase(Locale.ROOT));
            json.writeBooleanField("usage_agrees", count.get().agrees());
        }
    }
}
