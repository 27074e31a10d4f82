package dev.runnel.engine.schedule;

import dev.runnel.engine.model.KvSequence;
import dev.runnel.engine.model.LanguageModel;
import dev.runnel.engine.model.Slice;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/// Runs a model on tokens that nobody asked for, until somebody wants a reply or it has run for long enough:
/// prompts and replies take different kernels, so it reads some of both. Nothing of it stays in the cache.
final class WarmUp {

    private static final int PROMPT_TOKENS = 16; // of a slice, so that even a large model is done with one soon
    private static final int PROMPTS = 4;
    private static final int TOKENS = 128;
    private static final long LONGEST_NANOS = 1_000_000_000;

    private final LanguageModel model;
    private final LongSupplier nanoTime;

    WarmUp(LanguageModel model, LongSupplier nanoTime) {
        this.model = model;
        this.nanoTime = nanoTime;
    }

    /// @param isWanted whether there is something better to do; asked before each step
    void run(BooleanSupplier isWanted) {
        int tokens = Math.min(PROMPTS * PROMPT_TOKENS + TOKENS, model.contextLength());
        Optional<KvSequence> room = model.reserve(tokens);
        if (room.isEmpty()) {
            return;
        }
        try (KvSequence sequence = room.get()) {
            float[] logits = new float[model.vocabularySize()];
            int[] prompt = new int[PROMPT_TOKENS];
            long end = nanoTime.getAsLong() + LONGEST_NANOS;
            int left = tokens;
            for (int step = 0; left > 0 && !isWanted.getAsBoolean() && nanoTime.getAsLong() - end < 0; step++) {
                int length = step < PROMPTS ? Math.min(PROMPT_TOKENS, left) : 1;
                model.forward(List.of(new Slice(sequence, prompt, 0, length, logits)));
                left -= length;
            }
        } catch (RuntimeException | Error _) {
            // Whoever asks for a reply meets the same fault, and is told.
        }
    }
}
