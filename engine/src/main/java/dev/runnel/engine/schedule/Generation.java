package dev.runnel.engine.schedule;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.EventChannel;
import dev.runnel.core.TokenEvent;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One completion on its way: asked for, prepared, waiting, running, ended. Whoever has it at the time (its
/// reader's thread, the intake, the step loop) hands it to the next and lets go of it; only [#cancelled]
/// comes from anywhere at any time.
final class Generation implements EventChannel.Producer {

    private final Scheduler scheduler;
    private final Supplier<PreparedPrompt> preparation;
    private final AtomicBoolean asked = new AtomicBoolean();
    private volatile boolean cancelled;

    final CompletionRequest request;
    final EventChannel channel = new EventChannel(this);
    final Consumer<TokenEvent> events = channel::emit;

    private @Nullable PreparedPrompt prompt;
    private int maxTokens;
    private long seed;

    /// Choices that have room, or had it.
    int begun;

    /// Choices that are complete.
    int finished;

    /// Tokens generated for all choices.
    int completionTokens;

    /// Tokens of reasoning in the choices that have finished.
    int reasoningTokens;

    /// Prompt tokens read, once for each choice.
    int promptTokensRead;

    /// Completed, cancelled or failed: nothing more is to be done for it.
    boolean hasEnded;

    Generation(Scheduler scheduler, CompletionRequest request, Supplier<PreparedPrompt> preparation) {
        this.scheduler = scheduler;
        this.request = request;
        this.preparation = preparation;
    }

    @Override
    public void demanded() {
        if (asked.compareAndSet(false, true)) {
            scheduler.enter(this);
        } else {
            scheduler.wake();
        }
    }

    @Override
    public void cancelled() {
        cancelled = true;
        scheduler.wake();
    }

    boolean isCancelled() {
        return cancelled;
    }

    /// Makes tokens of the prompt and settles what the request left open.
    ///
    /// @param contextLength most tokens of a sequence
    /// @param freshSeed the seed of a request that brings none
    /// @throws BackendException if the request can't be served
    void prepare(int contextLength, long freshSeed) {
        PreparedPrompt prepared = preparation.get();
        int promptTokens = prepared.tokens().length;
        int left = contextLength - promptTokens;
        if (promptTokens == 0) {
            throw BackendException.invalidRequest(
                    "prompt", "the prompt is empty, and this model needs at least one token to begin with");
        }
        if (left < 1) {
            throw new BackendException(
                    BackendException.Kind.CONTEXT_LENGTH_EXCEEDED,
                    "the prompt has %d tokens, which leave none of the model's %d for a reply"
                            .formatted(promptTokens, contextLength));
        }
        maxTokens = request.stopping().maxTokens().orElse(left);
        if (maxTokens > left) {
            throw new BackendException(
                    BackendException.Kind.CONTEXT_LENGTH_EXCEEDED,
                    "max_tokens is %d, but the prompt's %d tokens leave %d of the model's %d"
                            .formatted(maxTokens, promptTokens, left, contextLength));
        }
        seed = request.sampling().seed().orElse(freshSeed);
        prompt = prepared;
    }

    PreparedPrompt prompt() {
        return Objects.requireNonNull(prompt, "not prepared");
    }

    /// Whether all choices have begun.
    boolean hasBegun() {
        return begun == request.choices();
    }

    /// Tokens that the model has read and generated for it.
    int spentTokens() {
        return promptTokensRead + completionTokens;
    }

    /// Most tokens of each choice.
    int maxTokens() {
        return maxTokens;
    }

    /// The request's seed, or the one it was given.
    long seed() {
        return seed;
    }
}
