package dev.runnel.engine.template;

import dev.runnel.engine.template.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Cuts a template's source into [Token]s, and decides about white space around tags.
///
/// A `-` inside a delimiter takes all white space on its side, a `+` keeps what would go by itself: the
/// blanks between the start of a line and a tag or comment (`lstrip_blocks`), and the line break right
/// after one (`trim_blocks`). Nothing goes by itself around `{{ }}`.
final class Lexer {

    private static final Pattern RAW_BEGIN = Pattern.compile("\\{%[-+]?\\s*+raw\\s*+(-?)%}");
    private static final Pattern RAW_END = Pattern.compile("\\{%([-+]?)\\s*+endraw\\s*+([-+]?)%}");
    private static final Pattern NUMBER = Pattern.compile("""
            (?x) 0 [bB] (?: _? [01] )++
               | 0 [oO] (?: _? [0-7] )++
               | 0 [xX] (?: _? [0-9a-fA-F] )++
               | [0-9] (?: _? [0-9] )*+
                 (?<fraction> \\. [0-9] (?: _? [0-9] )*+ )?+ (?<exponent> [eE] [-+]?+ [0-9] (?: _? [0-9] )*+ )?+""");
    private static final Pattern INDEX = Pattern.compile("[0-9]++");

    /// Longest name in characters: whoever asks for what is undefined gets it back in a sentence.
    private static final int NAME = 200;

    private static final String OPERATORS = "+-*/%~[](){}<>=.:|,";
    private static final Set<String> PAIRS = Set.of("//", "**", "==", "!=", ">=", "<=");

    private final String name;
    private final String source;
    private final List<Token> tokens = new ArrayList<>();

    /// What would close the brackets that are open, the innermost first.
    private final Deque<String> closers = new ArrayDeque<>();

    private int position;
    private int line = 1;

    /// Up to where `line` has counted.
    private int counted;

    private Lexer(String name, String source) {
        this.name = name;
        this.source = source;
    }

    /// @throws TemplateException if the source isn't made of tokens
    static List<Token> tokens(String name, String source) {
        String lines = source.replace("\r\n", "\n").replace('\r', '\n');
        Lexer lexer = new Lexer(name, lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines);
        while (lexer.position < lexer.source.length()) {
            lexer.dataAndWhatFollows();
        }
        lexer.add(Kind.END, "");
        return lexer.tokens;
    }

    private void dataAndWhatFollows() {
        int start = position;
        int open = nextDelimiter(start);
        if (open < 0) {
            data(start, source.length());
            return;
        }
        char delimiter = source.charAt(open + 1);
        Matcher raw = RAW_BEGIN.matcher(source).region(open, source.length());
        boolean isRaw = delimiter == '%' && raw.lookingAt();
        data(start, endOfData(start, open, delimiter != '{'));
        position = open + 2;
        if (atAny("-+")) {
            position++;
        }
        if (isRaw) {
            position = raw.end();
            if (!raw.group(1).isEmpty()) {
                skipSpace();
            }
            raw();
        } else if (delimiter == '#') {
            comment(open);
        } else {
            add(delimiter == '{' ? Kind.PRINT_BEGIN : Kind.TAG_BEGIN, source.substring(open, open + 2));
            code(delimiter == '{' ? Kind.PRINT_END : Kind.TAG_END);
        }
    }

    private int nextDelimiter(int from) {
        for (int at = source.indexOf('{', from); at >= 0; at = source.indexOf('{', at + 1)) {
            if (at + 1 < source.length() && "{%#".indexOf(source.charAt(at + 1)) >= 0) {
                return at;
            }
        }
        return -1;
    }

    /// Where data ends that begins at `start` and runs up to the delimiter at `open`.
    private int endOfData(int start, int open, boolean stripsBlanks) {
        char sign = open + 2 < source.length() ? source.charAt(open + 2) : ' ';
        int end = open;
        if (sign == '-') {
            while (end > start && Characters.isSpace(source.charAt(end - 1))) {
                end--;
            }
        } else if (sign != '+' && stripsBlanks) {
            while (end > start && source.charAt(end - 1) != '\n' && Characters.isSpace(source.charAt(end - 1))) {
                end--;
            }
            boolean lineStarts = end == 0 || source.charAt(end - 1) == '\n';
            return lineStarts ? end : open;
        }
        return end;
    }

    private void data(int from, int to) {
        if (from < to) {
            position = from;
            add(Kind.DATA, source.substring(from, to));
        }
        position = Math.max(position, to);
    }

    private void raw() {
        Matcher end = RAW_END.matcher(source);
        if (!end.find(position)) {
            throw fault("the raw block has no 'endraw'");
        }
        data(position, endOfData(position, end.start(), true));
        position = end.end();
        afterTag(end.group(2).isEmpty() ? ' ' : end.group(2).charAt(0));
    }

    private void comment(int open) {
        int close = source.indexOf("#}", position);
        if (close < 0) {
            position = open;
            throw fault("the comment has no '#}'");
        }
        char sign = close > position ? source.charAt(close - 1) : ' ';
        position = close + 2;
        afterTag(sign);
    }

    /// What a tag or comment takes of the white space after it.
    private void afterTag(char sign) {
        if (sign == '-') {
            skipSpace();
        } else if (sign != '+' && position < source.length() && source.charAt(position) == '\n') {
            position++;
        }
    }

