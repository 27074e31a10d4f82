package dev.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.BackendLoad;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Model;
import dev.runnel.core.Prompt;
import dev.runnel.engine.reply.ReplyFormat;
import dev.runnel.engine.schedule.FakeModel;
import dev.runnel.engine.schedule.Limits;
import dev.runnel.engine.schedule.PreparedPrompt;
import dev.runnel.engine.speculation.Speculation;
import dev.runnel.testing.BackendContract;
import dev.runnel.testing.TextListener;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The engine, over a model that says what the contract needs, keeps the contract.
class EngineContractTest extends BackendContract {

    private static final String SHORT = "short";
    private static final String ENDLESS = "endless";
    private static final String REPLY = "Hello, world.";

    private final CompletableFuture<Boolean> released = new CompletableFuture<>(); // whether the model was closed then
    private @Nullable Engine engine;

    @Override
    protected Backend open() {
        Model model = new Model("fake", Instant.EPOCH, "test", OptionalInt.of(1 << 30));
        FakeModel languageModel = new FakeModel(1 << 20, 1 << 30, EngineContractTest::write);
        engine = new Engine(
                model,
                Engine.inspectEmbedded(),
                ModelText.embedded(),
                languageModel,
                FakeModel.BYTES,
                EngineContractTest::prepare,
                new Limits(16, 16, 64, Duration.ofHours(1)),
                Speculation.lookup(),
                () -> released.complete(languageModel.isClosed()));
        return engine;
    }

    private static PreparedPrompt prepare(CompletionRequest request) {
        String text = ((Prompt.Text) request.prompt()).text();
        if (text.equals("fail after 0;")) {
            throw BackendException.invalidRequest("prompt", "this prompt is refused");
        }
        return new PreparedPrompt(text.chars().toArray(), ReplyFormat.text(List.of(), false));
    }

    /// Replies to a prompt that ends with `;`: with a sentence, for ever, or until it breaks.
    private static void write(int[] history, float[] logits) {
        int end = 0;
        while (history[end] != ';') {
            end++;
        }
        String prompt = new String(history, 0, end);
        int said = history.length - end - 1;
        int next = switch (prompt) {
            case SHORT -> said < REPLY.length() ? REPLY.charAt(said) : FakeModel.END;
            case ENDLESS -> 'x';
            default -> {
                if (said + 1 == Integer.parseInt(prompt.substring("fail after ".length()))) {
                    throw new IllegalStateException("told to fail");
                }
                yield 'y';
            }
        };
        Arrays.fill(logits, -20);
        logits[next] = 20;
    }

    private static CompletionRequest request(String prompt) {
        return CompletionRequest.of("fake", new Prompt.Text(prompt + ";"));
    }

    @Override
    protected CompletionRequest shortRequest() {
        return request(SHORT);
    }

    @Override
    protected CompletionRequest endlessRequest() {
        return request(ENDLESS);
    }

    @Override
    protected Optional<CompletionRequest> requestFailingAfter(int events) {
        return Optional.of(request("fail after " + events));
    }

    @Override
    protected int inProgress() {
        EngineStats stats = Objects.requireNonNull(engine).stats();
        return stats.running() + stats.waiting();
    }

    @Test
    void whatAModelStandsOnIsFreedOnceItIsClosedAlsoIfAnEventClosesTheEngine() {
        Engine open = Objects.requireNonNull(engine);
        open.complete(endlessRequest()).subscribe(new TextListener(open::close));

        assertThat(released.orTimeout(60, TimeUnit.SECONDS).join()).isTrue();
    }

    @Test
    void itsLoadIsThatOfItsStats() {
        Engine open = Objects.requireNonNull(engine);
        BackendLoad load = Objects.requireNonNull(open.load().get("fake"));

        assertThat(load.pages()).isPositive().isEqualTo(open.stats().pages());
        assertThat(load.freePages() + load.keptPages() + load.heldPages()).isEqualTo(load.pages());
    }
}
