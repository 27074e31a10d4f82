package dev.runnel.engine.template;

import dev.runnel.engine.template.Token.Kind;
import java.util.List;

/// A place in a template's tokens, moved on by the parsers.
final class Tokens {

    /// How deep brackets, operators' operands and blocks may nest. Templates of models stay below 20.
    static final int NESTING = 100;

    private final String name;
    private final List<Token> tokens;
    private int position;
    private int nesting;

    /// @param name of the template, for messages
    Tokens(String name, List<Token> tokens) {
        this.name = name;
        this.tokens = tokens;
    }

    Token current() {
        return tokens.get(position);
    }

    int line() {
        return current().line();
    }

    /// Takes the current token. The last one, [Kind#END], stays.
    Token take() {
        Token token = current();
        if (token.kind() != Kind.END) {
            position++;
        }
        return token;
    }

    boolean at(Kind kind) {
        return current().kind() == kind;
    }

    boolean atName(String text) {
        return current().is(Kind.NAME, text);
    }

    boolean atOperator(String text) {
        return current().is(Kind.OPERATOR, text);
    }

    /// Whether the token after the current one is this operator.
    boolean operatorFollows(String text) {
        return position + 1 < tokens.size() && tokens.get(position + 1).is(Kind.OPERATOR, text);
    }

    /// Whether the token after the current one is this name.
    boolean nameFollows(String text) {
        return position + 1 < tokens.size() && tokens.get(position + 1).is(Kind.NAME, text);
    }

    boolean takeName(String text) {
        boolean there = atName(text);
        if (there) {
            take();
        }
        return there;
    }

    boolean takeOperator(String text) {
        boolean there = atOperator(text);
        if (there) {
            take();
        }
        return there;
    }

    Token expect(Kind kind) {
        if (!at(kind)) {
            throw unexpected(kind.description);
        }
        return take();
    }

    void expectOperator(String text) {
        if (!takeOperator(text)) {
            throw unexpected("'" + text + "'");
        }
    }

    void expectName(String text) {
        if (!takeName(text)) {
            throw unexpected("'" + text + "'");
        }
    }

    /// Goes one level deeper; each `nest` has its [#unnest].
    void nest() {
        if (++nesting > NESTING) {
            throw fault(line(), "the source nests deeper than " + NESTING + " levels");
        }
    }

    void unnest() {
        nesting--;
    }

    TemplateException unexpected(String expected) {
        return fault(line(), "expected " + expected + ", found " + current().description());
    }

    TemplateException fault(int line, String what) {
        return new TemplateException(name, line, what);
    }
}
