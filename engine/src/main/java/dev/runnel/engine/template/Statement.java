package dev.runnel.engine.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a template does.
sealed interface Statement {

    /// Where it begins; counts from 1.
    int line();

    /// Text to print as it stands.
    record Data(Text text, int line) implements Statement {}

    /// `{{ value }}`
    record Print(Expression value, int line) implements Statement {}

    /// `if`, `elif`, `else`
    record If(List<Branch> branches, List<Statement> otherwise, int line) implements Statement {}

    record Branch(Expression condition, List<Statement> body, int line) {}

    /// `for target in iterable if condition`
    ///
    /// @param otherwise runs if there was nothing to loop over
    /// @param recursive whether `loop(…)` runs the loop again, inside itself
    record For(
            Target target,
            Expression iterable,
            @Nullable Expression condition,
            List<Statement> body,
            List<Statement> otherwise,
            boolean recursive,
            int line)
            implements Statement {}

    record Break(int line) implements Statement {}

    record Continue(int line) implements Statement {}

    /// `set target = value`
    record Set(Target target, Expression value, int line) implements Statement {}

    /// `set target`, with the value between the tags
    ///
    /// @param filters applied to the text, in order
    record SetBlock(Target target, List<Expression.Named> filters, List<Statement> body, int line)
            implements Statement {}

    record Macro(String name, List<Parameter> parameters, List<Statement> body, int line) implements Statement {}

    record Parameter(String name, @Nullable Expression otherwise) {}

    /// `call(parameters) macro(…)`: the macro gets the body as `caller`.
    record CallBlock(List<Parameter> parameters, Expression.Call call, List<Statement> body, int line)
            implements Statement {}

    /// `filter name`
    record FilterBlock(List<Expression.Named> filters, List<Statement> body, int line) implements Statement {}

    /// `with a = …`, and `generation`, which binds nothing
    record With(List<Binding> bindings, List<Statement> body, int line) implements Statement {}

    record Binding(Target target, Expression value) {}

    /// What takes a value.
    sealed interface Target {
        record Variable(String name) implements Target {}

        /// `namespace.attribute`
        record Field(String namespace, String attribute) implements Target {}

        record Unpacked(List<Target> targets) implements Target {}
    }
}
