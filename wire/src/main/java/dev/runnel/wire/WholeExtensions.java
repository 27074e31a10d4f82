package dev.runnel.wire;

import dev.runnel.core.Extension;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// An upstream's own fields of a whole stream, at their places in a whole reply. What is said of the reply or of a
/// choice more than once counts as it was said last. What is said of the pieces of a choice is of its message where all
/// pieces say the same; where they don't, nobody but its vendor knows what the whole of it is, and it is left out.
final class WholeExtensions {

    private final Map<String, String> ofReply = new LinkedHashMap<>();
    private final Map<Integer, Map<String, String>> ofChoice = new HashMap<>();
    private final Map<Integer, Map<String, String>> ofMessage = new HashMap<>();

    /// @param extensions of one stream, in their order
    WholeExtensions(List<Extension> extensions) {
        Map<Integer, Set<String>> various = new HashMap<>();
        for (Extension extension : extensions) {
            ofReply.putAll(extension.ofReply());
            extension.choice().ifPresent(choice -> {
                at(choice, ofChoice).putAll(extension.ofChoice());
                extension.ofPiece().forEach((name, json) -> {
                    String before = at(choice, ofMessage).put(name, json);
                    if (before != null && !before.equals(json)) {
                        various.computeIfAbsent(choice, _ -> new HashSet<>()).add(name);
                    }
                });
            });
        }
        various.forEach((choice, names) -> at(choice, ofMessage).keySet().removeAll(names));
    }

    private static Map<String, String> at(int choice, Map<Integer, Map<String, String>> places) {
        return places.computeIfAbsent(choice, _ -> new LinkedHashMap<>());
    }

    /// Appends members, each with a comma before it, but for those that the reply has anyway.
    void ofReply(Set<String> known, ByteSink out) {
        members(ofReply, known, out);
    }

    void ofChoice(int choice, Set<String> known, ByteSink out) {
        members(ofChoice.getOrDefault(choice, Map.of()), known, out);
    }

    void ofMessage(int choice, ByteSink out) {
        members(ofMessage.getOrDefault(choice, Map.of()), Set.of(), out);
    }

    private static void members(Map<String, String> members, Set<String> known, ByteSink out) {
        members.forEach((name, json) -> {
            if (!known.contains(name)) {
                out.raw(",").string(name).raw(":").json(json);
            }
        });
    }
}
