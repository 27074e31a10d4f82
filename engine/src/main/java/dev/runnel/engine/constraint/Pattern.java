package dev.runnel.engine.constraint;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// A regular expression of ECMA-262 with the `u` flag, as JSON Schema's `pattern` wants it: it matches
/// anywhere in a string unless it is anchored. What isn't regular in it (look-around, back references) or
/// depends on neighbours (`\b`) is refused.
final class Pattern {

    private static final int MAX_NODES = 20_000;
    private static final int MAX_STATES = 10_000;
    private static final int MAX_ATOMS = 200_000;
    private static final int MAX_DEPTH = 100;

    /// Steps of reading an atom.
    private static final int ATOM = 10;

    private static final CodePoints DIGITS = CodePoints.range('0', '9');
    private static final CodePoints WORD =
            DIGITS.or(CodePoints.range('a', 'z')).or(CodePoints.range('A', 'Z')).or(CodePoints.of('_'));
    private static final CodePoints SPACE = CodePoints.of(
                    "\t\n\u000b\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff")
            .or(CodePoints.range(0x2000, 0x200a));
    private static final CodePoints LINE_ENDS = CodePoints.of("\n\r\u2028\u2029");

    private final String source;
    private final Budget budget;
    private int at;
    private int atoms;
    private final Map<Integer, ReadSet> sets = new HashMap<>(); // by where they begin: copies are read again

    // The automaton: a node has one edge for characters at most, and any number that cost nothing.
    private final List<@Nullable CodePoints> chars = new ArrayList<>();
    private final List<Integer> targets = new ArrayList<>();
    private final List<List<Integer>> skips = new ArrayList<>();
    private final BitSet onlyFirst = new BitSet(); // passed at the beginning of the string only
    private final BitSet onlyLast = new BitSet();

    /// @param end behind its bracket
    private record ReadSet(CodePoints set, int end) {}

    private Pattern(String source, Budget budget) {
        this.source = source;
        this.budget = budget;
    }

    /// Thrown with what is wrong or not supported, to be told with the path of the keyword.
    static final class Refusal extends Exception {

        private static final long serialVersionUID = 1;

        Refusal(String problem) {
            super(problem);
        }
    }

    /// The strings in which an expression matches.
    ///
    /// @param budget of the schemas that it is for
    static CharDfa compile(String source, Budget budget) throws Refusal {
        Pattern pattern = new Pattern(source, budget);
        int start = pattern.node();
        int body = pattern.node();
        pattern.edge(start, CodePoints.ALL, start);
        pattern.skip(start, body);
        int end = pattern.alternatives(body, 0);
        if (pattern.at < source.length()) {
            throw pattern.refusal("has an unmatched )");
        }
        pattern.edge(end, CodePoints.ALL, end);
        return pattern.determine(start, end);
    }

    private Refusal refusal(String problem) {
        return new Refusal("%s at character %d of %s".formatted(problem, at + 1, shortened()));
    }

    private String shortened() {
        return source.length() <= 60 ? source : source.substring(0, 60) + "…";
    }

    private int node() throws Refusal {
        if (chars.size() == MAX_NODES) {
            throw new Refusal("is too large: %s takes more than %d states".formatted(shortened(), MAX_NODES));
        }
        chars.add(null);
        targets.add(-1);
        skips.add(new ArrayList<>(2));
        return chars.size() - 1;
    }

    private void edge(int from, CodePoints set, int to) {
        chars.set(from, set);
        targets.set(from, to);
    }

    private void skip(int from, int to) {
        skips.get(from).add(to);
    }

    private boolean hasMore() {
        return at < source.length();
    }

    private boolean looksAt(String text) {
        return source.startsWith(text, at);
    }

    private int alternatives(int from, int depth) throws Refusal {
        if (depth > MAX_DEPTH) {
            throw refusal("is nested too deeply");
        }
        int end = node();
        while (true) {
            int option = node();
            skip(from, option);
            int to = sequence(option, depth);
            skip(to, end);
            if (!looksAt("|")) {
                return end;
            }
            at++;
        }
    }

    private int sequence(int from, int depth) throws Refusal {
        int last = from;
        while (hasMore() && !looksAt("|") && !looksAt(")")) {
            int begin = at;
            int nodes = chars.size();
            int skipsBefore = skips.get(last).size();
            int to = atom(last, depth);
            if (hasMore() && "*+?{".indexOf(source.charAt(at)) >= 0) {
                forget(nodes, last, skipsBefore);
                to = repeated(begin, last, depth);
            }
            last = to;
        }
        return last;
    }