    /// The tokens inside a tag, up to its end. An end inside brackets is none: `{{ {'a': {}} }}`.
    private void code(Kind end) {
        String close = end == Kind.PRINT_END ? "}}" : "%}";
        String signs = end == Kind.PRINT_END ? "-" : "-+";
        closers.clear();
        while (true) {
            skipSpace();
            if (position == source.length()) {
                throw fault("expected " + end.description + ", found the end of the template");
            }
            boolean signed = atAny(signs) && source.startsWith(close, position + 1);
            if (closers.isEmpty() && (signed || source.startsWith(close, position))) {
                char sign = signed ? source.charAt(position) : ' ';
                add(end, close);
                position += signed ? 3 : 2;
                if (end == Kind.TAG_END || signed) {
                    afterTag(sign);
                }
                return;
            }
            codeToken();
        }
    }

    private void codeToken() {
        int c = source.codePointAt(position);
        if (c == '\'' || c == '"') {
            string(c);
        } else if (c >= '0' && c <= '9') {
            number();
        } else if (c == '_' || Character.isUnicodeIdentifierStart(c)) {
            int end = position + Character.charCount(c);
            while (end < source.length() && isNamePart(source.codePointAt(end))) {
                end += Character.charCount(source.codePointAt(end));
            }
            if (end - position > NAME) {
                throw fault("a name has more than " + NAME + " characters");
            }
            take(Kind.NAME, end);
        } else if (PAIRS.contains(source.substring(position, Math.min(position + 2, source.length())))) {
            take(Kind.OPERATOR, position + 2);
        } else if (OPERATORS.indexOf(c) >= 0) {
            bracket(c);
            take(Kind.OPERATOR, position + 1);
        } else {
            throw fault("unexpected character '" + Character.toString(c) + "'");
        }
    }

    private void bracket(int c) {
        switch (c) {
            case '(' -> closers.push(")");
            case '[' -> closers.push("]");
            case '{' -> closers.push("}");
            case ')', ']', '}' -> {
                String found = Character.toString(c);
                String expected = closers.isEmpty() ? "an operator" : "'" + closers.pop() + "'";
                if (!expected.equals("'" + found + "'")) {
                    throw fault("expected " + expected + ", found '" + found + "'");
                }
            }
            default -> {}
        }
    }

    private static boolean isNamePart(int c) {
        return Character.isUnicodeIdentifierPart(c) && !Character.isIdentifierIgnorable(c);
    }

    private void string(int quote) {
        int end = position + 1;
        while (end < source.length() && source.charAt(end) != quote) {
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= source.length()) {
            throw fault("the string has no closing " + Character.toString(quote));
        }
        add(Kind.STRING, unescaped(source.substring(position + 1, end)));
        position = end + 1;
    }

    private void number() {
        boolean afterDot = !tokens.isEmpty() && tokens.getLast().is(Kind.OPERATOR, ".");
        Matcher number = (afterDot ? INDEX : NUMBER).matcher(source).region(position, source.length());
        if (!number.lookingAt()) {
            throw new IllegalStateException("no number where a digit is");
        }
        boolean real = !afterDot && (number.group("fraction") != null || number.group("exponent") != null);
        take(real ? Kind.REAL : Kind.INTEGER, number.end());
    }

    /// Python's escapes; an unknown one stays as it is.
    private String unescaped(String quoted) {
        if (quoted.indexOf('\\') < 0) {
            return quoted;
        }
        StringBuilder plain = new StringBuilder();
        for (int i = 0; i < quoted.length(); i++) {
            char c = quoted.charAt(i);
            if (c != '\\') {
                plain.append(c);
                continue;
            }
            char escape = quoted.charAt(++i);
            switch (escape) {
                case '\n' -> {}
                case '\\', '\'', '"' -> plain.append(escape);
                case 'a' -> plain.append('\u0007');
                case 'b' -> plain.append('\b');
                case 'f' -> plain.append('\f');
                case 'n' -> plain.append('\n');
                case 'r' -> plain.append('\r');
                case 't' -> plain.append('\t');
                case 'v' -> plain.append('\u000b');
                case 'x' -> i += hexadecimal(quoted, i + 1, 2, plain);
                case 'u' -> i += hexadecimal(quoted, i + 1, 4, plain);
                case 'U' -> i += hexadecimal(quoted, i + 1, 8, plain);
                case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                    int end = i + 1;
                    while (end < quoted.length()
                            && end < i + 3
                            && quoted.charAt(end) >= '0'
                            && quoted.charAt(end) <= '7') {
                        end++;
                    }
                    plain.append((char) Integer.parseInt(quoted, i, end, 8));
                    i = end - 1;
                }
                default -> plain.append('\\').append(escape);
            }
        }
        return plain.toString();
    }

    private int hexadecimal(String quoted, int from, int digits, StringBuilder plain) {
        int to = from + digits;
        for (int i = from; i < to; i++) {
            if (i >= quoted.length() || Character.digit(quoted.charAt(i), 16) < 0) {
                throw fault("an escape in a string needs " + digits + " hexadecimal digits");
            }
        }
        long codePoint = Long.parseLong(quoted, from, to, 16);
        if (codePoint > Character.MAX_CODE_POINT) {
            throw fault("an escape in a string is beyond Unicode");
        }
        plain.appendCodePoint((int) codePoint);
        return digits;
    }

    private boolean atAny(String characters) {
        return position < source.length() && characters.indexOf(source.charAt(position)) >= 0;
    }

    private void skipSpace() {
        while (position < source.length() && Characters.isSpace(source.charAt(position))) {
            position++;
        }
    }

    private void take(Kind kind, int end) {
        add(kind, source.substring(position, end));
        position = end;
    }

    private void add(Kind kind, String text) {
        tokens.add(new Token(kind, text, lineHere()));
    }

    private int lineHere() {
        for (; counted < position; counted++) {
            if (source.charAt(counted) == '\n') {
                line++;
            }
        }
        return line;
    }

    private TemplateException fault(String what) {
        return new TemplateException(name, lineHere(), what);
    }
}
