package dev.runnel.engine.constraint;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;

/// Frames by state and entries, up to so many bytes of them. For any number of threads; two that miss at
/// once both compute, to the same result.
final class FrameCache {

    private record Key(State state, Entries entries) {}

    private final long maxBytes;
    private final AtomicLong bytes = new AtomicLong();
    private final ConcurrentMap<Key, Frame> frames = new ConcurrentHashMap<>();

    FrameCache(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    Frame get(State state, Entries entries, TokenTrie trie, int words) {
        Key key = new Key(state, entries);
        Frame known = frames.get(key);
        if (known == null) {
            known = new Frame.Walk(trie, words).of(state, entries);
            if (bytes.addAndGet(known.sizeBytes()) > maxBytes) {
                frames.clear();
                bytes.set(known.sizeBytes());
            }
            frames.put(key, known);
        }
        return known;
    }
}
