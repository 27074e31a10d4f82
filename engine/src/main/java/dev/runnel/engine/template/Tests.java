package dev.runnel.engine.template;

import static java.util.Map.entry;

import dev.runnel.engine.template.Expression.Operator;
import dev.runnel.engine.template.Expression.Relation;
import dev.runnel.engine.template.Value.Bool;
import dev.runnel.engine.template.Value.Function;
import dev.runnel.engine.template.Value.Int;
import dev.runnel.engine.template.Value.None;
import dev.runnel.engine.template.Value.Numeric;
import dev.runnel.engine.template.Value.Real;
import dev.runnel.engine.template.Value.Sequence;
import dev.runnel.engine.template.Value.Undefined;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Jinja2's tests: `value is name`.
final class Tests {

    @FunctionalInterface
    interface Test {
        boolean holds(Value value, Arguments arguments, Budget budget);
    }

    private static final Map<String, Test> TESTS = Map.ofEntries(
            entry("boolean", of(Bool.class::isInstance)),
            entry(
                    "callable",
                    of(value -> value instanceof Function || value instanceof Loop || value instanceof Undefined)),
            entry("defined", of(value -> !(value instanceof Undefined))),
            entry("divisibleby", (value, arguments, budget) -> {
                Value divisor = arguments.bind("divisibleby", 1, "num").get(0);
                return leaves(0, value, divisor, budget);
            }),
            entry("even", (value, arguments, budget) -> leaves(0, value, Int.of(2), budget)),
            entry("false", of(value -> value instanceof Bool(var truth) && !truth)),
            entry("filter", of(value -> value instanceof Text name && Filters.find(name.chars()) != null)),
            entry("float", of(Real.class::isInstance)),
            entry("integer", of(Int.class::isInstance)),
            entry("iterable", of(Tests::isSequence)),
            entry("lower", (value, arguments, budget) -> TextMethods.isLower(read(value, budget))),
            entry("mapping", of(Dict.class::isInstance)),
            entry("none", of(None.class::isInstance)),
            entry("number", of(value -> value instanceof Numeric || value instanceof Bool)),
            entry("odd", (value, arguments, budget) -> leaves(1, value, Int.of(2), budget)),
            entry(
                    "sameas",
                    (value, arguments, budget) ->
                            sameAs(value, arguments.bind("sameas", 1, "other").get(0), budget)),
            entry("sequence", of(Tests::isSequence)),
            entry("string", of(Text.class::isInstance)),
            entry("test", of(value -> value instanceof Text name && find(name.chars()) != null)),
            entry("true", of(value -> value instanceof Bool(var truth) && truth)),
            entry("undefined", of(Undefined.class::isInstance)),
            entry("upper", (value, arguments, budget) -> TextMethods.isUpper(read(value, budget))),
            entry("in", relation(Relation.IN)),
            entry("==", relation(Relation.EQUAL)),
            entry("eq", relation(Relation.EQUAL)),
            entry("equalto", relation(Relation.EQUAL)),
            entry("!=", relation(Relation.NOT_EQUAL)),
            entry("ne", relation(Relation.NOT_EQUAL)),
            entry(">", relation(Relation.GREATER)),
            entry("gt", relation(Relation.GREATER)),
            entry("greaterthan", relation(Relation.GREATER)),
            entry(">=", relation(Relation.GREATER_OR_EQUAL)),
            entry("ge", relation(Relation.GREATER_OR_EQUAL)),
            entry("<", relation(Relation.LESS)),
            entry("lt", relation(Relation.LESS)),
            entry("lessthan", relation(Relation.LESS)),
            entry("<=", relation(Relation.LESS_OR_EQUAL)),
            entry("le", relation(Relation.LESS_OR_EQUAL)));

    private Tests() {}

    static @Nullable Test find(String name) {
        return TESTS.get(name);
    }

    /// @throws Fault if there is no such test
    static boolean holds(String name, Value value, Arguments arguments, Budget budget) {
        Test test = find(name);
        if (test == null) {
            throw new Fault("no test named '" + name + "'");
        }
        return test.holds(value, arguments, budget);
    }

    /// A test without arguments.
    private static Test of(Predicate<Value> holds) {
        return (value, arguments, budget) -> {
            arguments.none("a test");
            return holds.test(value);
        };
    }

    private static Test relation(Relation relation) {
        return (value, arguments, budget) -> Operators.holds(
                relation, value, arguments.bind(relation.symbol, 1, "other").get(0), budget);
    }

    private static boolean leaves(int rest, Value value, Value divisor, Budget budget) {
        return Operators.equal(Operators.arithmetic(Operator.MODULO, value, divisor, budget), Int.of(rest), budget);
    }

    /// Has elements, or is undefined, which has none.
    private static boolean isSequence(Value value) {
        return value instanceof Text
                || value instanceof Sequence
                || value instanceof Dict
                || value instanceof Undefined;
    }

    /// The value as a string, paid for as one that is read through.
    private static Text read(Value value, Budget budget) {
        Text text = Printer.str(value, budget);
        budget.search(text.length(), 1);
        return text;
    }

    /// Python's `is`; small values are the same object there.
    private static boolean sameAs(Value left, Value right, Budget budget) {
        return switch (left) {
            case None _, Bool _, Int _, Real _ -> left.equals(right);
            case Text _ -> Operators.equal(left, right, budget);
            case Undefined _, Sequence _, Dict _, Value.Namespace _, Function _, Loop _ -> Values.isSame(left, right);
        };
    }
}
