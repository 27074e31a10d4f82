package dev.runnel.app.hub;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What people call a model on a hub: `OWNER/REPO`, `OWNER/REPO:QUANT` or `OWNER/REPO:FILE`.
///
/// @param choice which of the repository's models, as [ModelChoice] understands it
public record HubName(String owner, String repository, Optional<String> choice) {

    private static final String PART = "[A-Za-z0-9_][A-Za-z0-9._-]*";
    private static final Pattern FORM = Pattern.compile("(" + PART + ")/(" + PART + ")(?::(.+))?");

    /// The name that a text is, if it has a name's form.
    public static Optional<HubName> parse(String text) {
        Matcher form = FORM.matcher(text);
        boolean named = form.matches() && !text.contains("..") && !(form.group(1) + form.group(2)).contains("--");
        return named
                ? Optional.of(new HubName(form.group(1), form.group(2), Optional.ofNullable(form.group(3))))
                : Optional.empty();
    }

    /// Such as `OWNER/REPO`.
    public String path() {
        return owner + "/" + repository;
    }

    @Override
    public String toString() {
        return path() + choice.map(chosen -> ":" + chosen).orElse("");
    }
}
