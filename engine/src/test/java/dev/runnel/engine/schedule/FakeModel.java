package dev.runnel.engine.schedule;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.runnel.engine.kernel.Workers;
import dev.runnel.engine.model.CacheUse;
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
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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
            return token == END ? new byte[0] : new byte[] {(byte) token};
        }

        @Override
        public byte[] bytesWithSpecial(int token) {
            return token == END ? "<end>".getBytes(UTF_8) : new byte[] {(byte) token};
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
    private volatile IntConsumer beforeForward = _ -> {};
    private volatile Runnable beforeReserve = () -> {};
    private final List<Room> shared = new ArrayList<>();
    private boolean remembers;
    private int threads = 1;
    private int partsDone;
    private volatile boolean closed;
    private volatile @Nullable AssertionError breach;

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

    /// Runs `action` at the start of each forward pass from here on, with the number of its tokens.
    public void beforeForward(IntConsumer action) {
        beforeForward = action;
    }

    /// Runs `action` whenever a sequence is to have room, or more of it, from here on.
    public void beforeReserve(Runnable action) {
        beforeReserve = action;
    }

    /// Lets sequences that share begin with what earlier ones have read.
    public FakeModel remembering() {
        remembers = true;
        return this;
    }

    /// Lets it have several threads, which do the parts of a task from the last to the first.
    public FakeModel withThreads(int threads) {
        this.threads = threads;
        return this;
    }

    /// Parts of others' tasks that its threads did.
    public int partsDone() {
        return partsDone;
    }

    @Override
    public int threads() {
        return threads;
    }

    @Override
    public void inParallel(int parts, Workers.Task task) {
        for (int part = parts - 1; part >= 0; part--) {
            task.run(part % threads, part);
            partsDone++;
        }
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
    public CacheUse cacheUse() {
        return new CacheUse(capacity, reserved.get(), 0);
    }

    @Override
    public Optional<KvSequence> reserve(int tokens) {
        require(tokens >= 1 && tokens <= contextLength, "room for " + tokens + " tokens");
        Room room = new Room();
        return room.reserve(tokens) ? Optional.of(room) : Optional.empty();
    }

    @Override
    public Optional<KvSequence> reserve(int tokens, int[] beginning) {
        require(beginning.length <= tokens, "a beginning longer than the room for it");
        Optional<KvSequence> reserved = reserve(tokens);
        if (remembers && reserved.isPresent()) {
            Room room = (Room) reserved.get();
            room.follow(beginning);
            shared.add(room);
        }
        return reserved;
    }

    @Override
    public void forward(List<Slice> batch) {
        require(!closed, "forward after close");
        require(!batch.isEmpty(), "an empty batch");
        beforeForward.accept(batch.stream().mapToInt(Slice::length).sum());
        batches.add(batch.stream().map(Slice::length).toList());
        Set<KvSequence> seen = new HashSet<>();
        for (Slice slice : batch) {
            Room room = (Room) slice.sequence();
            require(seen.add(room), "a sequence twice in a batch");
            require(!room.closed, "a closed sequence in a batch");
            if (slice.guesses() < slice.length()) {
                room.ahead.clear();
            }
            int length = room.history.size() + room.ahead.size();
            require(length + slice.length() <= room.tokens, "more tokens than were reserved");
            float[] logits = slice.logits();
            IntConsumer each = slice.each();
            int sure = slice.to() - slice.guesses();
            for (int i = slice.from(); i < slice.to(); i++) {
                (i < sure ? room.history : room.ahead).add(slice.tokens()[i]);
                if (i >= sure) {
                    script.write(room.all(), slice.guessLogits()[i - sure]);
                } else if (logits != null && (each != null || i == sure - 1)) {
                    script.write(room.all(), logits);
                }
                if (each != null) {
                    each.accept(i);
                }
            }
        }
    }

    @Override
    public void close() {
        require(reserved.get() == 0, "closed with sequences open");
        closed = true;
        AssertionError earlier = breach;
        if (earlier != null) {
            throw earlier; // also to a driver that goes on after a fault
        }
    }

    private void require(boolean condition, String fault) {
        if (!condition) {
            breach = new AssertionError("the driver broke the model's contract: " + fault);
            throw breach;
        }
    }

    private final class Room implements KvSequence {
        private int tokens;
        private final List<Integer> history = new ArrayList<>();
        private final List<Integer> ahead = new ArrayList<>(); // guesses
        private boolean closed;

        private int[] all() {
            return Stream.concat(history.stream(), ahead.stream())
                    .mapToInt(Integer::intValue)
                    .toArray();
        }

        @Override
        public void keep(int guesses) {
            require(guesses <= ahead.size(), "more guesses kept than read");
            for (int i = 0; i < guesses; i++) {
                history.add(ahead.removeFirst());
            }
        }

        @Override
        public int length() {
            return history.size();
        }

        @Override
        public boolean reserve(int wanted) {
            require(!closed, "room for a closed sequence");
            beforeReserve.run();
            int more = Math.max(0, wanted - tokens);
            if (reserved.get() + more > capacity) {
                return false;
            }
            reserved.addAndGet(more);
            tokens += more;
            return true;
        }

        @Override
        public int catchUp(int[] wanted) {
            return shared.contains(this) ? follow(wanted) : 0;
        }

        /// Takes over what any other has read of the wanted tokens, but for the last.
        private int follow(int[] wanted) {
            int before = history.size();
            for (Room other : shared) {
                int common = 0;
                while (common < Math.min(wanted.length - 1, other.history.size())
                        && other.history.get(common) == wanted[common]) {
                    common++;
                }
                if (common > history.size()) {
                    history.clear();
                    history.addAll(other.history.subList(0, common));
                }
            }
            return history.size() - before;
        }

        @Override
        public Optional<KvSequence> fork(int wanted) {
            Room fork = new Room();
            fork.history.addAll(history);
            return fork.reserve(Math.max(wanted, history.size())) ? Optional.of(fork) : Optional.empty();
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
