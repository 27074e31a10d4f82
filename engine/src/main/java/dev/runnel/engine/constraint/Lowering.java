package dev.runnel.engine.constraint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;

/// [Grammar]s to [Node]s.
final class Lowering {

    private static final int MAX_DEPTH = 200;

    private final ConstraintVocabulary vocabulary;
    private final JsonNodes json;
    private final Patterns patterns = new Patterns();
    private final boolean isModest;
    private boolean hasAlternative;

    /// @param isModest whether to take what stands in for what is wanted, even where that can be enforced
    Lowering(ConstraintVocabulary vocabulary, boolean isModest) {
        this.vocabulary = vocabulary;
        this.isModest = isModest;
        json = new JsonNodes(vocabulary.strings());
    }

    Node lower(Grammar grammar, int depth) {
        if (depth > MAX_DEPTH) {
            throw new ConstraintException("the grammar", "is nested more than %d deep".formatted(MAX_DEPTH));
        }
        return switch (grammar) {
            case Grammar.JsonObject _ -> json.object();
            case Grammar.JsonSchema(var schema, var path) ->
                new SchemaCompiler(JsonValueMaker.read(schema, path), path, json, patterns).compile();
            case Grammar.Gbnf(var text, var path) -> GbnfReader.read(text, path);
            case Grammar.Literal(var text) -> new Node.Text(text);
            case Grammar.Token(var id) -> {
                if (id < 0 || id >= vocabulary.size()) {
                    throw new ConstraintException(
                            "token " + id, "is not one of the vocabulary's %d".formatted(vocabulary.size()));
                }
                yield new Node.Token(id);
            }
            case Grammar.Sequence(var parts) -> new Node.Sequence(lower(parts, depth));
            case Grammar.Alternatives(var options) -> new Node.Choice(lower(options, depth));
            case Grammar.Repeat(var body, var min, var max) -> new Node.Repeat(lower(body, depth + 1), min, max);
            case Grammar.FreeText(var without, var until) -> freeText(without, until.orElse(""));
            case Grammar.OrElse(var wanted, var otherwise) -> orElse(wanted, otherwise, depth + 1);
        };
    }

    private Node orElse(Grammar wanted, Grammar otherwise, int depth) {
        if (isModest) {
            return lower(otherwise, depth);
        }
        hasAlternative = true;
        try {
            return lower(wanted, depth);
        } catch (ConstraintException _) {
            return lower(otherwise, depth);
        }
    }

    /// Whether something was wanted that something else may stand in for.
    boolean hasAlternative() {
        return hasAlternative;
    }

    private List<Node> lower(List<Grammar> grammars, int depth) {
        List<Node> nodes = new ArrayList<>();
        grammars.forEach(each -> nodes.add(lower(each, depth + 1)));
        return nodes;
    }

    /// The path by which messages name a grammar: of the first of its parts that has one.
    static String pathOf(Grammar grammar) {
        String path = findPath(grammar, 0);
        return path.isEmpty() ? "the grammar" : path;
    }

    private static String findPath(Grammar grammar, int depth) {
        return switch (grammar) {
            case Grammar.JsonSchema(var _, var path) -> path;
            case Grammar.Gbnf(var _, var path) -> path;
            case Grammar.Sequence(var parts) -> firstPath(parts, depth);
            case Grammar.Alternatives(var options) -> firstPath(options, depth);
            case Grammar.Repeat(var body, var _, var _) -> findPath(body, depth + 1);
            case Grammar.OrElse(var wanted, var _) -> findPath(wanted, depth + 1);
            case Grammar.JsonObject _, Grammar.Literal _, Grammar.Token _, Grammar.FreeText _ -> "";
        };
    }

    private static String firstPath(List<Grammar> grammars, int depth) {
        return grammars.stream()
                .map(each -> findPath(each, depth + 1))
                .filter(path -> !path.isEmpty())
                .findFirst()
                .orElse("");
    }

    /// The automaton of Aho and Corasick, 1975, whose states are what of the strings has been read.
    private static Node freeText(List<String> without, String until) {
        List<String> strings = new ArrayList<>(without);
        boolean ends = !until.isEmpty();
        if (ends) {
            strings.add(until);
        }
        List<TreeMap<Integer, Integer>> trie = new ArrayList<>(List.of(new TreeMap<>()));
        List<Integer> kinds = new ArrayList<>(List.of(GOES_ON));
        for (int i = 0; i < strings.size(); i++) {
            int at = 0;
            for (byte each : strings.get(i).getBytes(StandardCharsets.UTF_8)) {
                Integer then = trie.get(at).get(each & 0xFF);
                if (then == null) {
                    then = trie.size();
                    trie.get(at).put(each & 0xFF, then);
                    trie.add(new TreeMap<>());
                    kinds.add(GOES_ON);
                }
                at = then;
            }
            if (kinds.get(at) != FORBIDDEN) {
                kinds.set(at, i == without.size() ? ENDS : FORBIDDEN);
            }
        }
        int[][] next = new int[trie.size()][256];
        int[] suffix = new int[trie.size()];
        Deque<Integer> work = new ArrayDeque<>(List.of(0));
        while (!work.isEmpty()) {
            int at = work.remove();
            if (kinds.get(at) == GOES_ON) {
                kinds.set(at, kinds.get(suffix[at]));
            }
            for (int value = 0; value < 256; value++) {
                int fallback = at == 0 ? 0 : next[suffix[at]][value];
                Integer child = trie.get(at).get(value);
                next[at][value] = child == null ? fallback : child;
                if (child != null) {
                    suffix[child] = fallback;
                    work.add(child);
                }
            }
        }
        Node.Drawing drawing = new Node.Drawing();
        for (int state = 1; state < trie.size(); state++) {
            drawing.state();
        }
        for (int state = 0; state < trie.size(); state++) {
            if (kinds.get(state) == ENDS || (kinds.get(state) == GOES_ON && !ends)) {
                drawing.accept(state);
            }
            if (kinds.get(state) != GOES_ON) {
                continue;
            }
            TreeMap<Integer, ByteSet> edges = new TreeMap<>();
            for (int value = 0; value < 256; value++) {
                if (kinds.get(next[state][value]) != FORBIDDEN) {
                    edges.merge(next[state][value], ByteSet.of(value), ByteSet::or);
                }
            }
            int from = state;
            edges.forEach((to, set) -> drawing.edge(from, new Node.OneByte(set), to));
        }
        return drawing.graph();
    }

    private static final int GOES_ON = 0;
    private static final int ENDS = 1;
    private static final int FORBIDDEN = 2;
}
