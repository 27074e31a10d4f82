package dev.runnel.app;

import dev.runnel.core.Prompt;
import dev.runnel.core.TokenCodec;
import java.util.ArrayList;
import java.util.List;

/// A text as a model reads it.
///
/// @param lead what the model begins a text with, and so each [Window] of it: one token or none
/// @param own the tokens of the text itself
record MeasuredText(List<Integer> lead, List<Integer> own) {

    static MeasuredText of(TokenCodec codec, String text) {
        List<Integer> tokens = codec.read(new Prompt.Text(text));
        int lead = tokens.size() - codec.tokenize(text, false, false).size();
        return new MeasuredText(List.copyOf(tokens.subList(0, lead)), List.copyOf(tokens.subList(lead, tokens.size())));
    }

    int tokens() {
        return lead.size() + own.size();
    }

    /// The first of the text's own tokens that something comes before.
    int first() {
        return lead.isEmpty() ? 1 : 0;
    }

    /// @throws CommandFailure if nothing in such a context comes before anything
    List<Window> windows(int context) {
        if (context < 2) {
            throw new CommandFailure("in a context of %d token nothing comes before anything".formatted(context));
        }
        return Window.of(own.size(), context - lead.size(), first());
    }

    /// What is read for a window.
    List<Integer> tokens(Window window) {
        List<Integer> tokens = new ArrayList<>(lead);
        tokens.addAll(own.subList(window.start(), window.end()));
        return tokens;
    }

    /// Where in the [#tokens] of a window those begin that are counted.
    int counted(Window window) {
        return lead.size() + window.from() - window.start();
    }
}
