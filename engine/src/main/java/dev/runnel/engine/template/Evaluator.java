package dev.runnel.engine.template;

import dev.runnel.engine.template.Expression.Given;
import dev.runnel.engine.template.Expression.Named;
import dev.runnel.engine.template.Expression.Operator;
import dev.runnel.engine.template.Value.Array;
import dev.runnel.engine.template.Value.Bool;
import dev.runnel.engine.template.Value.Function;
import dev.runnel.engine.template.Value.Int;
import dev.runnel.engine.template.Value.Namespace;
import dev.runnel.engine.template.Value.None;
import dev.runnel.engine.template.Value.Numeric;
import dev.runnel.engine.template.Value.Real;
import dev.runnel.engine.template.Value.Tuple;
import dev.runnel.engine.template.Value.Undefined;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What expressions are worth, in one rendering.
final class Evaluator {

    private final Budget budget;

    Evaluator(Budget budget) {
        this.budget = budget;
    }

    Value evaluate(Expression expression, Scope scope) {
        budget.enter();
        Value value = switch (expression) {
            case Expression.Literal(var literal) -> literal;
            case Expression.Name(var name) -> variable(name, scope);
            case Expression.ArrayOf(var items) -> new Array(all(items, scope));
            case Expression.TupleOf(var items) -> new Tuple(all(items, scope));
            case Expression.DictOf dict -> dict(dict, scope);
            case Expression.Attribute(var target, var name) -> Members.attribute(evaluate(target, scope), name);
            case Expression.Item(var target, var key) ->
                Members.item(evaluate(target, scope), evaluate(key, scope), budget);
            case Expression.Slice slice -> slice(slice, scope);
            case Expression.Call call -> call(call, Map.of(), scope);
            case Expression.Filtered(var input, var filter) -> filtered(evaluate(input, scope), filter, scope);
            case Expression.Tested(var input, Named(var name, var given)) ->
                Bool.of(Tests.holds(name, evaluate(input, scope), arguments(given, scope), budget));
            case Expression.Not(var operand) -> Bool.of(!isTrue(operand, scope));
            case Expression.Negative(var operand) -> Numbers.negative(number("-", evaluate(operand, scope)));
            case Expression.Positive(var operand) -> number("+", evaluate(operand, scope));
            case Expression.And(var left, var right) -> {
                Value first = evaluate(left, scope);
                yield Values.isTrue(first) ? evaluate(right, scope) : first;
            }
            case Expression.Or(var left, var right) -> {
                Value first = evaluate(left, scope);
                yield Values.isTrue(first) ? first : evaluate(right, scope);
            }
            case Expression.Arithmetic(Operator operator, var left, var right) ->
                Operators.arithmetic(operator, evaluate(left, scope), evaluate(right, scope), budget);
            case Expression.Concatenation(var parts) -> concatenation(parts, scope);
            case Expression.Comparison comparison -> Bool.of(holds(comparison, scope));
            case Expression.Conditional(var condition, var then, var otherwise) ->
                isTrue(condition, scope) ? evaluate(then, scope) : otherwise(otherwise, scope);
        };
        budget.leave();
        return value;
    }

    boolean isTrue(Expression expression, Scope scope) {
        return Values.isTrue(evaluate(expression, scope));
    }

    private static Value variable(String name, Scope scope) {
        Value value = scope.find(name);
        return value != null ? value : new Undefined("'" + name + "' is undefined");
    }

    private List<Value> all(List<Expression> expressions, Scope scope) {
        budget.elements(expressions.size());
        List<Value> values = new ArrayList<>(expressions.size());
        for (Expression expression : expressions) {
            values.add(evaluate(expression, scope));
        }
        return values;
    }

    private Value dict(Expression.DictOf literal, Scope scope) {
        Dict dict = new Dict();
        for (Expression.Pair pair : literal.pairs()) {
            dict.put(evaluate(pair.key(), scope), evaluate(pair.value(), scope), budget);
        }
        return dict;
    }

    private Value slice(Expression.Slice slice, Scope scope) {
        Value target = evaluate(slice.target(), scope);
        return Members.slice(
                target, bound(slice.start(), scope), bound(slice.stop(), scope), bound(slice.step(), scope), budget);
    }

    /// A slice's bound; None is as good as nothing.
    private @Nullable Value bound(@Nullable Expression expression, Scope scope) {
        Value bound = expression == null ? None.NONE : evaluate(expression, scope);
        return bound instanceof None ? null : bound;
    }

    /// @param added arguments that the callee gets besides those written in the call
    Value call(Expression.Call call, Map<String, Value> added, Scope scope) {
        Value callee = evaluate(call.callee(), scope);
        Arguments arguments = arguments(call.given(), scope);
        if (!added.isEmpty()) {
            Map<String, Value> named = new LinkedHashMap<>(arguments.named());
            named.putAll(added);
            arguments = new Arguments(arguments.positional(), named);
        }
        return switch (callee) {
            case Function function -> function.body().call(arguments, budget);
            case Loop loop -> loop.call(arguments, budget);
            case Undefined(var why) -> throw new Fault(why);
            case None _, Bool _, Int _, Real _, Text _, Array _, Tuple _, Dict _, Namespace _ ->
                throw new Fault("'" + Values.typeName(callee) + "' object is not callable");
        };
    }

    private Arguments arguments(Given given, Scope scope) {
        if (given.positional().isEmpty() && given.named().isEmpty()) {
            return Arguments.NONE;
        }
        Map<String, Value> named = new LinkedHashMap<>();
        List<Value> positional = all(given.positional(), scope);
        given.named().forEach((name, value) -> named.put(name, evaluate(value, scope)));
        return new Arguments(positional, named);
    }

    Value filtered(Value input, Named filter, Scope scope) {
        return Filters.apply(filter.name(), input, arguments(filter.given(), scope), budget);
    }

    private static Numeric number(String operator, Value operand) {
        Numeric number = Numbers.number(operand);
        if (number == null) {
            throw new Fault(
                    operand instanceof Undefined(var why)
                            ? why
                            : "bad operand type for unary %s: '%s'".formatted(operator, Values.typeName(operand)));
        }
        return number;
    }

    private Value concatenation(List<Expression> parts, Scope scope) {
        TextBuilder text = new TextBuilder(budget);
        for (Expression part : parts) {
            text.append(Printer.str(evaluate(part, scope), budget));
        }
        return text.toText();
    }

    private boolean holds(Expression.Comparison comparison, Scope scope) {
        Value left = evaluate(comparison.first(), scope);
        for (Expression.Compared compared : comparison.others()) {
            Value right = evaluate(compared.operand(), scope);
            if (!Operators.holds(compared.relation(), left, right, budget)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private Value otherwise(@Nullable Expression otherwise, Scope scope) {
        return otherwise == null
                ? new Undefined("the inline if was false and has no else")
                : evaluate(otherwise, scope);
    }
}
