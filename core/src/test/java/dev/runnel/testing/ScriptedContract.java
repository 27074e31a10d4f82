package dev.runnel.testing;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Prompt;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import java.util.Collections;
import java.util.Optional;

/// The contract of a scripted backend, and of whatever is put around one: requests whose text names the script.
public abstract class ScriptedContract extends BackendContract {

    protected static final String MODEL = "script";

    protected static final Script SHORT = Script.saying(MODEL, "Hel", "lo", " 你好", "!");
    private static final Script ENDLESS =
            Script.saying(MODEL, Collections.nCopies(1_000_000, "tick ").toArray(String[]::new));

    protected final ScriptedBackend scripted =
            new ScriptedBackend(MODEL, ScriptedContract::scriptFor, ScriptedBackend.Timer.REAL);

    private static Script scriptFor(CompletionRequest request) {
        String text = ((Prompt.Text) request.prompt()).text();
        return switch (text) {
            case "short" -> SHORT;
            case "endless" -> ENDLESS;
            default ->
                SHORT.failingAfter(
                        Integer.parseInt(text),
                        new BackendException(BackendException.Kind.INTERNAL, "the script says so"));
        };
    }

    protected static CompletionRequest request(String text) {
        return CompletionRequest.of(MODEL, new Prompt.Text(text));
    }

    @Override
    protected final CompletionRequest shortRequest() {
        return request("short");
    }

    @Override
    protected final CompletionRequest endlessRequest() {
        return request("endless");
    }

    @Override
    protected final Optional<CompletionRequest> requestFailingAfter(int events) {
        return Optional.of(request(Integer.toString(events)));
    }

    @Override
    protected int inProgress() {
        return scripted.inProgress();
    }
}
