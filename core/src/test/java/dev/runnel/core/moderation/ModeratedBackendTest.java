package dev.runnel.core.moderation;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Prompt;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.testing.BackendContract;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/// A backend stays one when it is moderated.
class ModeratedBackendTest extends BackendContract {

    private static final Script SHORT = Script.saying("script", "Hel", "lo", " 你好", "!");
    private static final Script ENDLESS =
            Script.saying("script", Collections.nCopies(100_000, "tick ").toArray(String[]::new));

    private final ScriptedBackend scripted =
            new ScriptedBackend("script", ModeratedBackendTest::scriptFor, ScriptedBackend.Timer.REAL);

    @Override
    protected Backend open() {
        return new ModeratedBackend(scripted, new Blocklist(List.of("never said")));
    }

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

    private static CompletionRequest request(String text) {
        return CompletionRequest.of("script", new Prompt.Text(text));
    }

    @Override
    protected CompletionRequest shortRequest() {
        return request("short");
    }

    @Override
    protected CompletionRequest endlessRequest() {
        return request("endless");
    }

    @Override
    protected Optional<CompletionRequest> requestFailingAfter(int events) {
        return Optional.of(request(Integer.toString(events)));
    }

    @Override
    protected int inProgress() {
        return scripted.inProgress();
    }
}
