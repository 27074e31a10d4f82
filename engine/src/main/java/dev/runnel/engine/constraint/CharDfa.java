package dev.runnel.engine.constraint;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// A regular language over code points, all of its states known. The code points are cut into ranges that
/// no state tells apart.
final class CharDfa implements StringLanguage {

    static final int LAST = Character.MAX_CODE_POINT;

    private static final int MAX_STATES = 20_000;

    /// Of all states, a number for each range.
    private static final int MAX_SIZE = 4_000_000;

    static final int MOST_BYTES = Integer.BYTES * MAX_SIZE;

    static final CharDfa ANY = of(new int[] {0}, new int[][] {{0}}, all(1));

    private final int[] starts; // of the ranges, ascending, the first being 0
    private final int[][] next; // (state, range): a state or NONE
    private final BitSet accepting;
    private final BitSet universal = new BitSet();
    private final int start;

    private CharDfa(int[] starts, int[][] next, BitSet accepting, int start) {
        this.starts = starts;
        this.next = next;
        this.accepting = accepting;
        this.start = start;
        for (int state = 0; state < next.length; state++) {
            if (accepting.get(state)) {
                boolean loops = true;
                for (int range = 0; range < starts.length && loops; range++) {
                    loops = next[state][range] == state || isSurrogate(starts[range]);
                }
                universal.set(state, loops);
            }
        }
    }

    private static boolean isSurrogate(int codePoint) {
        return StringLanguage.isSurrogate(codePoint);
    }

    private static BitSet all(int count) {
        BitSet bits = new BitSet();
        bits.set(0, count);
        return bits;
    }

    /// Whether an automaton would take more memory than one may.
    static boolean isTooLarge(int states, int ranges) {
        return (long) states * ranges > MAX_SIZE;
    }

    /// Takes out what leads nowhere, and surrogates.
    ///
    /// @param next (state, range), the first state being the start
    static CharDfa of(int[] starts, int[][] next, BitSet accepting) {
        TreeSet<Integer> cuts = new TreeSet<>(List.of(0, (int) Character.MIN_SURROGATE, Character.MAX_SURROGATE + 1));
        for (int each : starts) {
            cuts.add(each);
        }
        int[] bounds = toArray(cuts);
        int[] origin = new int[bounds.length];
        for (int i = 0, j = 0; i < bounds.length; i++) {
            while (j + 1 < starts.length && starts[j + 1] <= bounds[i]) {
                j++;
            }
            origin[i] = j;
        }
        BitSet useful = (BitSet) accepting.clone();
        boolean grows = true;
        while (grows) {
            grows = false;
            for (int state = next.length - 1; state >= 0; state--) {
                if (!useful.get(state)) {
                    for (int to : next[state]) {
                        if (to != NONE && useful.get(to)) {
                            useful.set(state);
                            grows = true;
                            break;
                        }
                    }
                }
            }
        }
        int[][] kept = new int[next.length][bounds.length];
        for (int state = 0; state < next.length; state++) {
            for (int i = 0; i < bounds.length; i++) {
                int to = next[state][origin[i]];
                kept[state][i] = to == NONE || !useful.get(to) || isSurrogate(bounds[i]) ? NONE : to;
            }
        }
        return new CharDfa(bounds, kept, accepting, useful.get(0) ? 0 : NONE);
    }

    private static int[] toArray(Collection<Integer> numbers) {
        return numbers.stream().mapToInt(Integer::intValue).toArray();
    }

    /// The language of some strings.
    ///
    /// @return null if that takes too many states and ranges
    static @Nullable CharDfa of(Collection<String> strings) {
        List<TreeMap<Integer, Integer>> states = new ArrayList<>(List.of(new TreeMap<>()));
        BitSet accepting = new BitSet();
        TreeSet<Integer> cuts = new TreeSet<>(List.of(0));
        for (String string : strings) {
            int at = 0;
            for (int each : string.codePoints().toArray()) {
                cuts.add(each);
                cuts.add(Math.min(each + 1, LAST));
                Integer then = states.get(at).get(each);
                if (then == null) {
                    then = states.size();
                    states.get(at).put(each, then);
                    states.add(new TreeMap<>());
                }
                at = then;
            }
            accepting.set(at);
        }
        int[] starts = toArray(cuts);
        if (isTooLarge(states.size(), starts.length)) {
            return null;
        }
        int[][] next = new int[states.size()][starts.length];
        for (int state = 0; state < next.length; state++) {
            Arrays.fill(next[state], NONE);
            int from = state;
            states.get(state).forEach((each, to) -> next[from][Arrays.binarySearch(starts, each)] = to);
        }
        return of(starts, next, accepting);
    }

