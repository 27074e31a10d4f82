package dev.runnel.engine.template;

import dev.runnel.engine.template.Expression.Arithmetic;
import dev.runnel.engine.template.Expression.Compared;
import dev.runnel.engine.template.Expression.Given;
import dev.runnel.engine.template.Expression.Literal;
import dev.runnel.engine.template.Expression.Named;
import dev.runnel.engine.template.Expression.Operator;
import dev.runnel.engine.template.Expression.Pair;
import dev.runnel.engine.template.Expression.Relation;
import dev.runnel.engine.template.Token.Kind;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Reads expressions, with Jinja2's precedence, loosest first:
///
/// ```
/// conditional   a if b else c
/// or  and  not
/// comparison    == != < <= > >= in, not in; chained as in Python
/// sum           + -
/// concatenation ~
/// product       * / // %
/// power         **, from left to right
/// unary         + -, then filters and tests: -5|abs is (-5)|abs
/// postfix       .name [item] (arguments)
/// ```
final class ExpressionParser {

    private final Tokens tokens;

    ExpressionParser(Tokens tokens) {
        this.tokens = tokens;
    }

    Expression expression() {
        tokens.nest();
        Expression value = or();
        while (tokens.takeName("if")) {
            Expression condition = or();
            Expression otherwise = tokens.takeName("else") ? expression() : null;
            value = new Expression.Conditional(condition, value, otherwise);
        }
        tokens.unnest();
        return value;
    }

    /// An expression, or several with commas between them, which make a tuple.
    Expression tuple() {
        return tuple(this::expression);
    }

    /// Like [#tuple], but leaves an `if` for whoever called.
    Expression tupleWithoutConditional() {
        return tuple(this::or);
    }

    private Expression tuple(Supplier<Expression> part) {
        Expression first = part.get();
        if (!tokens.atOperator(",")) {
            return first;
        }
        List<Expression> items = new ArrayList<>();
        items.add(first);
        while (tokens.takeOperator(",") && !atEndOfTuple()) {
            items.add(part.get());
        }
        return new Expression.TupleOf(items);
    }

    private boolean atEndOfTuple() {
        return tokens.at(Kind.TAG_END) || tokens.at(Kind.PRINT_END) || tokens.atOperator(")");
    }