    /// Takes back an atom whose quantifier was not yet known.
    private void forget(int nodes, int from, int skipsBefore) {
        while (chars.size() > nodes) {
            chars.removeLast();
            targets.removeLast();
            skips.removeLast();
        }
        onlyFirst.clear(nodes, Integer.MAX_VALUE);
        onlyLast.clear(nodes, Integer.MAX_VALUE);
        List<Integer> kept = skips.get(from);
        kept.subList(skipsBefore, kept.size()).clear();
    }

    /// Reads the quantifier and the atom before it again, once for each copy that it needs.
    private int repeated(int begin, int from, int depth) throws Refusal {
        int min;
        int max;
        switch (source.charAt(at++)) {
            case '*' -> {
                min = 0;
                max = -1;
            }
            case '+' -> {
                min = 1;
                max = -1;
            }
            case '?' -> {
                min = 0;
                max = 1;
            }
            default -> {
                int close = source.indexOf('}', at);
                String inside = close < 0 ? "" : source.substring(at, close);
                if (!inside.matches("[0-9]{1,5}(,[0-9]{0,5})?")) {
                    throw refusal("has a { that is no repetition");
                }
                String[] bounds = inside.split(",", -1);
                min = Integer.parseInt(bounds[0]);
                max = bounds.length == 1 ? min : bounds[1].isEmpty() ? -1 : Integer.parseInt(bounds[1]);
                if (max >= 0 && max < min) {
                    throw refusal("repeats at least %d and at most %d times".formatted(min, max));
                }
                at = close + 1;
            }
        }
        if (looksAt("?")) {
            at++; // which match is preferred makes no difference to what matches
        }
        int after = at;
        int end = node();
        int last = node();
        skip(from, last);
        for (int i = 0; i < min; i++) {
            last = copy(begin, last, depth);
        }
        if (max < 0) {
            int again = node();
            skip(last, again);
            skip(copy(begin, again, depth), last);
        }
        for (int i = min; i < max; i++) {
            skip(last, end);
            int next = node();
            skip(last, next);
            last = copy(begin, next, depth);
        }
        skip(last, end);
        at = after;
        return end;
    }

    private int copy(int begin, int from, int depth) throws Refusal {
        at = begin;
        int start = node();
        skip(from, start);
        return atom(start, depth);
    }

    /// @return where it ends
    private int atom(int from, int depth) throws Refusal {
        if (++atoms > MAX_ATOMS) {
            throw new Refusal("is too large: %s repeats its parts too often".formatted(shortened()));
        }
        spend(ATOM);
        char c = source.charAt(at);
        return switch (c) {
            case '^', '$' -> assertion(from, c == '^' ? onlyFirst : onlyLast);
            case '(' -> group(from, depth);
            case '*', '+', '?', '{' -> throw refusal("repeats nothing");
            default -> {
                CodePoints set = one();
                int start = node();
                skip(from, start);
                int to = node();
                edge(start, set, to);
                yield to;
            }
        };
    }

    private int assertion(int from, BitSet where) throws Refusal {
        at++;
        int to = node();
        where.set(to);
        skip(from, to);
        int behind = node();
        skip(to, behind);
        return behind;
    }

    private int group(int from, int depth) throws Refusal {
        at++;
        if (looksAt("?:")) {
            at += 2;
        } else if (looksAt("?<") && !looksAt("?<=") && !looksAt("?<!")) {
            at = source.indexOf('>', at) + 1;
            if (at == 0) {
                throw refusal("has a group without an end");
            }
        } else if (looksAt("?")) {
            throw refusal("has look-around or flags, which can't be enforced,");
        }
        int to = alternatives(from, depth + 1);
        if (!looksAt(")")) {
            throw refusal("has a group without an end");
        }
        at++;
        return to;
    }

    private CodePoints one() throws Refusal {
        int c = source.codePointAt(at);
        at += Character.charCount(c);
        return switch (c) {
            case '.' -> LINE_ENDS.not();
            case '[' -> set();
            case '\\' -> escape(false);
            default -> CodePoints.of(c);
        };
    }

    private CodePoints set() throws Refusal {
        int begin = at;
        ReadSet known = sets.get(begin);
        if (known != null) {
            at = known.end();
            return known.set();
        }
        boolean negated = looksAt("^");
        if (negated) {
            at++;
        }
        CodePoints.Union union = new CodePoints.Union();
        while (true) {
            if (!hasMore()) {
                throw refusal("has a [ without an end");
            }
            if (looksAt("]")) {
                at++;
                CodePoints all = union.toCodePoints();
                ReadSet read = new ReadSet(negated ? all.not() : all, at);
                sets.put(begin, read);
                return read.set();
            }
            CodePoints first = member();
            if (looksAt("-") && !looksAt("-]") && at + 1 < source.length()) {
                at++;
                CodePoints last = member();
                if (!isSingle(first) || !isSingle(last)) {
                    throw refusal("has a range from or to a class");
                }
                if (first.bounds()[0] > last.bounds()[0]) {
                    throw refusal("has a range whose end comes before its beginning");
                }
                first = CodePoints.range(first.bounds()[0], last.bounds()[0]);
            }
            union.add(first);
        }
    }

