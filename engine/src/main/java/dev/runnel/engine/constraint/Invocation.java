package dev.runnel.engine.constraint;

import java.util.List;

/// A call of an automaton at some position of the text, and where all those that called it there go on: a
/// node of a graph-structured stack (Tomita 1986; in the form of GLL parsing, Scott and Johnstone 2010).
/// However many ways there are to read a text, their stacks share what they have in common.
///
/// Returns are added only while the matcher is at that position; from then on it never changes.
final class Invocation {

    /// Below the stack: the end of the whole grammar.
    static final Invocation BOTTOM = new Invocation();

    /// Below the stack as far as it is looked at.
    static final Invocation UNKNOWN = new Invocation();

    record Return(State state, Invocation within) {}

    private final Distinct<Return> returns = new Distinct<>();

    List<Return> returns() {
        return returns.elements();
    }

    /// @return whether it wasn't there yet
    boolean add(Return more) {
        return returns.add(more);
    }

    boolean isReal() {
        return this != BOTTOM && this != UNKNOWN;
    }
}
