package dev.runnel.engine.template;

import dev.runnel.engine.template.Statement.Target;
import dev.runnel.engine.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Reads a template: data, prints and tags.
final class Parser {

    private final Tokens tokens;
    private final ExpressionParser expressions;

    /// Loops around the current place, in the current macro.
    private int loops;

    private Parser(Tokens tokens) {
        this.tokens = tokens;
        this.expressions = new ExpressionParser(tokens);
    }

    /// @param name of the template, for messages
    /// @throws TemplateException if the source isn't a template
    static List<Statement> parse(String name, String source) {
        Parser parser = new Parser(new Tokens(name, Lexer.tokens(name, source)));
        List<Statement> statements = parser.bodyUpTo(Set.of());
        return List.copyOf(statements);
    }

    /// Statements up to one of these tags, whose `{%` is taken and whose name is current; up to the end of
    /// the template if there are none.
    private List<Statement> bodyUpTo(Set<String> ends) {
        tokens.nest();
        List<Statement> body = new ArrayList<>();
        while (true) {
            int line = tokens.line();
            Token token = tokens.take();
            switch (token.kind()) {
                case DATA -> body.add(new Statement.Data(Text.template(token.text()), line));
                case PRINT_BEGIN -> {
                    body.add(new Statement.Print(expressions.tuple(), line));
                    tokens.expect(Kind.PRINT_END);
                }
                case TAG_BEGIN -> {
                    if (tokens.at(Kind.NAME) && ends.contains(tokens.current().text())) {
                        tokens.unnest();
                        return body;
                    }
                    body.add(tag(line, ends));
                }
                case END -> {
                    if (!ends.isEmpty()) {
                        throw tokens.unexpected(names(ends));
                    }
                    tokens.unnest();
                    return body;
                }
                case PRINT_END, TAG_END, NAME, STRING, INTEGER, REAL, OPERATOR ->
                    throw new IllegalStateException("the lexer gave " + token + " outside a tag");
            }
        }
    }

    private static String names(Set<String> tags) {
        return String.join(
                " or ", tags.stream().sorted().map(tag -> "'" + tag + "'").toList());
    }

    /// The body of a block, and the tag that ends it.
    private List<Statement> bodyAndEnd(String end) {
        tokens.expect(Kind.TAG_END);
        List<Statement> body = bodyUpTo(Set.of(end));
        end();
        return body;
    }

    /// The name of an end tag, and its `%}`.
    private void end() {
        tokens.take();
        tokens.expect(Kind.TAG_END);
    }

    private Statement tag(int line, Set<String> ends) {
        Token name = tokens.expect(Kind.NAME);
        return switch (name.text()) {
            case "if" -> branches(line);
            case "for" -> loop(line);
            case "set" -> set(line);
            case "macro" -> macro(line);
            case "call" -> call(line);
            case "filter" -> filter(line);
            case "with" -> with(line);
            case "generation" -> new Statement.With(List.of(), bodyAndEnd("endgeneration"), line);
            case "break" -> leave(new Statement.Break(line));
            case "continue" -> leave(new Statement.Continue(line));
            default ->
                throw tokens.fault(
                        line,
                        ends.isEmpty() || !name.text().startsWith("end")
                                ? "the tag '" + name.text() + "' is not one that chat templates have"
                                : "expected " + names(ends) + ", found '" + name.text() + "'");
        };
    }

    private Statement branches(int line) {
        List<Statement.Branch> branches = new ArrayList<>();
        List<Statement> otherwise = List.of();
        int branchLine = line;
        while (true) {
            Expression condition = expressions.tupleWithoutConditional();
            tokens.expect(Kind.TAG_END);
            List<Statement> body = bodyUpTo(Set.of("elif", "else", "endif"));
            branches.add(new Statement.Branch(condition, body, branchLine));
            branchLine = tokens.line();
            Token next = tokens.take();
            if (next.text().equals("elif")) {
                continue;
            }
            tokens.expect(Kind.TAG_END);
            if (next.text().equals("else")) {
                otherwise = bodyUpTo(Set.of("endif"));
                end();
            }
            return new Statement.If(branches, otherwise, line);
        }
    }

