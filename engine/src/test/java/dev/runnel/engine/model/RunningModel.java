package dev.runnel.engine.model;

import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.kernel.Kernels;
import dev.runnel.engine.kernel.Workers;
import java.nio.file.Path;
import java.util.List;

/// A model with all that it needs to run, closed together.
record RunningModel(GgufFile file, Workers workers, Transformer model) implements AutoCloseable {

    static RunningModel open(Path file, Kernels kernels, LoadOptions options) {
        return open(GgufFile.open(file), kernels, 2, options);
    }

    static RunningModel open(GgufFile file, Kernels kernels, int threads, LoadOptions options) {
        Workers workers = new Workers(threads);
        return new RunningModel(file, workers, Transformer.load(file, kernels, workers, options, LoadProgress.UNHEARD));
    }

    KvSequence reserve(int tokens) {
        return model.reserve(tokens).orElseThrow();
    }

    /// The logits after the last of `tokens`, which prolong the sequence in one slice.
    float[] logits(KvSequence sequence, int... tokens) {
        float[] logits = new float[model.vocabularySize()];
        model.forward(List.of(new Slice(sequence, tokens, 0, tokens.length, logits)));
        return logits;
    }

    /// The logits after each of `tokens`, one slice a token.
    float[][] allLogits(int... tokens) {
        float[][] logits = new float[tokens.length][];
        try (KvSequence sequence = reserve(tokens.length)) {
            for (int t = 0; t < tokens.length; t++) {
                logits[t] = logits(sequence, tokens[t]);
            }
        }
        return logits;
    }

    /// The `count` most likely tokens after a prompt, each given those before it.
    int[] greedy(int[] prompt, int count) {
        int[] tokens = new int[count];
        try (KvSequence sequence = reserve(prompt.length + count)) {
            float[] logits = logits(sequence, prompt);
            for (int i = 0; i < count; i++) {
                tokens[i] = mostLikely(logits);
                logits = logits(sequence, tokens[i]);
            }
        }
        return tokens;
    }

    static int mostLikely(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }

    @Override
    public void close() {
        model.close();
        workers.close();
        file.close();
    }
}
