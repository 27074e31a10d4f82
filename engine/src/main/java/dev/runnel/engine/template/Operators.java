package dev.runnel.engine.template;

import dev.runnel.engine.template.Expression.Operator;
import dev.runnel.engine.template.Expression.Relation;
import dev.runnel.engine.template.Value.Array;
import dev.runnel.engine.template.Value.Bool;
import dev.runnel.engine.template.Value.Function;
import dev.runnel.engine.template.Value.Int;
import dev.runnel.engine.template.Value.Namespace;
import dev.runnel.engine.template.Value.None;
import dev.runnel.engine.template.Value.Numeric;
import dev.runnel.engine.template.Value.Real;
import dev.runnel.engine.template.Value.Sequence;
import dev.runnel.engine.template.Value.Tuple;
import dev.runnel.engine.template.Value.Undefined;
import java.util.ArrayList;
import java.util.List;

/// What operators do with values, as Python does it.
final class Operators {

    private Operators() {}

    static Value arithmetic(Operator operator, Value left, Value right, Budget budget) {
        Numeric a = Numbers.number(left);
        Numeric b = Numbers.number(right);
        if (a != null && b != null) {
            return Numbers.arithmetic(operator, a, b);
        }
        if (operator == Operator.ADD && left instanceof Text first && right instanceof Text second) {
            return new TextBuilder(budget).append(first).append(second).toText();
        }
        if (operator == Operator.ADD && left instanceof Array(var first) && right instanceof Array(var second)) {
            return new Array(joined(first, second, budget));
        }
        if (operator == Operator.ADD && left instanceof Tuple(var first) && right instanceof Tuple(var second)) {
            return new Tuple(joined(first, second, budget));
        }
        if (operator == Operator.MULTIPLY && b instanceof Int times) {
            return repeated(left, times, budget);
        }
        if (operator == Operator.MULTIPLY && a instanceof Int times) {
            return repeated(right, times, budget);
        }
        if (operator == Operator.MODULO && left instanceof Text format) {
            return Formatting.percent(format, right, budget);
        }
        refuseUndefined(left);
        refuseUndefined(right);
        throw new Fault("unsupported operand type(s) for %s: '%s' and '%s'"
                .formatted(operator.symbol, Values.typeName(left), Values.typeName(right)));
    }

    private static List<Value> joined(List<Value> first, List<Value> second, Budget budget) {
        budget.elements((long) first.size() + second.size());
        List<Value> joined = new ArrayList<>(first);
        joined.addAll(second);
        return joined;
    }

    private static Value repeated(Value value, Int count, Budget budget) {
        int times = Math.max(0, Numbers.toInt(count));
        return switch (value) {
            case Text text -> new TextBuilder(budget).repeat(text, times).toText();
            case Array(var items) -> new Array(repeated(items, times, budget));
            case Tuple(var items) -> new Tuple(repeated(items, times, budget));
            case Undefined(var why) -> throw new Fault(why);
            case None _, Bool _, Int _, Real _, Dict _, Namespace _, Function _, Loop _ ->
                throw new Fault("unsupported operand type(s) for *: '" + Values.typeName(value) + "' and 'int'");
        };
    }

    private static List<Value> repeated(List<Value> items, int times, Budget budget) {
        budget.elements((long) items.size() * times);
        List<Value> repeated = new ArrayList<>(items.size() * times);
        for (int i = 0; i < times && !items.isEmpty(); i++) {
            repeated.addAll(items);
        }
        return repeated;
    }

    static boolean holds(Relation relation, Value left, Value right, Budget budget) {
        return switch (relation) {
            case EQUAL -> equal(left, right, budget);
            case NOT_EQUAL -> !equal(left, right, budget);
            case LESS -> !involvesNan(left, right) && compare(left, right, budget) < 0;
            case LESS_OR_EQUAL -> !involvesNan(left, right) && compare(left, right, budget) <= 0;
            case GREATER -> !involvesNan(left, right) && compare(left, right, budget) > 0;
            case GREATER_OR_EQUAL -> !involvesNan(left, right) && compare(left, right, budget) >= 0;
            case IN -> contains(right, left, budget);
            case NOT_IN -> !contains(right, left, budget);
        };
    }

    private static boolean involvesNan(Value left, Value right) {
        return (left instanceof Numeric a && Numbers.isNan(a)) || (right instanceof Numeric b && Numbers.isNan(b));
    }