    private static boolean isSingle(CodePoints set) {
        return set.bounds().length == 2 && set.bounds()[0] == set.bounds()[1];
    }

    private CodePoints member() throws Refusal {
        int c = source.codePointAt(at);
        at += Character.charCount(c);
        return c == '\\' ? escape(true) : CodePoints.of(c);
    }

    private CodePoints escape(boolean inSet) throws Refusal {
        if (!hasMore()) {
            throw refusal("ends with a backslash");
        }
        int c = source.codePointAt(at);
        at += Character.charCount(c);
        return switch (c) {
            case 'd' -> DIGITS;
            case 'D' -> DIGITS.not();
            case 'w' -> WORD;
            case 'W' -> WORD.not();
            case 's' -> SPACE;
            case 'S' -> SPACE.not();
            case 't' -> CodePoints.of('\t');
            case 'n' -> CodePoints.of('\n');
            case 'r' -> CodePoints.of('\r');
            case 'f' -> CodePoints.of('\f');
            case 'v' -> CodePoints.of(0x0B);
            case 'b' -> {
                if (!inSet) {
                    throw refusal("asks for a word boundary, which can't be enforced,");
                }
                yield CodePoints.of('\b');
            }
            case '0' -> {
                if (hasMore() && Character.isDigit(source.charAt(at))) {
                    throw refusal("has an octal escape");
                }
                yield CodePoints.of(0);
            }
            case 'c' -> {
                if (!hasMore() || !Character.isLetter(source.charAt(at)) || source.charAt(at) > 'z') {
                    throw refusal("has \\c without a letter");
                }
                yield CodePoints.of(source.charAt(at++) % 32);
            }
            case 'x' -> CodePoints.of(hex(2));
            case 'u' -> CodePoints.of(unicode());
            case 'p' -> property();
            case 'P' -> property().not();
            default -> {
                if (Character.isLetterOrDigit(c)) {
                    throw refusal("has the escape \\%s, which can't be enforced,".formatted(Character.toString(c)));
                }
                yield CodePoints.of(c);
            }
        };
    }

    private int hex(int digits) throws Refusal {
        String text = at + digits <= source.length() ? source.substring(at, at + digits) : "";
        if (!text.matches("[0-9A-Fa-f]+")) {
            throw refusal("has an escape without its %d digits".formatted(digits));
        }
        at += digits;
        return Integer.parseInt(text, 16);
    }

    private int unicode() throws Refusal {
        if (looksAt("{")) {
            int close = source.indexOf('}', at);
            String inside = close < 0 ? "" : source.substring(at + 1, close);
            if (!inside.matches("[0-9A-Fa-f]{1,6}") || Integer.parseInt(inside, 16) > Character.MAX_CODE_POINT) {
                throw refusal("has a \\u{ that is no code point");
            }
            at = close + 1;
            return Integer.parseInt(inside, 16);
        }
        int unit = hex(4);
        if (Character.isHighSurrogate((char) unit) && looksAt("\\u")) {
            int before = at;
            at += 2;
            int low = hex(4);
            if (Character.isLowSurrogate((char) low)) {
                return Character.toCodePoint((char) unit, (char) low);
            }
            at = before;
        }
        return unit;
    }

    /// General categories, by their short or long names.
    private CodePoints property() throws Refusal {
        int close = source.indexOf('}', at);
        if (!looksAt("{") || close < 0) {
            throw refusal("has \\p without a name");
        }
        String name = source.substring(at + 1, close);
        at = close + 1;
        String category = name.substring(name.indexOf('=') + 1);
        if (name.contains("=") && !name.startsWith("gc=") && !name.startsWith("General_Category=")) {
            throw refusal("has the property %s, which isn't known here,".formatted(name));
        }
        CodePoints set = Categories.named(category);
        if (set == null) {
            throw refusal("has the property %s, which isn't known here,".formatted(name));
        }
        return set;
    }

