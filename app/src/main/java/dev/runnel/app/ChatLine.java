package dev.runnel.app;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a line typed into a conversation means.
sealed interface ChatLine {

    record Say(String text) implements ChatLine {}

    record Nothing() implements ChatLine {}

    record Help() implements ChatLine {}

    record Clear() implements ChatLine {}

    /// @param text the new instructions; empty: show those there are
    record Instruct(String text) implements ChatLine {}

    record Exit() implements ChatLine {}

    record Unknown(String command) implements ChatLine {}

    String HELP = """
            /system TEXT  give the model instructions; /system alone shows them
            /clear        forget what was said
            /exit         leave, as Ctrl-D does
            Ctrl-C        stop the reply""";

    /// A slash and a word, and what follows it; `/etc/hosts is missing` is none.
    Pattern COMMAND = Pattern.compile("(/\\p{Alpha}*)(?:\\s+(.*))?", Pattern.DOTALL);

    static ChatLine of(String line) {
        String text = line.strip();
        if (text.isEmpty()) {
            return new Nothing();
        }
        Matcher command = COMMAND.matcher(text);
        if (!command.matches()) {
            return new Say(text);
        }
        return switch (command.group(1)) {
            case "/help" -> new Help();
            case "/clear" -> new Clear();
            case "/system" -> new Instruct(command.group(2) == null ? "" : command.group(2));
            case "/exit" -> new Exit();
            default -> new Unknown(command.group(1));
        };
    }
}
