package dev.runnel.engine.constraint;

import dev.runnel.engine.constraint.State.Callee;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The nondeterministic automata of a grammar's rules, side by side in one numbering (Thompson's
/// construction). Each place has at most one edge that consumes something, a byte, a token or a whole
/// other automaton, and any number that cost nothing. Small rules are built in where they are referred
/// to; recursive and large ones are called.
///
/// Places from which the end of their rule can't be reached are known ([#isProductive]), so that what is
/// generated never runs into a dead end.
final class Nfa {

    /// More than any grammar that is meant to be used needs; about 30 MB.
    private static final int MAX_PLACES = 400_000;

    private static final int INLINE_SIZE = 32;

    /// Of nodes in each other, down to where it is looked how large a rule is.
    private static final int MAX_DEPTH = 500;

    private static final int RECURSIVE = 1 << 28;

    private final String path;
    private final ByteSet alphabet;

    private int size;
    private @Nullable ByteSet[] bytes = new ByteSet[256];
    private @Nullable Called[] called = new Called[256];
    private int[] token = new int[256];
    private int[] target = new int[256];
    private int[][] skips = new int[256][]; // longer than they are counted until all is built
    private int[] skipCounts = new int[256];

    private final IdentityHashMap<Node.Rule, Called> rules = new IdentityHashMap<>();
    private final IdentityHashMap<StringState, Called> strings = new IdentityHashMap<>();
    private final List<Part> pending = new ArrayList<>();
    private final IdentityHashMap<Node.Rule, Integer> sizes = new IdentityHashMap<>(); // RECURSIVE while open
    private final IdentityHashMap<Node.Rule, Integer> references = new IdentityHashMap<>();
    private final BitSet ends = new BitSet();
    private final BitSet productive = new BitSet();

    /// An automaton that edges refer to.
    static final class Called {

        private final Node.@Nullable Rule rule; // null for one of strings, which has no places here
        private final int start;
        private final int end;
        final Callee callee;

        private Called(Node.@Nullable Rule rule, int start, int end, Callee callee) {
            this.rule = rule;
            this.start = start;
            this.end = end;
            this.callee = callee;
        }
    }

    /// A node that is still to be built, between two places.
    private record Part(Node node, int from, int to) {}

    private final Subsets subsets;

    private Nfa(String path, ByteSet alphabet) {
        this.path = path;
        this.alphabet = alphabet;
        this.subsets = new Subsets(this);
    }

    /// @param alphabet bytes that can be written; others are taken out of the grammar
    /// @return where the grammar starts
    /// @throws ConstraintException if the grammar is too large, empty, or refers to itself without an end
    static State compile(Node grammar, ByteSet alphabet, String path) {
        Nfa nfa = new Nfa(path, alphabet);
        Node.Rule root = new Node.Rule("root");
        root.body = grammar;
        nfa.countReferences(grammar);
        Called start = nfa.call(root);
        while (!nfa.pending.isEmpty()) {
            Part each = nfa.pending.removeLast();
            nfa.build(each.node(), each.from(), each.to());
        }
        nfa.trimSkips();
        nfa.findEnding(nfa.productive, false);
        if (!nfa.isProductive(start.start)) {
            throw new ConstraintException(path, "can't be satisfied: nothing that this model can write matches it");
        }
        nfa.refuseLeftRecursion();
        nfa.subsets.findClasses();
        return start.callee.start();
    }

    private Called call(Node.Rule rule) {
        Called known = rules.get(rule);
        if (known == null) {
            int start = place();
            int end = place();
            ends.set(end);
            known = new Called(rule, start, end, new Callee(() -> subsets.at(start)));
            rules.put(rule, known);
            add(rule.body, start, end);
        }
        return known;
    }

    private int place() {
        if (size == MAX_PLACES) {
            throw new ConstraintException(
                    path, "is too large to be enforced: it takes more than %d states".formatted(MAX_PLACES));
        }
        if (size == bytes.length) {
            int capacity = size * 2;
            bytes = Arrays.copyOf(bytes, capacity);
            called = Arrays.copyOf(called, capacity);
            token = Arrays.copyOf(token, capacity);
            target = Arrays.copyOf(target, capacity);
            skips = Arrays.copyOf(skips, capacity);
            skipCounts = Arrays.copyOf(skipCounts, capacity);
        }
        token[size] = -1;
        target[size] = -1;
        return size++;
    }