    /// The subset construction. What has matched to the end stays so, whatever follows.
    private CharDfa determine(int start, int end) throws Refusal {
        TreeSet<Integer> cuts = new TreeSet<>(List.of(0));
        for (CodePoints set : new HashSet<>(chars)) { // many nodes have the same
            if (set != null) {
                int[] bounds = set.bounds();
                for (int i = 0; i < bounds.length; i += 2) {
                    cuts.add(bounds[i]);
                    if (bounds[i + 1] < CharDfa.LAST) {
                        cuts.add(bounds[i + 1] + 1);
                    }
                }
            }
        }
        int[] starts = cuts.stream().mapToInt(Integer::intValue).toArray();
        Map<CodePoints, BitSet> ranges = new HashMap<>();
        BitSet[] members = new BitSet[chars.size()]; // ranges of a node's characters
        for (int i = 0; i < members.length; i++) {
            CodePoints set = chars.get(i);
            members[i] = ranges.computeIfAbsent(set == null ? CodePoints.NONE : set, it -> rangesIn(it, starts));
        }
        int[] alike = alike(ranges.values(), starts.length);
        Map<BitSet, Integer> numbers = new HashMap<>();
        Deque<BitSet> work = new ArrayDeque<>();
        List<int[]> rows = new ArrayList<>();
        BitSet accepting = new BitSet();
        BitSet first = new BitSet();
        first.set(start);
        BitSet settled = new BitSet();
        settled.set(end);
        BitSet begin = closure(first, true, false);
        begin = begin.get(end) ? settled : begin;
        if (closure(begin, true, true).get(end) == closure(begin, false, true).get(end)) {
            numbers.put(begin, 0); // else the beginning is a state of its own
        }
        int count = 1;
        work.add(begin);
        boolean atStart = true;
        while (!work.isEmpty()) {
            BitSet from = work.remove();
            if (from.get(end) || closure(from, atStart, true).get(end)) {
                accepting.set(rows.size());
            }
            atStart = false;
            int[] row = new int[starts.length];
            for (int range = 0; range < starts.length; range++) {
                if (alike[range] < range) {
                    row[range] = row[alike[range]];
                    continue;
                }
                BitSet to = new BitSet();
                for (int node = from.nextSetBit(0); node >= 0; node = from.nextSetBit(node + 1)) {
                    spend(1);
                    if (members[node].get(range)) {
                        to.set(targets.get(node));
                    }
                }
                to = closure(to, false, false);
                to = to.get(end) ? settled : to;
                Integer known = numbers.get(to);
                if (known == null) {
                    known = count++;
                    if (known == MAX_STATES || CharDfa.isTooLarge(known, starts.length)) {
                        throw new Refusal("is too large: %s takes more than %d states".formatted(shortened(), known));
                    }
                    numbers.put(to, known);
                    work.add(to);
                }
                row[range] = known;
            }
            rows.add(row);
        }
        CharDfa found = CharDfa.of(starts, rows.toArray(int[][]::new), accepting);
        if (!budget.holds(found.bytes())) {
            throw new Refusal("is too large: with all before it, %s takes more than %d MB"
                    .formatted(shortened(), Budget.BYTES >> 20));
        }
        return found;
    }

    private static BitSet rangesIn(CodePoints set, int[] starts) {
        BitSet ranges = new BitSet();
        int[] bounds = set.bounds();
        for (int i = 0; i < bounds.length; i += 2) {
            int first = Arrays.binarySearch(starts, bounds[i]);
            int last = Arrays.binarySearch(starts, bounds[i + 1]);
            ranges.set(first, (last >= 0 ? last : -last - 2) + 1);
        }
        return ranges;
    }

    /// For each range the first that is in the same of some sets.
    private static int[] alike(Collection<BitSet> sets, int rangeCount) {
        BitSet[] sharers = new BitSet[rangeCount]; // sets that a range is in
        Arrays.setAll(sharers, _ -> new BitSet());
        int number = 0;
        for (BitSet set : sets) {
            int at = number++;
            set.stream().forEach(range -> sharers[range].set(at));
        }
        Map<BitSet, Integer> firsts = new HashMap<>();
        int[] alike = new int[rangeCount];
        for (int range = 0; range < rangeCount; range++) {
            Integer first = firsts.putIfAbsent(sharers[range], range);
            alike[range] = first == null ? range : first;
        }
        return alike;
    }

    private void spend(int steps) throws Refusal {
        if (!budget.takes(steps)) {
            throw new Refusal("is too large: with all before it, %s takes more than %d steps"
                    .formatted(shortened(), Budget.STEPS));
        }
    }

    private BitSet closure(BitSet from, boolean isFirst, boolean isLast) throws Refusal {
        BitSet all = (BitSet) from.clone();
        Deque<Integer> work = new ArrayDeque<>();
        from.stream().forEach(work::add);
        while (!work.isEmpty()) {
            int at = work.removeLast();
            spend(1);
            for (int to : skips.get(at)) {
                if (!all.get(to) && (isFirst || !onlyFirst.get(to)) && (isLast || !onlyLast.get(to))) {
                    all.set(to);
                    work.add(to);
                }
            }
        }
        return all;
    }
}
