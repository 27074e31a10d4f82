package dev.runnel.engine.template;

import dev.runnel.engine.template.Segment.Origin;
import java.util.Arrays;

/// Puts a [Text] together, and pays for it.
final class TextBuilder {

    private final Budget budget;
    private final StringBuilder chars = new StringBuilder();

    /// As in [Text]; the first `turnCount` count.
    private int[] turns = new int[4];

    private int turnCount;

    TextBuilder(Budget budget) {
        this.budget = budget;
    }

    TextBuilder append(Text text) {
        budget.text(text.length());
        place(text);
        return this;
    }

    /// The part of `text` from one offset to another.
    TextBuilder append(Text text, int from, int to) {
        return append(text.slice(from, to));
    }

    TextBuilder append(String text, Origin origin) {
        budget.text(text.length());
        if (!text.isEmpty()) {
            turnTo(origin, chars.length());
            chars.append(text);
        }
        return this;
    }

    /// @param times none if negative
    TextBuilder repeat(Text text, int times) {
        budget.text((long) text.length() * Math.max(0, times));
        if (!text.isEmpty()) {
            for (int i = 0; i < times; i++) {
                place(text);
            }
        }
        return this;
    }

    TextBuilder repeat(char character, int times, Origin origin) {
        return repeat(Text.of(String.valueOf(character), origin), times);
    }

    Text toText() {
        return Text.of(chars.toString(), Arrays.copyOf(turns, turnCount));
    }

    private void place(Text text) {
        int base = chars.length();
        text.forEachRun((from, to, origin) -> turnTo(origin, base + from));
        chars.append(text.chars());
    }

    private void turnTo(Origin origin, int at) {
        Origin current = turnCount % 2 == 0 ? Origin.TEMPLATE : Origin.USER;
        if (origin != current) {
            if (turnCount == turns.length) {
                turns = Arrays.copyOf(turns, 2 * turnCount);
            }
            turns[turnCount++] = at;
        }
    }
}