    static boolean equal(Value left, Value right, Budget budget) {
        budget.enter();
        boolean equal = switch (left) {
            case Bool _, Int _, Real _ -> equalNumbers(left, right);
            case Text text -> right instanceof Text other && equal(text, other, budget);
            case Array(var items) -> right instanceof Array(var others) && allEqual(items, others, budget);
            case Tuple(var items) -> right instanceof Tuple(var others) && allEqual(items, others, budget);
            case Dict dict -> right instanceof Dict other && allEqual(dict, other, budget);
            case None _ -> right instanceof None;
            case Undefined _ -> right instanceof Undefined;
            case Namespace _, Function _, Loop _ -> Values.isSame(left, right);
        };
        budget.leave();
        return equal;
    }

    private static boolean equal(Text left, Text right, Budget budget) {
        if (left.length() != right.length()) {
            return false;
        }
        budget.search(left.length(), 1);
        return left.chars().equals(right.chars());
    }

    private static boolean equalNumbers(Value left, Value right) {
        Numeric a = Numbers.number(left);
        Numeric b = Numbers.number(right);
        return a != null && b != null && !involvesNan(a, b) && Numbers.compare(a, b) == 0;
    }

    private static boolean allEqual(List<Value> left, List<Value> right, Budget budget) {
        if (left.size() != right.size()) {
            return false;
        }
        for (int i = 0; i < left.size(); i++) {
            if (!equal(left.get(i), right.get(i), budget)) {
                return false;
            }
        }
        return true;
    }

    private static boolean allEqual(Dict left, Dict right, Budget budget) {
        if (left.size() != right.size()) {
            return false;
        }
        for (Dict.Entry entry : left.entries()) {
            Value other = right.find(entry.key(), budget);
            if (other == null || !equal(entry.value(), other, budget)) {
                return false;
            }
        }
        return true;
    }

    /// The order of two values of a kind.
    static int compare(Value left, Value right, Budget budget) {
        budget.enter();
        Numeric a = Numbers.number(left);
        Numeric b = Numbers.number(right);
        int order;
        if (a != null && b != null) {
            order = Numbers.compare(a, b);
        } else if (left instanceof Text first && right instanceof Text second) {
            budget.search(Math.min(first.length(), second.length()), 1);
            order = compareCodePoints(first.chars(), second.chars());
        } else if (left instanceof Array(var first) && right instanceof Array(var second)) {
            order = compare(first, second, budget);
        } else if (left instanceof Tuple(var first) && right instanceof Tuple(var second)) {
            order = compare(first, second, budget);
        } else {
            refuseUndefined(left);
            refuseUndefined(right);
            throw new Fault("'%s' and '%s' have no order".formatted(Values.typeName(left), Values.typeName(right)));
        }
        budget.leave();
        return order;
    }

    private static int compare(List<Value> left, List<Value> right, Budget budget) {
        for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
            if (!equal(left.get(i), right.get(i), budget)) {
                return compare(left.get(i), right.get(i), budget);
            }
        }
        return Integer.compare(left.size(), right.size());
    }

    /// Unlike `String.compareTo`, puts what is beyond the basic plane last.
    private static int compareCodePoints(String left, String right) {
        int mismatch = 0;
        int shorter = Math.min(left.length(), right.length());
        while (mismatch < shorter && left.charAt(mismatch) == right.charAt(mismatch)) {
            mismatch++;
        }
        if (mismatch == shorter) {
            return Integer.compare(left.length(), right.length());
        }
        char a = left.charAt(mismatch);
        char b = right.charAt(mismatch);
        boolean surrogates = Character.isSurrogate(a) != Character.isSurrogate(b);
        return surrogates ? (Character.isSurrogate(a) ? 1 : -1) : Character.compare(a, b);
    }

    static boolean contains(Value container, Value element, Budget budget) {
        return switch (container) {
            case Undefined _ -> false;
            case Text text -> {
                if (!(element instanceof Text part)) {
                    throw new Fault("'in <string>' requires string as left operand, not " + Values.typeName(element));
                }
                budget.search(text.length(), part.length());
                yield text.chars().contains(part.chars());
            }
            case Sequence sequence -> {
                for (Value item : sequence.items()) {
                    if (equal(item, element, budget)) {
                        yield true;
                    }
                }
                yield false;
            }
            case Dict dict -> dict.find(element, budget) != null;
            case None _, Bool _, Int _, Real _, Namespace _, Function _, Loop _ ->
                throw new Fault("argument of type '" + Values.typeName(container) + "' is not iterable");
        };
    }

    static void refuseUndefined(Value value) {
        if (value instanceof Undefined(var why)) {
            throw new Fault(why);
        }
    }
}
