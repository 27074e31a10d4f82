package dev.runnel.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// What a [ScriptedBackend] does for one request, step by step.
///
/// @param steps played in order; a script that runs out before [TokenEvent.Usage] leaves its stream hanging, as a
///     backend that has died would
public record Script(List<Step> steps) {

    /// One thing a backend does.
    public sealed interface Step {
        record Emit(TokenEvent event) implements Step {}

        record Wait(Duration time) implements Step {}

        record Fail(BackendException cause) implements Step {}
    }

    public Script {
        steps = List.copyOf(steps);
    }

    /// Emits exactly these events.
    public static Script of(TokenEvent... events) {
        List<Step> steps = new ArrayList<>();
        for (TokenEvent event : events) {
            steps.add(new Step.Emit(event));
        }
        return new Script(steps);
    }

    /// A whole reply of one choice: these pieces, one token each, then an end token. The prompt counts as one token.
    public static Script saying(String model, String... pieces) {
        List<Step> steps = new ArrayList<>();
        steps.add(new Step.Emit(new TokenEvent.Started(model, 1)));
        for (String piece : pieces) {
            steps.add(new Step.Emit(new TokenEvent.Text(0, piece)));
        }
        steps.add(new Step.Emit(new TokenEvent.Finished(0, FinishReason.STOP)));
        steps.add(new Step.Emit(new TokenEvent.Usage(1, pieces.length + 1)));
        return new Script(steps);
    }

    /// The first `events` events of this script, then `cause`.
    public Script failingAfter(int events, BackendException cause) {
        List<Step> kept = firstEvents(events);
        kept.add(new Step.Fail(cause));
        return new Script(kept);
    }

    /// The first `events` events of this script, then silence.
    public Script hangingAfter(int events) {
        return new Script(firstEvents(events));
    }

    /// This script with a wait before every event.
    public Script paced(Duration wait) {
        List<Step> paced = new ArrayList<>();
        for (Step step : steps) {
            if (step instanceof Step.Emit) {
                paced.add(new Step.Wait(wait));
            }
            paced.add(step);
        }
        return new Script(paced);
    }

    private List<Step> firstEvents(int count) {
        List<Step> kept = new ArrayList<>();
        int events = 0;
        for (Step step : steps) {
            if (step instanceof Step.Emit && events++ == count) {
                break;
            }
            kept.add(step);
        }
        return kept;
    }
}
