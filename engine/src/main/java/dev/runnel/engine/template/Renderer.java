package dev.runnel.engine.template;

import dev.runnel.engine.template.Expression.Named;
import dev.runnel.engine.template.Statement.Parameter;
import dev.runnel.engine.template.Statement.Target;
import dev.runnel.engine.template.Value.Function;
import dev.runnel.engine.template.Value.Namespace;
import dev.runnel.engine.template.Value.Tuple;
import dev.runnel.engine.template.Value.Undefined;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Runs a template's statements, once.
final class Renderer {

    /// How a body ended.
    private enum Outcome {
        DONE,
        BREAK,
        CONTINUE
    }

    private final Budget budget;
    private final Evaluator evaluator;

    /// Of the statement that runs.
    private int line = 1;

    Renderer(Budget budget) {
        this.budget = budget;
        this.evaluator = new Evaluator(budget);
    }

    /// Where a fault happened.
    int line() {
        return line;
    }

    /// What a body prints.
    Text render(List<Statement> body, Scope scope) {
        TextBuilder out = new TextBuilder(budget);
        run(body, scope, out);
        return out.toText();
    }

    private Outcome run(List<Statement> body, Scope scope, TextBuilder out) {
        budget.enter();
        Outcome outcome = Outcome.DONE;
        for (Statement statement : body) {
            outcome = run(statement, scope, out);
            if (outcome != Outcome.DONE) {
                break;
            }
        }
        budget.leave();
        return outcome;
    }

    private Outcome run(Statement statement, Scope scope, TextBuilder out) {
        budget.step();
        line = statement.line();
        switch (statement) {
            case Statement.Data data -> out.append(data.text());
            case Statement.Print print -> out.append(Printer.str(evaluator.evaluate(print.value(), scope), budget));
            case Statement.If branches -> {
                return choose(branches, scope, out);
            }
            case Statement.For loop -> {
                return loop(loop, evaluator.evaluate(loop.iterable(), scope), 0, scope, out);
            }
            case Statement.Break _ -> {
                return Outcome.BREAK;
            }
            case Statement.Continue _ -> {
                return Outcome.CONTINUE;
            }
            case Statement.Set set -> assign(set.target(), evaluator.evaluate(set.value(), scope), scope);
            case Statement.SetBlock block ->
                assign(block.target(), filtered(render(block.body(), scope.inner()), block.filters(), scope), scope);
            case Statement.Macro macro ->
                scope.set(macro.name(), macro(macro.name(), macro.parameters(), macro.body(), scope));
            case Statement.CallBlock block -> {
                Map<String, Value> caller = Map.of("caller", macro("caller", block.parameters(), block.body(), scope));
                out.append(Printer.str(evaluator.call(block.call(), caller, scope), budget));
            }
            case Statement.FilterBlock block -> {
                Value filtered = filtered(render(block.body(), scope.inner()), block.filters(), scope);
                out.append(Printer.str(filtered, budget));
            }
            case Statement.With with -> {
                Scope inner = scope.inner();
                with.bindings()
                        .forEach(
                                binding -> assign(binding.target(), evaluator.evaluate(binding.value(), scope), inner));
                return run(with.body(), inner, out);
            }
        }
        return Outcome.DONE;
    }

    private Outcome choose(Statement.If branches, Scope scope, TextBuilder out) {
        for (Statement.Branch branch : branches.branches()) {
            line = branch.line();
            if (evaluator.isTrue(branch.condition(), scope)) {
                return run(branch.body(), scope, out);
            }
        }
        return run(branches.otherwise(), scope, out);
    }

    /// @param depth how many runs of this loop are around this one
    private Outcome loop(Statement.For statement, Value iterable, int depth, Scope scope, TextBuilder out) {
        List<Value> items = accepted(statement, Values.iterate(iterable, budget), scope);
        if (items.isEmpty()) {
            return run(statement.otherwise(), scope.inner(), out);
        }
        Loop loop = new Loop(items, depth, statement.recursive() ? again(statement, depth, scope) : null);
        for (Value item = loop.next(); item != null; item = loop.next()) {
            Scope inner = scope.inner();
            inner.set("loop", loop);
            assign(statement.target(), item, inner);
            if (run(statement.body(), inner, out) == Outcome.BREAK) {
                break;
            }
        }
        return Outcome.DONE;
    }

    /// The items that the loop's own `if` lets through.
    private List<Value> accepted(Statement.For statement, List<Value> items, Scope scope) {
        Expression condition = statement.condition();
        if (condition == null) {
            return items;
        }
        List<Value> accepted = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) { // the condition may change the list
            Value item = items.get(i);
            Scope inner = scope.inner();
            assign(statement.target(), item, inner);
            if (evaluator.isTrue(condition, inner)) {
                budget.elements(1);
                accepted.add(item);
            }
        }
        return accepted;
    }

    private Function again(Statement.For statement, int depth, Scope scope) {
        return new Function("loop", (arguments, budget) -> {
            Value iterable = arguments.bind("loop", 1, "iterable").get(0);
            TextBuilder out = new TextBuilder(budget);
            loop(statement, iterable, depth + 1, scope, out);
            return out.toText();
        });
    }

    private Value filtered(Value input, List<Named> filters, Scope scope) {
        Value value = input;
        for (Named filter : filters) {
            value = evaluator.filtered(value, filter, scope);
        }
        return value;
    }

    private void assign(Target target, Value value, Scope scope) {
        switch (target) {
            case Target.Variable(var name) -> scope.set(name, value);
            case Target.Field(var name, var attribute) -> {
                if (!(scope.find(name) instanceof Namespace(var attributes))) {
                    throw new Fault("'%s.%s' can't be set: '%s' is not a namespace".formatted(name, attribute, name));
                }
                budget.elements(1);
                attributes.put(attribute, value);
            }
            case Target.Unpacked(var targets) -> {
                List<Value> values = Values.iterate(value, budget);
                if (values.size() != targets.size()) {
                    throw new Fault("expected %d values to unpack, found %d".formatted(targets.size(), values.size()));
                }
                for (int i = 0; i < targets.size(); i++) {
                    assign(targets.get(i), values.get(i), scope);
                }
            }
        }
    }

    /// A macro sees the scope it is defined in, as that is when the macro is called.
    private Function macro(String name, List<Parameter> parameters, List<Statement> body, Scope scope) {
        return new Function(name, (arguments, budget) -> {
            Scope inner = scope.inner();
            bind(name, parameters, arguments, inner);
            return render(body, inner);
        });
    }

    private void bind(String macro, List<Parameter> parameters, Arguments arguments, Scope scope) {
        List<Value> positional = arguments.positional();
        Map<String, Value> named = new LinkedHashMap<>(arguments.named());
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            Value value = i < positional.size() ? positional.get(i) : named.remove(parameter.name());
            if (value == null) {
                value = parameter.otherwise() != null
                        ? evaluator.evaluate(parameter.otherwise(), scope)
                        : new Undefined(
                                "parameter '%s' of macro '%s' was not given".formatted(parameter.name(), macro));
            }
            scope.set(parameter.name(), value);
        }
        Value caller = named.remove("caller");
        if (caller != null) {
            scope.set("caller", caller);
        }
        Dict rest = new Dict();
        named.forEach((name, value) -> rest.put(Text.template(name), value, budget));
        scope.set("kwargs", rest);
        int used = Math.min(parameters.size(), positional.size());
        scope.set("varargs", new Tuple(positional.subList(used, positional.size())));
    }
}