    private void skip(int from, int to) {
        int count = skipCounts[from]++;
        if (count == 0) {
            skips[from] = new int[1];
        } else if (count == skips[from].length) {
            skips[from] = Arrays.copyOf(skips[from], 2 * count);
        }
        skips[from][count] = to;
    }

    private void trimSkips() {
        for (int i = 0; i < size; i++) {
            if (skipCounts[i] > 0) {
                skips[i] = Arrays.copyOf(skips[i], skipCounts[i]);
            }
        }
    }

    /// A place, reached from `from` at no cost, whose consuming edge is still to be set.
    private int free(int from) {
        if (target[from] < 0) {
            return from;
        }
        int fresh = place();
        skip(from, fresh);
        return fresh;
    }

    private void bytes(int from, ByteSet set, int to) {
        ByteSet known = set.and(alphabet);
        if (!known.isEmpty()) {
            int place = free(from);
            bytes[place] = known;
            target[place] = to;
        }
    }

    private void add(Node node, int from, int to) {
        pending.add(new Part(node, from, to));
    }

    /// Builds a node. Its parts come later: they may be many in each other.
    private void build(Node node, int from, int to) {
        switch (node) {
            case Node.Text(var text) -> {
                byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
                int at = from;
                for (int i = 0; i < utf8.length; i++) {
                    int then = i + 1 == utf8.length ? to : place();
                    bytes(at, ByteSet.of(utf8[i] & 0xFF), then);
                    at = then;
                }
                if (utf8.length == 0) {
                    skip(from, to);
                }
            }
            case Node.OneByte(var set) -> bytes(from, set, to);
            case Node.Token(var id) -> {
                int place = free(from);
                token[place] = id;
                target[place] = to;
            }
            case Node.Sequence(var parts) -> {
                int at = from;
                for (int i = 0; i < parts.size(); i++) {
                    int then = i + 1 == parts.size() ? to : place();
                    add(parts.get(i), at, then);
                    at = then;
                }
                if (parts.isEmpty()) {
                    skip(from, to);
                }
            }
            case Node.Choice(var options) -> {
                for (Node option : options) {
                    int start = place();
                    skip(from, start);
                    add(option, start, to);
                }
            }
            case Node.Repeat(var body, var min, var max) -> repeat(body, min, max, from, to);
            case Node.JsonString(var start) -> {
                Called string = strings.computeIfAbsent(start, it -> new Called(null, -1, -1, new Callee(() -> it)));
                int place = free(from);
                called[place] = string;
                target[place] = to;
            }
            case Node.Graph graph -> {
                int[] places = new int[graph.states()];
                for (int i = 0; i < places.length; i++) {
                    places[i] = place();
                }
                skip(from, places[0]);
                for (Node.Graph.Edge edge : graph.edges()) {
                    if (edge.label() == null) {
                        skip(places[edge.from()], places[edge.to()]);
                    } else {
                        int start = place();
                        skip(places[edge.from()], start);
                        add(edge.label(), start, places[edge.to()]);
                    }
                }
                graph.accepting().stream().forEach(each -> skip(places[each], to));
            }
            case Node.Rule rule -> {
                if (isBuiltIn(rule, 0)) {
                    add(rule.body, from, to);
                } else {
                    int place = free(from);
                    called[place] = call(rule);
                    target[place] = to;
                }
            }
        }
    }

    private void repeat(Node body, int min, int max, int from, int to) {
        int at = from;
        for (int i = 0; i < min; i++) {
            int then = place();
            add(body, at, then);
            at = then;
        }
        if (max == Node.UNBOUNDED) {
            int loop = place();
            int again = place();
            skip(at, loop);
            int start = place();
            skip(loop, start);
            add(body, start, again);
            skip(again, loop);
            skip(loop, to);
            return;
        }
        for (int i = min; i < max; i++) {
            int start = place();
            skip(at, start);
            skip(at, to);
            int then = place();
            add(body, start, then);
            at = then;
        }
        skip(at, to);
    }

