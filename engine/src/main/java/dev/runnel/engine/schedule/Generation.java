package dev.runnel.engine.schedule;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.EventChannel;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenLogprob;
import dev.runnel.engine.sampling.LogitBias;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One completion on its way: asked for, prepared, waiting, running, ended. Whoever has it at the time (its
/// reader's thread, the intake, the step loop) hands it to the next and lets go of it; only [#cancelled] and
/// [#spent] come from anywhere at any time.
final class Generation implements EventChannel.Producer {

    private final Scheduler scheduler;
    private final Supplier<PreparedPrompt> preparation;
    private final AtomicBoolean asked = new AtomicBoolean();
    private volatile boolean cancelled;

    final CompletionRequest request;
    final EventChannel channel = new EventChannel(this);
    final Consumer<TokenEvent> events = channel::emit;

    private @Nullable PreparedPrompt prompt;
    private LogitBias bias = LogitBias.NONE;
    private int[] stopTokens = {};
    private int maxTokens;
    private long seed;

    /// When it was admitted, on the scheduler's clock.
    long enteredNanos;

    /// Choices that have a place in the batch, or had it.
    int begun;

    /// Choices that are complete.
    int finished;

    /// Whether its first choice has read the prompt.
    boolean isPromptRead;

    /// Its next choice, as long as that waits for room.
    @Nullable
    Sequence next;

    /// Of the prompt's tokens read so far, where they are to be told.
    final List<TokenLogprob> promptLogprobs = new ArrayList<>();

    /// What broke while the model ran.
    @Nullable
    RuntimeException fault;

    /// Prompt tokens that the cache had.
    final AtomicInteger cachedTokens = new AtomicInteger();

    /// Prompt tokens read, once for each choice that had to.
    final AtomicInteger promptTokensRead = new AtomicInteger();

    /// Tokens generated for all choices.
    final AtomicInteger completionTokens = new AtomicInteger();

    /// The part of them that was reasoning.
    final AtomicInteger reasoningTokens = new AtomicInteger();

    private volatile int promptTokens;

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

    @Override
    public Optional<TokenEvent.Usage> spent() {
        // In this order: a part is never more than its whole.
        int reasoning = reasoningTokens.get();
        int cached = cachedTokens.get();
        int read = Math.min(promptTokens, cached + promptTokensRead.get());
        return Optional.of(new TokenEvent.Usage(read, cached, completionTokens.get(), reasoning));
    }

    /// Makes tokens of the prompt and settles what the request left open.
    ///
    /// @param contextLength most tokens of a sequence
    /// @param vocabularySize tokens that the model knows
    /// @param freshSeed the seed of a request that brings none
    /// @throws BackendException if the request can't be served
    void prepare(int contextLength, int vocabularySize, long freshSeed) {
        checkTokens("logit_bias", request.sampling().logitBias().keySet(), vocabularySize);
        checkTokens("stop_token_ids", request.stopping().tokens(), vocabularySize);
        PreparedPrompt prepared = preparation.get();
        promptTokens = prepared.tokens().length;
        if (promptTokens == 0) {
            throw BackendException.invalidRequest(
                    "prompt", "the prompt is empty, and this model needs at least one token to begin with");
        }
        maxTokens = lengthOfReply(contextLength);
        bias = LogitBias.of(request.sampling().logitBias());
        stopTokens = request.stopping().tokens().stream()
                .mapToInt(Integer::intValue)
                .sorted()
                .toArray();
        seed = request.sampling().seed().orElse(freshSeed);
        prompt = prepared;
    }

    private static void checkTokens(String parameter, Iterable<Integer> tokens, int vocabularySize) {
        for (int token : tokens) {
            if (token < 0 || token >= vocabularySize) {
                throw BackendException.invalidRequest(
                        parameter,
                        "%s names the token %d, and this model's vocabulary has 0 to %d"
                                .formatted(parameter, token, vocabularySize - 1));
            }
        }
    }

    private int lengthOfReply(int contextLength) {
        int left = contextLength - promptTokens;
        int wanted = request.stopping().maxTokens().orElse(Math.max(1, left));
        if (left < Math.min(1, wanted)) {
            throw new BackendException(
                    BackendException.Kind.CONTEXT_LENGTH_EXCEEDED,
                    wanted == 0
                            ? "the prompt has %d tokens, more than the model's %d"
                                    .formatted(promptTokens, contextLength)
                            : "the prompt has %d tokens, which leave none of the model's %d for a reply"
                                    .formatted(promptTokens, contextLength));
        }
        if (wanted > left) {
            throw new BackendException(
                    BackendException.Kind.CONTEXT_LENGTH_EXCEEDED,
                    "a reply of up to %d tokens was asked for, but the prompt's %d tokens leave %d of the model's %d"
                            .formatted(wanted, promptTokens, left, contextLength));
        }
        return wanted;
    }

    PreparedPrompt prompt() {
        return Objects.requireNonNull(prompt, "not prepared");
    }

    /// Whether all choices have begun.
    boolean hasBegun() {
        return begun == request.choices();
    }

    /// Whether the logits after each of the prompt's tokens are still to be computed.
    boolean wantsPromptLogprobs() {
        return request.echo() && request.logprobs().isPresent() && promptLogprobs.size() < promptTokens;
    }

    /// Tokens that the model has read and generated for it.
    int spentTokens() {
        return promptTokensRead.get() + completionTokens.get();
    }

    /// Most tokens of each choice.
    int maxTokens() {
        return maxTokens;
    }

    /// Most tokens of each choice with the prompt.
    int longest() {
        return promptTokens + maxTokens;
    }

    LogitBias bias() {
        return bias;
    }

    boolean isStopToken(int token) {
        return Arrays.binarySearch(stopTokens, token) >= 0;
    }

    /// The request's seed, or the one it was given.
    long seed() {
        return seed;
    }
}