    /// The strings that are not in this language.
    CharDfa complement() {
        int sink = next.length;
        int[][] flipped = new int[next.length + 1][starts.length];
        for (int state = 0; state < next.length; state++) {
            for (int i = 0; i < starts.length; i++) {
                flipped[state][i] = next[state][i] == NONE ? sink : next[state][i];
            }
        }
        Arrays.fill(flipped[sink], sink);
        BitSet accepted = all(next.length + 1);
        accepted.andNot(accepting);
        if (start == NONE) {
            return ANY;
        }
        return of(starts, flipped, accepted);
    }

    /// The strings that are in both languages.
    ///
    /// @return null if that takes too many states and ranges
    @Nullable
    CharDfa and(CharDfa other) {
        if (start == NONE || (other.start != NONE && other.universal.get(other.start))) {
            return this;
        }
        if (other.start == NONE || universal.get(start)) {
            return other;
        }
        TreeSet<Integer> cuts = new TreeSet<>();
        for (int each : starts) {
            cuts.add(each);
        }
        for (int each : other.starts) {
            cuts.add(each);
        }
        int[] bounds = toArray(cuts);
        Map<Long, Integer> numbers = new HashMap<>();
        List<int[]> rows = new ArrayList<>();
        BitSet accepted = new BitSet();
        Deque<long[]> work = new ArrayDeque<>();
        numbers.put((long) start << 32 | other.start, 0);
        work.add(new long[] {start, other.start});
        while (!work.isEmpty()) {
            long[] pair = work.remove();
            int a = (int) pair[0];
            int b = (int) pair[1];
            if (accepts(a) && other.accepts(b)) {
                accepted.set(rows.size());
            }
            int[] row = new int[bounds.length];
            for (int i = 0; i < bounds.length; i++) {
                int toA = step(a, bounds[i]);
                int toB = other.step(b, bounds[i]);
                if (toA == NONE || toB == NONE) {
                    row[i] = NONE;
                    continue;
                }
                Integer to = numbers.get((long) toA << 32 | toB);
                if (to == null) {
                    to = numbers.size();
                    if (to == MAX_STATES || isTooLarge(to, bounds.length)) {
                        return null;
                    }
                    numbers.put((long) toA << 32 | toB, to);
                    work.add(new long[] {toA, toB});
                }
                row[i] = to;
            }
            rows.add(row);
        }
        return of(bounds, rows.toArray(int[][]::new), accepted);
    }

    boolean isEmpty() {
        return start == NONE;
    }

    boolean contains(String string) {
        int at = start;
        for (int each : string.codePoints().toArray()) {
            if (at == NONE) {
                return false;
            }
            at = step(at, each);
        }
        return at != NONE && accepts(at);
    }

    int size() {
        return next.length;
    }

    int bytes() {
        return Integer.BYTES * next.length * starts.length;
    }

    /// The states behind each state, each once.
    int[][] successors() {
        int[][] all = new int[next.length][];
        int[] lastSeenBehind = new int[next.length];
        Arrays.fill(lastSeenBehind, NONE);
        int[] found = new int[starts.length];
        for (int state = 0; state < next.length; state++) {
            int count = 0;
            for (int to : next[state]) {
                if (to != NONE && lastSeenBehind[to] != state) {
                    lastSeenBehind[to] = state;
                    found[count++] = to;
                }
            }
            all[state] = Arrays.copyOf(found, count);
        }
        return all;
    }

    private int rangeOf(int codePoint) {
        int found = Arrays.binarySearch(starts, codePoint);
        return found >= 0 ? found : -found - 2;
    }

    @Override
    public int start() {
        return start;
    }

    @Override
    public int step(int state, int codePoint) {
        return next[state][rangeOf(codePoint)];
    }

    @Override
    public boolean accepts(int state) {
        return accepting.get(state);
    }

    @Override
    public boolean hasAny(int state, int first, int last) {
        if (first > last) {
            return false;
        }
        for (int range = rangeOf(first); range < starts.length && starts[range] <= last; range++) {
            if (next[state][range] != NONE) {
                return true;
            }
        }
        return false;
    }

    /// As [#hasAny], into some of the states only.
    ///
    /// @param wanted the states, from the index `offset` on
    boolean hasAnyInto(int state, int first, int last, BitSet wanted, int offset) {
        if (first > last) {
            return false;
        }
        for (int range = rangeOf(first); range < starts.length && starts[range] <= last; range++) {
            if (next[state][range] != NONE && wanted.get(offset + next[state][range])) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean isUniversal(int state) {
        return universal.get(state);
    }
}