    /// How many places a node takes where rules are built in, or more than [#INLINE_SIZE]. A rule that is
    /// built in counts itself, so that rules which are nothing but another's name come to an end.
    private int sizeOf(Node node, int depth) {
        if (depth == MAX_DEPTH) {
            return RECURSIVE;
        }
        return switch (node) {
            case Node.Text(var text) -> text.length();
            case Node.OneByte _, Node.Token _, Node.JsonString _ -> 1;
            case Node.Sequence(var parts) -> sizeOf(parts, depth + 1);
            case Node.Choice(var options) -> sizeOf(options, depth + 1);
            case Node.Repeat(var body, var min, var max) ->
                (int) Math.min(
                        RECURSIVE, 2 + (long) sizeOf(body, depth + 1) * (max == Node.UNBOUNDED ? min + 1L : max));
            case Node.Graph graph -> {
                int sum = graph.states();
                for (Node.Graph.Edge edge : graph.edges()) {
                    if (edge.label() != null) {
                        sum = Math.min(RECURSIVE, sum + sizeOf(edge.label(), depth + 1));
                    }
                }
                yield sum;
            }
            case Node.Rule rule -> {
                boolean isBuiltIn = isBuiltIn(rule, depth + 1);
                int size = sizes.getOrDefault(rule, RECURSIVE);
                yield size == RECURSIVE ? RECURSIVE : isBuiltIn ? size + 1 : 2;
            }
        };
    }

    private int sizeOf(List<Node> nodes, int depth) {
        int sum = nodes.size();
        for (Node each : nodes) {
            sum = Math.min(RECURSIVE, sum + sizeOf(each, depth));
        }
        return sum;
    }

    /// Whether a rule is built in where it is referred to: a small one, and one that nothing else refers
    /// to. Of the rules of a cycle at least one is not: the one by which it is entered is referred to
    /// from within it too.
    private boolean isBuiltIn(Node.Rule rule, int depth) {
        Integer known = sizes.get(rule);
        if (known == null) {
            sizes.put(rule, RECURSIVE);
            known = Math.min(sizeOf(rule.body, depth), INLINE_SIZE + 1);
            sizes.put(rule, known);
        }
        return known <= INLINE_SIZE || references.getOrDefault(rule, 0) == 1;
    }

    private void countReferences(Node grammar) {
        record Use(Node node, int copies) {}
        List<Use> work = new ArrayList<>(List.of(new Use(grammar, 1)));
        while (!work.isEmpty()) {
            Use use = work.removeLast();
            switch (use.node()) {
                case Node.Sequence(var parts) -> parts.forEach(each -> work.add(new Use(each, use.copies())));
                case Node.Choice(var options) -> options.forEach(each -> work.add(new Use(each, use.copies())));
                case Node.Repeat(var body, var _, var max) -> work.add(new Use(body, max == 1 ? use.copies() : 2));
                case Node.Graph graph -> {
                    for (Node.Graph.Edge edge : graph.edges()) {
                        if (edge.label() != null) {
                            work.add(new Use(edge.label(), use.copies()));
                        }
                    }
                }
                case Node.Rule rule -> {
                    if (references.merge(rule, use.copies(), Integer::sum) == use.copies()) {
                        work.add(new Use(rule.body, 1));
                    }
                }
                case Node.Text _, Node.OneByte _, Node.Token _, Node.JsonString _ -> {}
            }
        }
    }

    /// The places from which the end of their rule is reached, at no cost or at any. Backwards from the
    /// ends, until nothing more is found.
    private void findEnding(BitSet found, boolean atNoCost) {
        int[][] before = new int[size][];
        int[] counts = new int[size];
        for (int pass = 0; pass < 2; pass++) {
            for (int i = 0; i < size; i++) {
                if (target[i] >= 0) {
                    note(before, counts, pass, i, target[i]);
                }
                if (skips[i] != null) {
                    for (int to : skips[i]) {
                        note(before, counts, pass, i, to);
                    }
                }
            }
            if (pass == 0) {
                for (int i = 0; i < size; i++) {
                    before[i] = new int[counts[i]];
                    counts[i] = 0;
                }
            }
        }
        Map<Called, List<Integer>> waiting = new HashMap<>(); // for a rule to be found
        int[] work = new int[size];
        int todo = 0;
        for (Called rule : rules.values()) {
            found.set(rule.end);
            work[todo++] = rule.end;
        }
        Map<Integer, Called> starts = new HashMap<>();
        rules.values().forEach(rule -> starts.put(rule.start, rule));
        while (todo > 0) {
            int at = work[--todo];
            Called whole = starts.get(at);
            if (whole != null) {
                for (int caller : waiting.getOrDefault(whole, List.of())) {
                    if (!found.get(caller)) {
                        found.set(caller);
                        work[todo++] = caller;
                    }
                }
            }
            for (int from : before[at]) {
                boolean consumes = target[from] == at && !skipsTo(from, at);
                Called needed = consumes ? ruleAt(from) : null;
                if (found.get(from) || (atNoCost && consumes && needed == null)) {
                    continue;
                }
                if (needed == null || found.get(needed.start)) {
                    found.set(from);
                    work[todo++] = from;
                } else {
                    waiting.computeIfAbsent(needed, _ -> new ArrayList<>()).add(from);
                }
            }
        }
    }

