package dev.runnel.engine.template;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What has a value, as the template writes it.
sealed interface Expression {

    record Literal(Value value) implements Expression {}

    record Name(String name) implements Expression {}

    record ArrayOf(List<Expression> items) implements Expression {}

    record TupleOf(List<Expression> items) implements Expression {}

    record DictOf(List<Pair> pairs) implements Expression {}

    record Pair(Expression key, Expression value) {}

    /// `target.name`
    record Attribute(Expression target, String name) implements Expression {}

    /// `target[key]`
    record Item(Expression target, Expression key) implements Expression {}

    /// `target[start:stop:step]`
    record Slice(
            Expression target,
            @Nullable Expression start,
            @Nullable Expression stop,
            @Nullable Expression step) implements Expression {}

    record Call(Expression callee, Given given) implements Expression {}

    /// `input | name(…)`
    record Filtered(Expression input, Named filter) implements Expression {}

    /// `input is name(…)`
    record Tested(Expression input, Named test) implements Expression {}

    /// A filter or a test, and what it is given besides its input.
    record Named(String name, Given given) {}

    /// The arguments of a call.
    record Given(List<Expression> positional, Map<String, Expression> named) {
        static final Given NOTHING = new Given(List.of(), Map.of());
    }

    record Not(Expression operand) implements Expression {}

    record Negative(Expression operand) implements Expression {}

    record Positive(Expression operand) implements Expression {}

    record And(Expression left, Expression right) implements Expression {}

    record Or(Expression left, Expression right) implements Expression {}

    record Arithmetic(Operator operator, Expression left, Expression right) implements Expression {}

    enum Operator {
        ADD("+"),
        SUBTRACT("-"),
        MULTIPLY("*"),
        DIVIDE("/"),
        FLOOR_DIVIDE("//"),
        MODULO("%"),
        POWER("**");

        final String symbol;

        Operator(String symbol) {
            this.symbol = symbol;
        }
    }

    /// `a ~ b ~ …`
    record Concatenation(List<Expression> parts) implements Expression {}

    /// `first < a <= b …`: each operand is compared with the one before it.
    record Comparison(Expression first, List<Compared> others) implements Expression {}

    record Compared(Relation relation, Expression operand) {}

    enum Relation {
        EQUAL("=="),
        NOT_EQUAL("!="),
        LESS("<"),
        LESS_OR_EQUAL("<="),
        GREATER(">"),
        GREATER_OR_EQUAL(">="),
        IN("in"),
        NOT_IN("not in");

        final String symbol;

        Relation(String symbol) {
            this.symbol = symbol;
        }
    }

    /// `then if condition else otherwise`
    record Conditional(
            Expression condition, Expression then, @Nullable Expression otherwise) implements Expression {}
}
