package dev.runnel.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/// How an [Engine] serves its model. What is absent follows from the file and the machine.
///
/// @param modelId what requests call the model; absent: the file's name without its extension
/// @param threads that compute; absent: one for each processor
/// @param contextLength most tokens of a prompt and its reply; absent: what the file says, but at most
///     [#LONGEST_DEFAULT_CONTEXT]
/// @param cacheBytes memory for the keys and values of all sequences, and of earlier ones that others may
///     begin like; taken as it is needed
/// @param sequences most choices generated at the same time
/// @param waiting most completions that wait while that many run; one more is refused
/// @param promptTokensPerStep most prompt tokens read in one step
/// @param stall how much longer a step in which others answer may take because of the prompts that are read
///     in it, by the draft as well: longer reads prompts faster, shorter lets those that answer go on more
///     evenly
/// @param guessing where guesses at next tokens come from
/// @param draft the file of a smaller model of the same vocabulary, which guesses too
/// @param cacheType how the cache stores keys and values
/// @param keepsPacked whether weights of 4 to 6 bits are kept in the order that they are computed in, in a file
///     beside the model's, `.packed` behind its name, about as large: made by the first start, read by the next
public record EngineOptions(
        Optional<String> modelId,
        OptionalInt threads,
        OptionalInt contextLength,
        long cacheBytes,
        int sequences,
        int waiting,
        int promptTokensPerStep,
        Duration stall,
        Guessing guessing,
        Optional<Path> draft,
        CacheType cacheType,
        boolean keepsPacked) {

    /// Where guesses at next tokens come from. They save steps where they are right, and change no reply.
    public enum Guessing {
        /// None are made.
        OFF,
        /// A text goes on as it did where it read the same before (and as the draft model says, where there
        /// is one).
        LOOKUP
    }

    /// What one sequence can take grows with its context, so a long one has to be asked for.
    public static final int LONGEST_DEFAULT_CONTEXT = 4096;

    /// 1 GiB of cache in halves, 8 sequences and 64 that wait, 256 prompt tokens in a step, a stall of 50 ms, and
    /// guesses without a draft model.
    public static final EngineOptions DEFAULT = new EngineOptions(
            Optional.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            1L << 30,
            8,
            64,
            256,
            Duration.ofMillis(50),
            Guessing.LOOKUP,
            Optional.empty(),
            CacheType.F16,
            false);

    public EngineOptions {
        modelId.ifPresent(id -> {
            if (id.isBlank()) {
                throw new IllegalArgumentException("the model's id is blank");
            }
        });
        requireAtLeast(1, "threads", threads.orElse(1));
        requireAtLeast(1, "contextLength", contextLength.orElse(1));
        requireAtLeast(1, "cacheBytes", cacheBytes);
        requireAtLeast(1, "sequences", sequences);
        requireAtLeast(0, "waiting", waiting);
        requireAtLeast(1, "promptTokensPerStep", promptTokensPerStep);
        requireAtLeast(0, "stall", stall.toNanos());
        if (draft.isPresent() && guessing == Guessing.OFF) {
            throw new IllegalArgumentException("a draft model is given, and guessing is off");
        }
    }

    private static void requireAtLeast(int least, String option, long value) {
        if (value < least) {
            throw new IllegalArgumentException(option + " is " + value + ", expected at least " + least);
        }
    }

    public EngineOptions withModelId(String modelId) {
        return new EngineOptions(
                Optional.of(modelId),
                threads,
                contextLength,
                cacheBytes,
                sequences,
                waiting,
                promptTokensPerStep,
                stall,
                guessing,
                draft,
                cacheType,
                keepsPacked);
    }

    public EngineOptions withThreads(int threads) {
        return new EngineOptions(
                modelId,
                OptionalInt.of(threads),
                contextLength,
                cacheBytes,
                sequences,
                waiting,
                promptTokensPerStep,
                stall,
                guessing,
                draft,
                cacheType,
                keepsPacked);
    }

    public EngineOptions withContextLength(int contextLength) {
        return new EngineOptions(
                modelId,
                threads,
                OptionalInt.of(contextLength),
                cacheBytes,
                sequences,
                waiting,
                promptTokensPerStep,
                stall,
                guessing,
                draft,
                cacheType,
                keepsPacked);
    }

    public EngineOptions withCacheBytes(long cacheBytes) {
        return new EngineOptions(
                modelId,
                threads,
                contextLength,
                cacheBytes,
                sequences,
                waiting,
                promptTokensPerStep,
                stall,
                guessing,
                draft,
                cacheType,
                keepsPacked);
    }

    public EngineOptions withSequences(int sequences) {
        return new EngineOptions(
                modelId,
                threads,
                contextLength,
                cacheBytes,
                sequences,
                waiting,
                promptTokensPerStep,
                stall,
                guessing,
                draft,
                cacheType,
                keepsPacked);
    }

    public EngineOptions withWaiting(int waiting) {
        return new EngineOptions(
                modelId,
                threads,
                contextLength,
                cacheBytes,
                sequences,
                waiting,
                promptTokensPerStep,
                stall,
                guessing,
                draft,
                cacheType,
                keepsPacked);
    }

    public EngineOptions withPromptTokensPerStep(int promptTokensPerStep) {
        return new EngineOptions(
                modelId,
                threads,
                contextLength,
                cacheBytes,
                sequences,
                waiting,
                promptTokensPerStep,
                stall,
                guessing,
                draft,
                cacheType,
                keepsPacked);
    }

    public EngineOptions withStall(Duration stall) {
        return new EngineOptions(
                modelId,
                threads,
                contextLength,
                cacheBytes,
                sequences,
                waiting,
                promptTokensPerStep,
                stall,
                guessing,
                draft,
                cacheType,
                keepsPacked);
    }

    public EngineOptions withGuessing(Guessing guessing) {
        return new EngineOptions(
                modelId,
                threads,
                contextLength,
                cacheBytes,
                sequences,
                waiting,
                promptTokensPerStep,
                stall,
                guessing,
                draft,
                cacheType,
                keepsPacked);
    }

    public EngineOptions withDraft(Path draft) {
        return withDraft(Optional.of(draft));
    }

    public EngineOptions withoutDraft() {
        return withDraft(Optional.empty());
    }

    private EngineOptions withDraft(Optional<Path> draft) {
        return new EngineOptions(
                modelId,
                threads,
                contextLength,
                cacheBytes,
                sequences,
                waiting,
                promptTokensPerStep,
                stall,
                guessing,
                draft,
                cacheType,
                keepsPacked);
    }

    public EngineOptions withCacheType(CacheType cacheType) {
        return new EngineOptions(
                modelId,
                threads,
                contextLength,
                cacheBytes,
                sequences,
                waiting,
                promptTokensPerStep,
                stall,
                guessing,
                draft,
                cacheType,
                keepsPacked);
    }

    public EngineOptions withPackedKept(boolean keepsPacked) {
        return new EngineOptions(
                modelId,
                threads,
                contextLength,
                cacheBytes,
                sequences,
                waiting,
                promptTokensPerStep,
                stall,
                guessing,
                draft,
                cacheType,
                keepsPacked);
    }
}