    private Expression or() {
        Expression left = and();
        while (tokens.takeName("or")) {
            left = new Expression.Or(left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (tokens.takeName("and")) {
            left = new Expression.And(left, not());
        }
        return left;
    }

    private Expression not() {
        if (!tokens.takeName("not")) {
            return comparison();
        }
        tokens.nest();
        Expression operand = not();
        tokens.unnest();
        return new Expression.Not(operand);
    }

    private Expression comparison() {
        Expression first = sum();
        List<Compared> others = new ArrayList<>();
        for (Relation relation = takeRelation(); relation != null; relation = takeRelation()) {
            others.add(new Compared(relation, sum()));
        }
        return others.isEmpty() ? first : new Expression.Comparison(first, others);
    }

    private @Nullable Relation takeRelation() {
        if (tokens.atName("not") && tokens.nameFollows("in")) {
            tokens.take();
            tokens.take();
            return Relation.NOT_IN;
        }
        for (Relation relation : Relation.values()) {
            if (tokens.takeOperator(relation.symbol) || (relation == Relation.IN && tokens.takeName("in"))) {
                return relation;
            }
        }
        return null;
    }

    private Expression sum() {
        return arithmetic(this::concatenation, Operator.ADD, Operator.SUBTRACT);
    }

    private Expression concatenation() {
        Expression first = product();
        if (!tokens.atOperator("~")) {
            return first;
        }
        List<Expression> parts = new ArrayList<>();
        parts.add(first);
        while (tokens.takeOperator("~")) {
            parts.add(product());
        }
        return new Expression.Concatenation(parts);
    }

    private Expression product() {
        return arithmetic(this::power, Operator.MULTIPLY, Operator.DIVIDE, Operator.FLOOR_DIVIDE, Operator.MODULO);
    }

    private Expression power() {
        return arithmetic(() -> unary(true), Operator.POWER);
    }

    private Expression arithmetic(Supplier<Expression> operand, Operator... operators) {
        Expression left = operand.get();
        for (Operator operator = take(operators); operator != null; operator = take(operators)) {
            left = new Arithmetic(operator, left, operand.get());
        }
        return left;
    }

    private @Nullable Operator take(Operator... operators) {
        for (Operator operator : operators) {
            if (tokens.takeOperator(operator.symbol)) {
                return operator;
            }
        }
        return null;
    }

    private Expression unary(boolean filters) {
        tokens.nest();
        Expression value;
        if (tokens.takeOperator("-")) {
            value = new Expression.Negative(unary(false));
        } else if (tokens.takeOperator("+")) {
            value = new Expression.Positive(unary(false));
        } else {
            value = primary();
        }
        value = postfix(value);
        tokens.unnest();
        return filters ? filtersAndTests(value) : value;
    }

    private Expression primary() {
        Token token = tokens.current();
        return switch (token.kind()) {
            case NAME -> name(tokens.take().text());
            case STRING -> string();
            case INTEGER -> new Literal(new Value.Int(integer(tokens.take())));
            case REAL -> new Literal(new Value.Real(Double.parseDouble(withoutUnderscores(tokens.take()))));
            case OPERATOR -> bracketed();
            case DATA, PRINT_BEGIN, PRINT_END, TAG_BEGIN, TAG_END, END -> throw tokens.unexpected("an expression");
        };
    }

    private static Expression name(String name) {
        return switch (name) {
            case "true", "True" -> new Literal(Value.Bool.TRUE);
            case "false", "False" -> new Literal(Value.Bool.FALSE);
            case "none", "None" -> new Literal(Value.None.NONE);
            default -> new Expression.Name(name);
        };
    }

    /// Strings beside each other are one.
    private Expression string() {
        StringBuilder text = new StringBuilder();
        while (tokens.at(Kind.STRING)) {
            text.append(tokens.take().text());
        }
        return new Literal(Text.template(text.toString()));
    }

    private BigInteger integer(Token token) {
        String digits = withoutUnderscores(token).toLowerCase(Locale.ROOT);
        if (digits.length() > Numbers.DIGITS) {
            throw tokens.fault(token.line(), "a number has more than " + Numbers.DIGITS + " digits");
        }
        int radix = switch (digits.length() > 1 ? digits.charAt(1) : ' ') {
            case 'b' -> 2;
            case 'o' -> 8;
            case 'x' -> 16;
            default -> 10;
        };
        return new BigInteger(radix == 10 ? digits : digits.substring(2), radix);
    }

    private static String withoutUnderscores(Token token) {
        return token.text().replace("_", "");
    }

    private Expression bracketed() {
        if (tokens.takeOperator("(")) {
            if (tokens.takeOperator(")")) {
                return new Expression.TupleOf(List.of());
            }
            Expression inner = tuple();
            tokens.expectOperator(")");
            return inner;
        }
        if (tokens.takeOperator("[")) {
            return new Expression.ArrayOf(listUpTo("]", this::expression));
        }
        if (tokens.takeOperator("{")) {
            return new Expression.DictOf(listUpTo("}", this::pair));
        }
        throw tokens.unexpected("an expression");
    }

    private Pair pair() {
        Expression key = expression();
        tokens.expectOperator(":");
        return new Pair(key, expression());
    }

    /// Elements with commas between them, and perhaps one more after the last.
    private <T> List<T> listUpTo(String close, Supplier<T> element) {
        List<T> elements = new ArrayList<>();
        while (!tokens.takeOperator(close)) {
            elements.add(element.get());
            if (!tokens.atOperator(close)) {
                tokens.expectOperator(",");
            }
        }
        return elements;
    }

    private Expression postfix(Expression target) {
        Expression value = target;
        while (true) {
            if (tokens.takeOperator(".")) {
                value = attribute(value);
            } else if (tokens.takeOperator("[")) {
                value = item(value);
            } else if (tokens.atOperator("(")) {
                value = new Expression.Call(value, given());
            } else {
                return value;
            }
        }
    }

    private Expression attribute(Expression target) {
        if (tokens.at(Kind.INTEGER)) {
            return new Expression.Item(target, new Literal(new Value.Int(integer(tokens.take()))));
        }
        return new Expression.Attribute(target, tokens.expect(Kind.NAME).text());
    }

    private Expression item(Expression target) {
        if (tokens.takeOperator("]")) {
            return new Expression.Item(target, new Expression.TupleOf(List.of()));
        }
        Expression start = atEndOfSlicePart() ? null : expression();
        if (start != null && tokens.takeOperator("]")) {
            return new Expression.Item(target, start);
        }
        if (start != null && tokens.takeOperator(",")) {
            List<Expression> key = new ArrayList<>();
            key.add(start);
            key.addAll(listUpTo("]", this::expression));
            return new Expression.Item(target, new Expression.TupleOf(key));
        }
        tokens.expectOperator(":");
        Expression stop = atEndOfSlicePart() ? null : expression();
        Expression step = tokens.takeOperator(":") && !atEndOfSlicePart() ? expression() : null;
        tokens.expectOperator("]");
        return new Expression.Slice(target, start, stop, step);
    }

    private boolean atEndOfSlicePart() {
        return tokens.atOperator(":") || tokens.atOperator("]");
    }

    /// Arguments in parentheses; those with a name come last.
    Given given() {
        tokens.expectOperator("(");
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        while (!tokens.takeOperator(")")) {
            if (tokens.at(Kind.NAME) && tokens.operatorFollows("=")) {
                Token name = tokens.take();
                tokens.take();
                if (named.put(name.text(), expression()) != null) {
                    throw tokens.fault(name.line(), "the argument '" + name.text() + "' is given twice");
                }
            } else if (named.isEmpty()) {
                positional.add(expression());
            } else {
                throw tokens.unexpected("an argument with a name");
            }
            if (!tokens.atOperator(")")) {
                tokens.expectOperator(",");
            }
        }
        return new Given(positional, named);
    }

    private Expression filtersAndTests(Expression input) {
        Expression value = input;
        while (true) {
            if (tokens.takeOperator("|")) {
                value = new Expression.Filtered(value, filter());
            } else if (tokens.takeName("is")) {
                value = test(value);
            } else if (tokens.atOperator("(")) {
                value = new Expression.Call(value, given());
            } else {
                return value;
            }
        }
    }

    /// A filter and its arguments, after the `|`.
    Named filter() {
        String name = tokens.expect(Kind.NAME).text();
        return new Named(name, tokens.atOperator("(") ? given() : Given.NOTHING);
    }

    private Expression test(Expression input) {
        boolean negated = tokens.takeName("not");
        String name = tokens.expect(Kind.NAME).text();
        Given given = Given.NOTHING;
        if (tokens.atOperator("(")) {
            given = given();
        } else if (atOperandOfTest()) {
            given = new Given(List.of(postfix(primary())), Map.of());
        }
        Expression tested = new Expression.Tested(input, new Named(name, given));
        return negated ? new Expression.Not(tested) : tested;
    }

    /// A test takes one argument without parentheses: `x is divisibleby 3`.
    private boolean atOperandOfTest() {
        Token token = tokens.current();
        return switch (token.kind()) {
            case NAME ->
                switch (token.text()) {
                    case "else", "or", "and", "is", "if", "in", "not", "recursive" -> false;
                    default -> true;
                };
            case STRING, INTEGER, REAL -> true;
            case OPERATOR -> tokens.atOperator("[") || tokens.atOperator("{");
            case DATA, PRINT_BEGIN, PRINT_END, TAG_BEGIN, TAG_END, END -> false;
        };
    }
}