    /// The rule that a place calls; null if it calls none.
    private @Nullable Called ruleAt(int place) {
        Called callee = called[place];
        return callee == null || callee.rule == null ? null : callee;
    }

    private boolean skipsTo(int from, int to) {
        if (skips[from] != null) {
            for (int each : skips[from]) {
                if (each == to) {
                    return true;
                }
            }
        }
        return false;
    }

    private static void note(int[][] before, int[] counts, int pass, int from, int to) {
        if (pass == 1) {
            before[to][counts[to]] = from;
        }
        counts[to]++;
    }

    private void refuseLeftRecursion() {
        BitSet nullable = new BitSet();
        findEnding(nullable, true);
        BitSet seen = new BitSet();
        IdentityHashMap<Called, Set<Called>> edges = new IdentityHashMap<>();
        rules.values().forEach(rule -> edges.put(rule, leftmost(rule, nullable, seen)));
        Set<Called> done = new HashSet<>();
        for (Called rule : rules.values()) {
            refuseCycle(rule, edges, done);
        }
    }

    /// Depth first with a stack of its own: rules may be many.
    private void refuseCycle(Called from, IdentityHashMap<Called, Set<Called>> edges, Set<Called> done) {
        List<Called> stack = new ArrayList<>(List.of(from));
        Set<Called> open = new HashSet<>();
        while (!stack.isEmpty()) {
            Called at = stack.getLast();
            if (done.contains(at)) {
                stack.removeLast();
                continue;
            }
            if (!open.add(at)) {
                open.remove(at);
                done.add(at);
                stack.removeLast();
                continue;
            }
            for (Called next : edges.getOrDefault(at, Set.of())) {
                if (done.contains(next)) {
                    continue;
                }
                if (open.contains(next)) {
                    throw new ConstraintException(
                            path, "can't be enforced: %s begins with itself (left recursion)".formatted(next.rule));
                }
                stack.add(next);
            }
        }
    }

    /// The rules that a rule calls before it has consumed anything.
    ///
    /// @param nullable places from which the end of their rule is reached at no cost
    /// @param seen places; no two rules have one in common
    private Set<Called> leftmost(Called rule, BitSet nullable, BitSet seen) {
        Set<Called> found = new HashSet<>();
        int[] work = new int[16];
        int todo = 0;
        work[todo++] = rule.start;
        seen.set(rule.start);
        while (todo > 0) {
            int at = work[--todo];
            int behind = -1;
            Called callee = ruleAt(at);
            if (callee != null && isEdgeProductive(at)) {
                found.add(callee);
                behind = nullable.get(callee.start) ? target[at] : -1;
            }
            int count = (skips[at] == null ? 0 : skips[at].length) + 1;
            if (todo + count > work.length) {
                work = Arrays.copyOf(work, Math.max(work.length * 2, todo + count));
            }
            if (skips[at] != null) {
                for (int to : skips[at]) {
                    if (!seen.get(to) && isProductive(to)) {
                        seen.set(to);
                        work[todo++] = to;
                    }
                }
            }
            if (behind >= 0 && !seen.get(behind)) {
                seen.set(behind);
                work[todo++] = behind;
            }
        }
        return found;
    }

    /// By which messages name the grammar.
    String path() {
        return path;
    }

    boolean isProductive(int place) {
        return productive.get(place);
    }

    /// Whether what a place consumes leads to the end.
    boolean isEdgeProductive(int place) {
        Called callee = ruleAt(place);
        return target[place] >= 0 && isProductive(target[place]) && (callee == null || isProductive(callee.start));
    }

    boolean isEnd(int place) {
        return ends.get(place);
    }

    int size() {
        return size;
    }

    @Nullable
    ByteSet bytesAt(int place) {
        return bytes[place];
    }

    @Nullable
    Called calledAt(int place) {
        return called[place];
    }

    /// -1 if there is none
    int tokenAt(int place) {
        return token[place];
    }

    int targetAt(int place) {
        return target[place];
    }

    int @Nullable [] skipsAt(int place) {
        return skips[place];
    }
}
