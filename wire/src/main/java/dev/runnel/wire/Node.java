package dev.runnel.wire;

import dev.runnel.core.BackendException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/// A JSON value and where it stands in its document, so that whatever is wrong with it can be named. Every
/// accessor throws a [BackendException] of kind `INVALID_REQUEST` if the value is not what it asks for.
///
/// @param path such as `messages[1].content`; empty for the document itself
record Node(String path, Json json) {

    private static final int LONGEST_QUOTE = 48;

    /// The document itself.
    static Node of(Json document) {
        return new Node("", document);
    }

    /// The body of a request.
    static Node ofBody(byte[] body) {
        try {
            return of(JsonReader.read(body));
        } catch (JsonReader.MalformedException malformed) {
            throw new BackendException(
                    BackendException.Kind.INVALID_REQUEST, "the body " + malformed.getMessage(), malformed);
        }
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

    /// The member of that name, which is there, null or not.
    Node member(String name) {
        return new Node(pathTo(name), Objects.requireNonNull(members().get(name)));
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

    /// The elements, of which there must be one.
    List<Node> nonEmpty() {
        List<Node> elements = elements();
        if (elements.isEmpty()) {
            throw invalid(subject() + " is an empty array, expected at least one element");
        }
        return elements;
    }

    /// The flag of that name; absent, it is not set.
    boolean flag(String name) {
        return find(name).map(Node::flag).orElse(false);
    }

    /// The object as JSON text.
    String objectText() {
        var _ = members();
        return json.text();
    }

    boolean isNull() {
        return json instanceof Json.Null;
    }

    /// Text that UTF-8 can say.
    String text() {
        String text = rawText();
        if (!WholeText.isWhole(text)) {
            throw invalid(subject() + " holds half of a surrogate pair, expected whole characters");
        }
        return text;
    }

    /// Text with more in it than space.
    String notBlank() {
        String text = text();
        if (text.isBlank()) {
            throw invalid(subject() + " is blank");
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
        double number = number();
        if (number < least || number > most) {
            throw expected("%d to %d".formatted(least, most));
        }
        return number;
    }

    /// A number above 0.
    double positive(double most) {
        double number = number();
        if (number <= 0 || number > most) {
            throw expected(most == 1 ? "above 0, to 1" : "above 0");
        }
        return number;
    }

    double number() {
        if (!(json instanceof Json.Num(var literal))) {
            throw wrongType("a number");
        }
        return Double.parseDouble(literal) + 0.0; // which makes -0 one with 0
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
        if (rounded >= (double) least && rounded <= (double) most) { // beyond them an exponent may be of any size
            try {
                long integer = new BigDecimal(literal).longValueExact();
                if (integer >= least && integer <= most) {
                    return integer;
                }
            } catch (ArithmeticException | NumberFormatException _) {
                // it is whole, or that small, only as rounded
            }
        }
        throw expected("%d to %d".formatted(least, most));
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

    /// The refusal of a field that does nothing here; `message` is the whole sentence.
    BackendException unsupportedParameter(String message) {
        return BackendException.unsupported(path, message).withCode("unsupported_parameter");
    }

    /// The refusal of a value of a field that takes others.
    BackendException unsupportedValue(String what) {
        return BackendException.unsupported(path, "%s is %s, which is not supported".formatted(path, what))
                .withCode("unsupported_value");
    }

    /// Refuses a member that is there at all.
    void refuse(String name) {
        find(name).ifPresent(member -> {
            throw member.unsupportedParameter(member.path() + " is not supported");
        });
    }

    /// Refuses a member unless it asks for nothing.
    ///
    /// @param nothing what asks for nothing, for the sentence
    void refuseUnless(String name, String nothing, Predicate<Node> asksNothing) {
        find(name).filter(asksNothing.negate()).ifPresent(member -> {
            throw member.unsupportedParameter(member.path() + " is not supported, except as " + nothing);
        });
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

    static String shortened(String text) {
        return text.length() <= LONGEST_QUOTE
                ? text
                : text.substring(0, text.offsetByCodePoints(0, LONGEST_QUOTE / 2)) + "…";
    }
}
