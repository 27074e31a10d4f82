package dev.runnel.engine;

import dev.runnel.engine.model.KvSequence;
import dev.runnel.engine.model.LanguageModel;
import dev.runnel.engine.model.Slice;
import java.nio.file.Path;
import java.util.List;

/// A model from a file, for whoever measures it rather than completes with it: the logits after every token of
/// a text. Holds the file's memory and some threads until it is closed.
///
/// ```java
/// try (ModelLogits model = ModelLogits.open(Path.of("model.gguf"));
///         ModelLogits.Reading reading = model.begin()) {
///     reading.read(tokens, (index, row) -> …);
/// }
/// ```
///
/// One thread uses it.
public final class ModelLogits implements AutoCloseable {

    /// Hears the logits after each token, in order.
    @FunctionalInterface
    public interface RowListener {

        /// @param index of the token in those that are being read
        /// @param logits `(vocabulary)`, the next token's; overwritten afterwards
        void row(int index, float[] logits);
    }

    /// A text that is being read. Closing it gives back its room in the cache.
    public final class Reading implements AutoCloseable {

        private final KvSequence sequence;

        private Reading(KvSequence sequence) {
            this.sequence = sequence;
        }

        /// Reads further tokens of the text.
        ///
        /// @throws IllegalArgumentException if the text would be longer than [ModelLogits#contextLength], or a
        ///     token is not of the vocabulary
        public void read(List<Integer> tokens, RowListener listener) {
            if (sequence.length() + tokens.size() > model.contextLength()) {
                throw new IllegalArgumentException("a text of %d tokens was to grow by %d, expected at most %d in all"
                        .formatted(sequence.length(), tokens.size(), model.contextLength()));
            }
            int[] ids = tokens.stream().mapToInt(Integer::intValue).toArray();
            if (ids.length > 0) {
                model.forward(List.of(new Slice(sequence, ids, 0, ids.length, row, index -> listener.row(index, row))));
            }
        }

        @Override
        public void close() {
            sequence.close();
        }
    }

    private final ModelText text;
    private final LanguageModel model;
    private final Runnable release;
    private final float[] row; // (vocabulary)
    private boolean closed;

    /// @param text of the model's file
    /// @param model owned from here on
    /// @param release frees what `model` stands on; runs after that is closed
    ModelLogits(ModelText text, LanguageModel model, Runnable release) {
        this.text = text;
        this.model = model;
        this.release = release;
        row = new float[model.vocabularySize()];
    }

    /// Opens a model file.
    ///
    /// @param options of which the threads, the context and the cache's size matter; it holds floats, as what is
    ///     measured is the model
    /// @param listener hears how it goes, on the calling thread
    /// @throws ModelFileException if the file can't be used
    public static ModelLogits open(Path file, EngineOptions options, LoadingListener listener) {
        return EngineLoader.of(options.withCacheType(CacheType.F32), listener).logits(file);
    }

    /// Opens a model file as [EngineOptions#DEFAULT] says.
    ///
    /// @throws ModelFileException if the file can't be used
    public static ModelLogits open(Path file) {
        return open(file, EngineOptions.DEFAULT, LoadingListener.NONE);
    }

    /// How the model sees text. Works on after this is closed.
    public ModelText text() {
        return text;
    }

    /// Logits in a row; a token is at least 0 and below this.
    public int vocabularySize() {
        return model.vocabularySize();
    }

    /// The most tokens of one text.
    public int contextLength() {
        return model.contextLength();
    }

    /// Begins to read a text.
    ///
    /// @throws IllegalStateException if other texts that are not closed leave the cache no room for it
    public Reading begin() {
        return new Reading(model.reserve(model.contextLength())
                .orElseThrow(() -> new IllegalStateException("the cache has no room for another text")));
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            model.close();
            release.run();
        }
    }
}
