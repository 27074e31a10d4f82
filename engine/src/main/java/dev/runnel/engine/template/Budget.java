package dev.runnel.engine.template;

/// What one rendering may still use. Whoever works pays here first, so a hostile template ends in a [Fault]
/// within seconds, before it has taken much memory or stack.
///
/// Real conversations stay far below: a message takes some hundred steps, the deepest template 40 levels.
final class Budget {

    /// Expressions evaluated, statements run, values compared.
    static final int STEPS = 20_000_000;

    /// Characters of all strings made, the output included.
    static final int CHARACTERS = 100_000_000;

    /// Expressions, statements, macro calls and values inside each other.
    static final int DEPTH = 200;

    /// What an element of a list or a mapping costs, in characters.
    private static final int ELEMENT = 32;

    /// Characters that a search compares in the time of a step.
    private static final int COMPARED_PER_STEP = 64;

    private final int allSteps;
    private final int allCharacters;
    private int steps;
    private int characters;
    private int depth;

    Budget() {
        this(STEPS, CHARACTERS);
    }

    Budget(int steps, int characters) {
        this.allSteps = steps;
        this.allCharacters = characters;
        this.steps = steps;
        this.characters = characters;
    }

    void step() {
        steps(1);
    }

    void steps(long count) {
        if (count > steps) {
            throw new Fault("rendering takes more than " + allSteps + " steps");
        }
        steps -= (int) count;
    }

    /// Pays for a string of `length` characters.
    void text(long length) {
        if (length > characters) {
            throw new Fault("rendering makes more than " + allCharacters + " characters of text");
        }
        characters -= (int) length;
    }

    /// Pays for a list or a mapping of `size` elements.
    void elements(long size) {
        text(size * ELEMENT);
    }

    /// Pays for looking for `needle` characters in `haystack` characters, which at worst compares each with
    /// each.
    void search(long haystack, long needle) {
        steps(haystack * Math.max(1, needle) / COMPARED_PER_STEP);
    }

    /// One level deeper, and a step; each `enter` has its [#leave], unless the rendering fails.
    void enter() {
        step();
        if (++depth > DEPTH) {
            throw new Fault("rendering goes deeper than " + DEPTH + " levels");
        }
    }

    void leave() {
        depth--;
    }
}
