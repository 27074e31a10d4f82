package dev.runnel.wire;

import dev.runnel.core.BackendException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A JSON value and where it stands in its document, so that whatever is wrong with it can be named. Every
/// accessor throws a [BackendException] of kind `INVALID_REQUEST` if the value is not what it asks for.
///
/// @param path such as `messages[1].content`; empty for the document itself
record Node(String path, Json json) {

    private static final int LONGEST_QUOTE = 48;

    /// Whole numbers up to this size are exact as `double`.
    private static final double LARGEST_EXACT = 1L << 53;

    /// The document itself.
    static Node of(Json document) {
        return new Node("", document);
    }

    /// The member of that name, unless it is absent or null.
    Optional<Node> find(String name) {
        Json member = members().get(name);
        return member == null || member instanceof Json.Null
                ? Optional.empty()
                : Optional.of(new Node(pathTo(name), member));
    }

    /// The member of that name, which must be there.
    Node get(String name) {
        return find(name).orElseThrow(() -> missing(name));
    }

    Map<String, Json> members() {
        if (!(json instanceof Json.Obj(var members))) {
            throw wrongType("an object");
        }
        return members;
    }

    List<Node> elements() {
        if (!(json instanceof Json.Arr(var elements))) {
            throw wrongType("an array");
        }
        List<Node> nodes = new ArrayList<>(elements.size());
        for (int i = 0; i < elements.size(); i++) {
            nodes.add(new Node(path + "[" + i + "]", elements.get(i)));
        }
        return nodes;
    }

    /// Text that UTF-8 can say.
    String text() {
        String text = rawText();
        if (!WholeText.isWhole(text)) {
            throw invalid(subject() + " holds half of a surrogate pair, expected whole characters");
        }
        return text;
    }

    /// Text that may begin or end with half of a surrogate pair.
    String rawText() {
        if (!(json instanceof Json.Str(var text))) {
            throw wrongType("a string");
        }
        return text;
    }

    boolean flag() {
        if (!(json instanceof Json.Bool(var flag))) {
            throw wrongType("a boolean");
        }
        return flag;
    }

    double number(int least, int most) {
        if (!(json instanceof Json.Num(var literal))) {
            throw wrongType("a number");
        }
        double number = Double.parseDouble(literal);
        if (number < least || number > most) {
            throw expected("%d to %d".formatted(least, most));
        }
        return number;
    }

    int integer(int least, int most) {
        return (int) integer((long) least, most);
    }

    /// A whole number, however it is written: `16.0` is 16.
    long integer(long least, long most) {
        if (!(json instanceof Json.Num(var literal))) {
            throw wrongType("an integer");
        }
        double rounded = Double.parseDouble(literal);
        if (rounded != Math.rint(rounded)) {
            throw expected("an integer");
        }
        long integer;
        try {
            integer = Long.parseLong(literal);
        } catch (NumberFormatException _) { // written with a fraction or an exponent, or too long
            if (Math.abs(rounded) > LARGEST_EXACT) {
                throw expected("%d to %d".formatted(least, most));
            }
            integer = (long) rounded;
        }
        if (integer < least || integer > most) {
            throw expected("%d to %d".formatted(least, most));
        }
        return integer;
    }

    /// The refusal of a value that is not one of those `expected`.
    BackendException expected(String expected) {
        String found = switch (json) {
            case Json.Str(var text) -> "'" + shortened(text) + "'";
            case Json.Num(var literal) -> shortened(literal);
            case Json.Bool(var flag) -> Boolean.toString(flag);
            case Json.Obj _, Json.Arr _, Json.Null _ -> json.kind();
        };
        return invalid("%s is %s, expected %s".formatted(subject(), found, expected));
    }

    BackendException wrongType(String expected) {
        return refusal("%s is %s, expected %s".formatted(subject(), json.kind(), expected))
                .withCode("invalid_type");
    }

    BackendException missing(String name) {
        return new Node(pathTo(name), json)
                .refusal(pathTo(name) + " is missing")
                .withCode("missing_required_parameter");
    }

    /// The refusal of a value for a reason of its own; `message` is the whole sentence.
    BackendException invalid(String message) {
        return refusal(message).withCode("invalid_value");
    }

    private BackendException refusal(String message) {
        return path.isEmpty()
                ? new BackendException(BackendException.Kind.INVALID_REQUEST, message)
                : BackendException.invalidRequest(path, message);
    }

    private String pathTo(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private String subject() {
        return path.isEmpty() ? "the body" : path;
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST_QUOTE
                ? text
                : text.substring(0, text.offsetByCodePoints(0, LONGEST_QUOTE / 2)) + "…";
    }
}
