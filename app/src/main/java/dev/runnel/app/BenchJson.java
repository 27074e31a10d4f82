package dev.runnel.app;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.runnel.app.BenchResult.Compared;
import dev.runnel.app.BenchResult.Pair;
import dev.runnel.app.BenchResult.Row;
import dev.runnel.lab.Ratio;
import dev.runnel.lab.TokenCheck;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A bench's result as one JSON object.
final class BenchJson {

    private BenchJson() {}

    static String of(BenchResult result) {
        return JsonObject.of(json -> {
            json.writeStringField("date", result.begun().toString());
            if (result.hasObjective()) {
                json.writeStringField("objective", result.plan().objective().toString());
            }
            json.writeNumberField("warmup", result.plan().warmUp());
            json.writeNumberField("rounds", result.plan().rounds());
            json.writeNumberField("seed", result.plan().seed());
            json.writeArrayFieldStart("series");
            for (Row row : result.rows()) {
                write(json, row);
            }
            json.writeEndArray();
            json.writeArrayFieldStart("ratios");
            for (Pair pair : result.pairs()) {
                write(json, pair);
            }
            json.writeEndArray();
            json.writeArrayFieldStart("notes");
            for (String remark : result.remarks()) {
                json.writeString(remark);
            }
            json.writeEndArray();
        });
    }

    private static void write(JsonGenerator json, Row row) throws IOException {
        json.writeStartObject();
        json.writeStringField("target", row.target().name());
        json.writeStringField("model_id", row.target().model());
        json.writeStringField("load", row.load().name());
        for (Map.Entry<String, @Nullable Number> figure :
                BenchFigures.of(row.load(), row.summary()).entrySet()) {
            write(json, figure.getKey(), figure.getValue());
        }
        Optional<TokenCheck> check = row.summary().tokens();
        if (check.isPresent()) {
            json.writeStringField("counted_by", check.get().method().name().toLowerCase(Locale.ROOT));
        }
        json.writeObjectFieldStart("errors");
        for (Map.Entry<String, Integer> error : row.summary().errors().entrySet()) {
            json.writeNumberField(error.getKey(), error.getValue());
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, Pair pair) throws IOException {
        json.writeStartObject();
        json.writeStringField("load", pair.a().load().name());
        json.writeStringField("of", pair.b().target().name());
        json.writeStringField("in_terms_of", pair.a().target().name());
        for (Compared figure : Compared.values()) {
            Optional<Ratio> ratio = figure.ratio(pair);
            if (ratio.isPresent()) {
                json.writeObjectFieldStart(figure.name().toLowerCase(Locale.ROOT));
                json.writeNumberField("median", ratio.get().median());
                json.writeNumberField("min", ratio.get().least());
                json.writeNumberField("max", ratio.get().most());
                json.writeNumberField("rounds", ratio.get().rounds());
                json.writeEndObject();
            }
        }
        json.writeEndObject();
    }

    static void write(JsonGenerator json, String name, @Nullable Number figure) throws IOException {
        switch (figure) {
            case null -> json.writeNullField(name);
            case Double number -> json.writeNumberField(name, number);
            case Number number -> json.writeNumberField(name, number.longValue());
        }
    }
}
