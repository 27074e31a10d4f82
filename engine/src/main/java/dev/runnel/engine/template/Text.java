package dev.runnel.engine.template;

import dev.runnel.engine.template.Segment.Origin;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/// A string that knows of each of its characters whether the template wrote it.
///
/// Offsets count UTF-16 units, as in `String`; [#size] counts code points, as Python does.
final class Text implements Value {

    /// Takes a stretch of one origin.
    @FunctionalInterface
    interface Run {
        void accept(int from, int to, Origin origin);
    }

    private static final int[] ALL_TEMPLATE = {};
    private static final int[] ALL_USER = {0};

    static final Text EMPTY = new Text("", ALL_TEMPLATE);

    private final String chars;

    /// Where the origin turns, ascending, below `chars.length()`. A text begins as the template's; the
    /// first turn makes it a user's, the second the template's again.
    private final int[] turns;

    private Text(String chars, int[] turns) {
        this.chars = chars;
        this.turns = turns;
    }

    static Text of(String chars, Origin origin) {
        return switch (origin) {
            case TEMPLATE -> template(chars);
            case USER -> user(chars);
        };
    }

    static Text template(String chars) {
        return chars.isEmpty() ? EMPTY : new Text(chars, ALL_TEMPLATE);
    }

    static Text user(String chars) {
        return chars.isEmpty() ? EMPTY : new Text(chars, ALL_USER);
    }

    /// @param turns as the field says; not copied
    static Text of(String chars, int[] turns) {
        return chars.isEmpty() ? EMPTY : new Text(chars, turns);
    }

    String chars() {
        return chars;
    }

    int length() {
        return chars.length();
    }

    boolean isEmpty() {
        return chars.isEmpty();
    }

    /// Code points.
    int size() {
        return chars.codePointCount(0, chars.length());
    }

    /// Who wrote all of it; a user, if several did.
    Origin origin() {
        return turns.length == 0 ? Origin.TEMPLATE : Origin.USER;
    }

    Text slice(int from, int to) {
        if (from >= to) {
            return EMPTY;
        }
        if (from == 0 && to == chars.length()) {
            return this;
        }
        int passed = turnsBefore(from + 1);
        int last = turnsBefore(to);
        int leading = passed % 2; // 1 if the slice begins as a user's
        int[] kept = new int[leading + last - passed];
        for (int i = passed; i < last; i++) {
            kept[leading + i - passed] = turns[i] - from;
        }
        return new Text(chars.substring(from, to), kept);
    }

    private int turnsBefore(int offset) {
        int found = Arrays.binarySearch(turns, offset);
        return found < 0 ? -found - 1 : found;
    }

    /// The text with `change` done to it, which may change lengths but treats each character by itself.
    /// Where the stretches changed one by one are not the whole changed at once, the result counts as a
    /// user's.
    Text map(UnaryOperator<String> change, Budget budget) {
        budget.text(chars.length());
        String whole = change.apply(chars);
        if (turns.length == 0 || (turns.length == 1 && turns[0] == 0)) {
            return of(whole, turns);
        }
        TextBuilder parts = new TextBuilder(budget);
        forEachRun((from, to, origin) -> parts.append(change.apply(chars.substring(from, to)), origin));
        Text mapped = parts.toText();
        return mapped.chars.equals(whole) ? mapped : user(whole);
    }

    void forEachRun(Run run) {
        int from = 0;
        Origin origin = Origin.TEMPLATE;
        for (int turn : turns) {
            if (turn > from) {
                run.accept(from, turn, origin);
            }
            from = turn;
            origin = origin == Origin.TEMPLATE ? Origin.USER : Origin.TEMPLATE;
        }
        if (from < chars.length()) {
            run.accept(from, chars.length(), origin);
        }
    }

    List<Segment> segments() {
        List<Segment> segments = new ArrayList<>();
        forEachRun((from, to, origin) -> segments.add(new Segment(origin, chars.substring(from, to))));
        return segments;
    }

    /// For a debugger.
    @Override
    public String toString() {
        return chars + Arrays.toString(turns);
    }
}
