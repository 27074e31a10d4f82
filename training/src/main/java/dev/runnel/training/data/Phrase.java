package dev.runnel.training.data;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A phrase that can be said in several ways:
///
/// ```
/// (|please) count <range>     `please` or nothing, `count`, and one of the fragments named `range`
/// <word> from {a} to {b}      a word that the model need not know; {a} and {b} are filled in later
/// ```
///
/// Alternatives may hold alternatives and fragments. Space that is left over where nothing was chosen is taken out.
sealed interface Phrase {

    /// One way to say it.
    String drawn(Draw draw);

    /// In how many ways it can be said; not a number, where it holds a word of any kind.
    double ways();

    /// All ways to say it, where they are few and hold no word of any kind.
    Stream<String> all();

    record Literal(String text) implements Phrase {
        @Override
        public String drawn(Draw draw) {
            return text;
        }

        @Override
        public double ways() {
            return 1;
        }

        @Override
        public Stream<String> all() {
            return Stream.of(text);
        }
    }

    /// One of several, all as likely.
    record Choice(List<Phrase> choices) implements Phrase {
        @Override
        public String drawn(Draw draw) {
            return draw.of(choices).drawn(draw);
        }

        @Override
        public double ways() {
            return choices.stream().mapToDouble(Phrase::ways).sum();
        }

        @Override
        public Stream<String> all() {
            return choices.stream().flatMap(Phrase::all);
        }
    }

    /// All, one behind another.
    record Joined(List<Phrase> parts) implements Phrase {
        @Override
        public String drawn(Draw draw) {
            return parts.stream().map(part -> part.drawn(draw)).collect(Collectors.joining());
        }

        @Override
        public double ways() {
            return parts.stream().mapToDouble(Phrase::ways).reduce(1, (a, b) -> a * b);
        }

        @Override
        public Stream<String> all() {
            List<String> all = List.of("");
            for (Phrase part : parts) {
                all = all.stream()
                        .flatMap(begun -> part.all().map(begun::concat))
                        .toList();
            }
            return all.stream();
        }
    }

    /// Any word.
    record AnyWord() implements Phrase {
        @Override
        public String drawn(Draw draw) {
            return Noise.word(draw);
        }

        @Override
        public double ways() {
            return Double.NaN;
        }

        @Override
        public Stream<String> all() {
            throw new IllegalStateException("a phrase with <word> can be said in any number of ways");
        }
    }

    /// @param fragments by name
    static Phrase parse(String text, Function<String, Phrase> fragments) {
        return new Parser(text, fragments).whole();
    }

    /// Reads a phrase from left to right.
    final class Parser {
        private final String text;
        private final Function<String, Phrase> fragments;
        private int at;

        private Parser(String text, Function<String, Phrase> fragments) {
            this.text = text;
            this.fragments = fragments;
        }

        private Phrase whole() {
            Phrase whole = joined(false);
            if (at < text.length()) {
                throw new IllegalArgumentException("'%s' closes a bracket that is not open".formatted(text));
            }
            return whole;
        }

        /// Up to the end; in brackets, up to the next alternative or the bracket that closes.
        private Phrase joined(boolean inBrackets) {
            List<Phrase> parts = new ArrayList<>();
            StringBuilder literal = new StringBuilder();
            while (at < text.length() && !(inBrackets && text.charAt(at) == '|') && text.charAt(at) != ')') {
                char c = text.charAt(at++);
                switch (c) {
                    case '(' -> {
                        parts.add(new Literal(literal.toString()));
                        literal.setLength(0);
                        parts.add(choice());
                    }
                    case '<' -> {
                        parts.add(new Literal(literal.toString()));
                        literal.setLength(0);
                        parts.add(fragment());
                    }
                    default -> literal.append(c);
                }
            }
            parts.add(new Literal(literal.toString()));
            return parts.size() == 1 ? parts.getFirst() : new Joined(List.copyOf(parts));
        }

        private Phrase choice() {
            List<Phrase> choices = new ArrayList<>();
            do {
                choices.add(joined(true));
            } while (at < text.length() && text.charAt(at++) == '|');
            if (text.charAt(at - 1) != ')') {
                throw new IllegalArgumentException("'%s' has an open bracket".formatted(text));
            }
            return new Choice(List.copyOf(choices));
        }

        private Phrase fragment() {
            int end = text.indexOf('>', at);
            if (end < 0) {
                throw new IllegalArgumentException("'%s' has a '<' without a '>'".formatted(text));
            }
            String name = text.substring(at, end);
            at = end + 1;
            return name.equals("word") ? new AnyWord() : fragments.apply(name);
        }
    }
}
