package dev.runnel.engine.constraint;

import java.util.Map;
import java.util.Set;

/// The formats of strings that JSON Schema defines, as expressions. Each admits only what its
/// specification does, and not all of that: no leap seconds, no quoted local parts, only URLs with an
/// authority, and so on. A name's internationalised form admits what the plain one does.
final class Formats {

    private static final String DATE = "(?:\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])"
            + "|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))"
            + "|(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";
    private static final String TIME =
            "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?" + "(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)";
    private static final String CLOCK = "T(?:\\d{1,9}H(?:\\d{1,9}M(?:\\d{1,9}S)?)?|\\d{1,9}M(?:\\d{1,9}S)?|\\d{1,9}S)";
    private static final String CALENDAR =
            "(?:\\d{1,9}Y(?:\\d{1,9}M(?:\\d{1,9}D)?)?|\\d{1,9}M(?:\\d{1,9}D)?|\\d{1,9}D)";
    private static final String DURATION = "P(?:" + CALENDAR + "(?:" + CLOCK + ")?|" + CLOCK + "|\\d{1,9}W)";
    private static final String LABEL = "[A-Za-z0-9](?:-?[A-Za-z0-9]){0,30}";
    private static final String ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,15}";
    private static final String DOMAIN = "(?:" + LABEL + "\\.){1,2}[A-Za-z]{2,15}";
    private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private static final String IPV4 = OCTET + "(?:\\." + OCTET + "){3}";
    private static final String H = "[0-9A-Fa-f]{1,4}";
    private static final String IPV6 = "(?:(?:" + H + ":){7}" + H
            + "|(?:" + H + ":){1,7}:"
            + "|(?:" + H + ":){1,6}:" + H
            + "|(?:" + H + ":){1,5}(?::" + H + "){2}"
            + "|(?:" + H + ":){1,4}(?::" + H + "){3}"
            + "|(?:" + H + ":){1,3}(?::" + H + "){4}"
            + "|(?:" + H + ":){1,2}(?::" + H + "){5}"
            + "|" + H + ":(?::" + H + "){6}"
            + "|:(?:(?::" + H + "){1,7}|:))";
    private static final String PCHAR = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";
    private static final String TAIL = "(?:\\?(?:" + PCHAR + "|[/?])*)?(?:#(?:" + PCHAR + "|[/?])*)?";
    private static final String URI = "[A-Za-z][A-Za-z0-9+.-]{0,15}://" + LABEL + "(?:\\." + LABEL
            + "){0,3}(?::\\d{1,4})?(?:/" + PCHAR + "*)*" + TAIL;
    private static final String REFERENCE = "(?:/" + PCHAR + "+)+" + TAIL;

    private static final Map<String, String> PATTERNS = Map.ofEntries(
            Map.entry("date", DATE),
            Map.entry("time", TIME),
            Map.entry("date-time", DATE + "T" + TIME),
            Map.entry("duration", DURATION),
            Map.entry("email", ATOM + "(?:\\." + ATOM + "){0,3}@" + DOMAIN),
            Map.entry("idn-email", ATOM + "(?:\\." + ATOM + "){0,3}@" + DOMAIN),
            Map.entry("hostname", LABEL + "(?:\\." + LABEL + "){0,3}"),
            Map.entry("idn-hostname", LABEL + "(?:\\." + LABEL + "){0,3}"),
            Map.entry("ipv4", IPV4),
            Map.entry("ipv6", IPV6),
            Map.entry("uuid", "[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"),
            Map.entry("uri", URI),
            Map.entry("iri", URI),
            Map.entry("uri-reference", "(?:" + URI + "|" + REFERENCE + ")"),
            Map.entry("iri-reference", "(?:" + URI + "|" + REFERENCE + ")"),
            Map.entry("uri-template", URI),
            Map.entry("json-pointer", "(?:/(?:[^~/#]|~[01])*)*"),
            Map.entry("relative-json-pointer", "(?:0|[1-9]\\d{0,8})(?:#|(?:/(?:[^~/#]|~[01])*)*)"));

    /// Names that say what a string is for and not how it is written.
    private static final Set<String> WITHOUT_SYNTAX =
            Set.of("password", "binary", "path", "file-path", "directory-path", "multi-line", "text", "string");

    private Formats() {}

    /// The strings of a format.
    ///
    /// @throws Pattern.Refusal if there is none of the name
    static CharDfa named(String name, Budget budget) throws Pattern.Refusal {
        if (WITHOUT_SYNTAX.contains(name)) {
            return CharDfa.ANY;
        }
        String pattern = PATTERNS.get(name);
        if (pattern == null) {
            throw new Pattern.Refusal("is %s; known are %s"
                    .formatted(
                            name,
                            String.join(
                                    ", ", PATTERNS.keySet().stream().sorted().toList())));
        }
        return Pattern.compile("^(?:" + pattern + ")$", budget);
    }
}
