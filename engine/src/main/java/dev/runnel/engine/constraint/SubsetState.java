package dev.runnel.engine.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A set of places of an [Nfa] (the subset construction, Rabin and Scott 1959).
final class SubsetState extends State {

    private final Subsets subsets;
    private final int[] places;
    private final boolean accepts;
    private final ByteSet first;
    private volatile @Nullable List<Call> calls;
    private volatile @Nullable List<TokenEdge> tokens;

    /// @param places those with an edge that consumes something, ascending
    SubsetState(Subsets subsets, int[] places, boolean accepts) {
        super(subsets.classCount());
        this.subsets = subsets;
        this.places = places;
        this.accepts = accepts;
        ByteSet all = ByteSet.NONE;
        for (int place : places) {
            ByteSet bytes = subsets.nfa().bytesAt(place);
            all = bytes == null ? all : all.or(bytes);
        }
        first = all;
    }

    @Override
    ByteSet first() {
        return first;
    }

    @Override
    protected int classOf(int value) {
        return subsets.classOf(value);
    }

    @Override
    protected State step(int value) {
        Nfa nfa = subsets.nfa();
        int[] targets = new int[places.length];
        int count = 0;
        for (int place : places) {
            ByteSet bytes = nfa.bytesAt(place);
            if (bytes != null && bytes.contains(value)) {
                targets[count++] = nfa.targetAt(place);
            }
        }
        return count == 0 ? DEAD : subsets.at(targets, count);
    }

    @Override
    boolean accepts() {
        return accepts;
    }

    @Override
    boolean isEndOnly() {
        return accepts && places.length == 0;
    }

    @Override
    boolean isShared() {
        return false;
    }

    @Override
    List<Call> calls() {
        List<Call> known = calls;
        if (known == null) {
            known = findCalls();
            calls = known;
        }
        return known;
    }

    /// One call of each automaton: where several places call the same, the caller goes on in all of them.
    private List<Call> findCalls() {
        Nfa nfa = subsets.nfa();
        Map<Callee, int[]> targets = new LinkedHashMap<>();
        for (int place : places) {
            Nfa.Called called = nfa.calledAt(place);
            if (called != null) {
                targets.merge(called.callee, new int[] {nfa.targetAt(place)}, SubsetState::concat);
            }
        }
        if (targets.isEmpty()) {
            return NO_CALLS;
        }
        List<Call> found = new ArrayList<>();
        targets.forEach((callee, then) -> found.add(new Call(callee, subsets.at(then, then.length))));
        return List.copyOf(found);
    }

    @Override
    List<TokenEdge> tokens() {
        List<TokenEdge> known = tokens;
        if (known == null) {
            known = findTokens();
            tokens = known;
        }
        return known;
    }

    private List<TokenEdge> findTokens() {
        Nfa nfa = subsets.nfa();
        Map<Integer, int[]> targets = new LinkedHashMap<>();
        for (int place : places) {
            if (nfa.tokenAt(place) >= 0) {
                targets.merge(nfa.tokenAt(place), new int[] {nfa.targetAt(place)}, SubsetState::concat);
            }
        }
        List<TokenEdge> found = new ArrayList<>();
        targets.forEach((id, then) -> found.add(new TokenEdge(id, subsets.at(then, then.length))));
        return List.copyOf(found);
    }

    private static int[] concat(int[] a, int[] b) {
        int[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }
}