    private Statement loop(int line) {
        Target target = targets();
        tokens.expectName("in");
        Expression iterable = expressions.tupleWithoutConditional();
        Expression condition = tokens.takeName("if") ? expressions.expression() : null;
        boolean recursive = tokens.takeName("recursive");
        tokens.expect(Kind.TAG_END);
        loops++;
        List<Statement> body = bodyUpTo(Set.of("else", "endfor"));
        loops--;
        List<Statement> otherwise = List.of();
        if (tokens.atName("else")) {
            end();
            otherwise = bodyUpTo(Set.of("endfor"));
        }
        end();
        return new Statement.For(target, iterable, condition, body, otherwise, recursive, line);
    }

    private Statement leave(Statement statement) {
        if (loops == 0) {
            throw tokens.fault(statement.line(), "'break' and 'continue' belong inside a loop");
        }
        tokens.expect(Kind.TAG_END);
        return statement;
    }

    private Statement set(int line) {
        Target target = targets();
        if (tokens.takeOperator("=")) {
            Expression value = expressions.tuple();
            tokens.expect(Kind.TAG_END);
            return new Statement.Set(target, value, line);
        }
        List<Expression.Named> filters = new ArrayList<>();
        while (tokens.takeOperator("|")) {
            filters.add(expressions.filter());
        }
        return new Statement.SetBlock(target, filters, outsideLoops("endset"), line);
    }

    /// A body that is rendered by itself, so that a loop around it can't be left from inside.
    private List<Statement> outsideLoops(String end) {
        int around = loops;
        loops = 0;
        List<Statement> body = bodyAndEnd(end);
        loops = around;
        return body;
    }

    private Target targets() {
        Target first = target();
        if (!tokens.atOperator(",")) {
            return first;
        }
        List<Target> targets = new ArrayList<>();
        targets.add(first);
        while (tokens.takeOperator(",") && !tokens.atName("in") && !tokens.atOperator("=")) {
            targets.add(target());
        }
        return new Target.Unpacked(targets);
    }

    private Target target() {
        if (tokens.takeOperator("(")) {
            tokens.nest();
            Target inner = targets();
            tokens.unnest();
            tokens.expectOperator(")");
            return inner;
        }
        String name = variable();
        if (tokens.takeOperator(".")) {
            return new Target.Field(name, tokens.expect(Kind.NAME).text());
        }
        return new Target.Variable(name);
    }

    private String variable() {
        Token name = tokens.expect(Kind.NAME);
        return switch (name.text()) {
            case "true", "True", "false", "False", "none", "None" ->
                throw tokens.fault(name.line(), "'" + name.text() + "' can't be given a value");
            default -> name.text();
        };
    }

    private Statement macro(int line) {
        String name = variable();
        List<Statement.Parameter> parameters = parameters();
        return new Statement.Macro(name, parameters, outsideLoops("endmacro"), line);
    }

    private List<Statement.Parameter> parameters() {
        tokens.expectOperator("(");
        List<Statement.Parameter> parameters = new ArrayList<>();
        while (!tokens.takeOperator(")")) {
            String name = variable();
            boolean optional = tokens.takeOperator("=");
            if (!optional && !parameters.isEmpty() && parameters.getLast().otherwise() != null) {
                throw tokens.unexpected("a default for the parameter '" + name + "', as the one before it has one");
            }
            parameters.add(new Statement.Parameter(name, optional ? expressions.expression() : null));
            if (!tokens.atOperator(")")) {
                tokens.expectOperator(",");
            }
        }
        return parameters;
    }

    private Statement call(int line) {
        List<Statement.Parameter> parameters = tokens.atOperator("(") ? parameters() : List.of();
        if (!(expressions.expression() instanceof Expression.Call call)) {
            throw tokens.fault(line, "expected a call of a macro after 'call'");
        }
        return new Statement.CallBlock(parameters, call, outsideLoops("endcall"), line);
    }

    private Statement filter(int line) {
        List<Expression.Named> filters = new ArrayList<>();
        do {
            filters.add(expressions.filter());
        } while (tokens.takeOperator("|"));
        return new Statement.FilterBlock(filters, outsideLoops("endfilter"), line);
    }

    private Statement with(int line) {
        List<Statement.Binding> bindings = new ArrayList<>();
        while (!tokens.at(Kind.TAG_END)) {
            if (!bindings.isEmpty()) {
                tokens.expectOperator(",");
            }
            Target target = target();
            tokens.expectOperator("=");
            bindings.add(new Statement.Binding(target, expressions.expression()));
        }
        return new Statement.With(bindings, bodyAndEnd("endwith"), line);
    }
}
