package dev.runnel.engine.schedule;

import dev.runnel.engine.model.KvSequence;
import dev.runnel.engine.model.LanguageModel;
import dev.runnel.engine.model.Slice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/// A model whose logits a test writes, and which holds its driver to [LanguageModel]'s contract. Its tokens
/// are bytes, and [#END].
public final class FakeModel implements LanguageModel {

    /// The end of a reply.
    public static final int END = 256;

    /// Bytes and the end; bytes are their own text.
    public static final Vocabulary BYTES = new Vocabulary() {
        @Override
        public boolean isEndOfGeneration(int token) {
            return token == END;
        }

        @Override
        public byte[] bytes(int token) {
            return new byte[] {(byte) token};
        }
    };

    /// Writes the logits that follow `history`.
    public interface Script {
        void write(int[] history, float[] logits);
    }

    private final int contextLength;
    private final int capacity;
    private final Script script;
    private final AtomicInteger reserved = new AtomicInteger();
    private final List<List<Integer>> batches = new CopyOnWriteArrayList<>();
    private volatile Runnable beforeForward = () -> {};
    private volatile boolean closed;

    public FakeModel(int contextLength, int capacity, Script script) {
        this.contextLength = contextLength;
        this.capacity = capacity;
        this.script = script;
    }

    /// Lets the most probable token be the one that `next` says.
    public static Script saying(Next next) {
        return (history, logits) -> {
            Arrays.fill(logits, -20);
            logits[next.after(history)] = 20;
        };
    }

    /// The one token that follows a history.
    public interface Next {
        int after(int[] history);
    }

    /// Runs `action` at the start of each forward pass from here on.
    public void beforeForward(Runnable action) {
        beforeForward = action;
    }

    /// The lengths of the slices of each batch so far.
    public List<List<Integer>> batches() {
        return batches;
    }

    /// Tokens of room that are taken.
    public int reserved() {
        return reserved.get();
    }

    public boolean isClosed() {
        return closed;
    }

    @Override
    public int vocabularySize() {
        return END + 1;
    }

    @Override
    public int contextLength() {
        return contextLength;
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public Optional<KvSequence> reserve(int tokens) {
        require(tokens >= 1 && tokens <= contextLength, "room for " + tokens + " tokens");
        if (reserved.get() + tokens > capacity) {
            return Optional.empty();
        }
        reserved.addAndGet(tokens);
        return Optional.of(new Room(tokens));
    }

    @Override
    public void forward(List<Slice> batch) {
        require(!closed, "forward after close");
        require(!batch.isEmpty(), "an empty batch");
        beforeForward.run();
        batches.add(batch.stream().map(Slice::length).toList());
        Set<KvSequence> seen = new HashSet<>();
        for (Slice slice : batch) {
            Room room = (Room) slice.sequence();
            require(seen.add(room), "a sequence twice in a batch");
            require(!room.closed, "a closed sequence in a batch");
            require(room.history.size() + slice.length() <= room.tokens, "more tokens than were reserved");
            for (int i = slice.from(); i < slice.to(); i++) {
                room.history.add(slice.tokens()[i]);
            }
            float[] logits = slice.logits();
            if (logits != null) {
                script.write(room.history.stream().mapToInt(Integer::intValue).toArray(), logits);
            }
        }
    }

    @Override
    public void close() {
        require(reserved.get() == 0, "closed with sequences open");
        closed = true;
    }

    private static void require(boolean condition, String fault) {
        if (!condition) {
            throw new AssertionError("the driver broke the model's contract: " + fault);
        }
    }

    private final class Room implements KvSequence {
        private final int tokens;
        private final List<Integer> history = new ArrayList<>();
        private boolean closed;

        Room(int tokens) {
            this.tokens = tokens;
        }

        @Override
        public int length() {
            return history.size();
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                reserved.addAndGet(-tokens);
            }
        }
    }
}
