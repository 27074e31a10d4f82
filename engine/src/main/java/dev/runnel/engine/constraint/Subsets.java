package dev.runnel.engine.constraint;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/// The deterministic form of an [Nfa], made as far as it is reached: each state is a set of places.
final class Subsets {

    /// Of all states together, in array elements: about 50 MB. A grammar that is meant to be used takes a
    /// hundredth.
    private static final int MAX_SIZE = 12_000_000;

    private static final int OVERHEAD = 32;

    private final Nfa nfa;
    private final byte[] classes = new byte[256];
    private int classCount;
    private final AtomicInteger size = new AtomicInteger();
    private final ConcurrentMap<Key, SubsetState> states = new ConcurrentHashMap<>();

    Subsets(Nfa nfa) {
        this.nfa = nfa;
    }

    private static final class Key {

        private final int[] places;
        private final boolean accepts;

        private Key(int[] places, boolean accepts) {
            this.places = places;
            this.accepts = accepts;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && key.accepts == accepts && Arrays.equals(places, key.places);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(places) * 2 + (accepts ? 1 : 0);
        }
    }

    /// Bytes that no edge tells apart are one class.
    void findClasses() {
        Set<ByteSet> sets = new HashSet<>();
        for (int i = 0; i < nfa.size(); i++) {
            ByteSet set = nfa.bytesAt(i);
            if (set != null) {
                sets.add(set);
            }
        }
        int count = 1;
        int[] classOf = new int[256];
        for (ByteSet set : sets) {
            int[] split = new int[count];
            int[] seenOutside = new int[count];
            for (int value = 0; value < 256; value++) {
                if (!set.contains(value)) {
                    seenOutside[classOf[value]] = 1;
                }
            }
            for (int value = 0; value < 256; value++) {
                int old = classOf[value];
                if (set.contains(value) && seenOutside[old] == 1) {
                    if (split[old] == 0) {
                        split[old] = count++;
                    }
                    classOf[value] = split[old];
                }
            }
        }
        for (int value = 0; value < 256; value++) {
            classes[value] = (byte) classOf[value];
        }
        classCount = count;
    }

    int classCount() {
        return classCount;
    }

    int classOf(int value) {
        return classes[value] & 0xFF;
    }

    Nfa nfa() {
        return nfa;
    }

    State at(int place) {
        return at(new int[] {place}, 1);
    }

    /// The state of all places that are reached from some at no cost.
    State at(int[] from, int count) {
        BitSet seen = new BitSet();
        int[] work = Arrays.copyOf(from, Math.max(16, count));
        int todo = count;
        BitSet kept = new BitSet();
        boolean accepts = false;
        for (int i = 0; i < count; i++) {
            seen.set(from[i]);
        }
        while (todo > 0) {
            int at = work[--todo];
            if (!nfa.isProductive(at)) {
                continue;
            }
            accepts |= nfa.isEnd(at);
            if (nfa.isEdgeProductive(at)) {
                kept.set(at);
            }
            int[] skips = nfa.skipsAt(at);
            if (skips != null) {
                if (todo + skips.length > work.length) {
                    work = Arrays.copyOf(work, Math.max(work.length * 2, todo + skips.length));
                }
                for (int to : skips) {
                    if (!seen.get(to)) {
                        seen.set(to);
                        work[todo++] = to;
                    }
                }
            }
        }
        if (kept.isEmpty() && !accepts) {
            return State.DEAD;
        }
        Key key = new Key(kept.stream().toArray(), accepts);
        SubsetState known = states.get(key);
        if (known != null) {
            return known;
        }
        if (size.addAndGet(key.places.length + classCount + OVERHEAD) > MAX_SIZE) {
            throw new ConstraintException(nfa.path(), "is too ambiguous to be enforced: its automaton grows too large");
        }
        return states.computeIfAbsent(key, it -> new SubsetState(this, it.places, it.accepts));
    }
}
