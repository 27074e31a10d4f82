package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.runnel.core.Extension;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// An upstream's own fields on their way into our chunks: at the place where they came, before our own members of
/// that place. Put in after the chunk is written, so that chunks without them cost nothing.
final class ChunkExtensions {

    // None can stand inside a string, where quotes and line ends are escaped.
    private static final byte[] CHOICES = ascii("\"choices\":[");
    private static final byte[] DELTA = ascii("\"delta\":{");
    private static final byte[] NEXT_CHUNK = ascii("\n\ndata: {");

    private final boolean tellsTier;
    private final boolean tellsFingerprint;

    /// Of events of which nothing has been written yet.
    private final List<Extension> held = new ArrayList<>();

    /// Of the event that is written next.
    private final List<Extension> fresh = new ArrayList<>();

    /// @param tellsTier whether our chunks have a member `service_tier` anyway
    /// @param tellsFingerprint whether they have a member `system_fingerprint` anyway
    ChunkExtensions(boolean tellsTier, boolean tellsFingerprint) {
        this.tellsTier = tellsTier;
        this.tellsFingerprint = tellsFingerprint;
    }

    void add(Extension extension) {
        fresh.add(extension);
    }

    boolean isEmpty() {
        return held.isEmpty() && fresh.isEmpty();
    }

    /// Those that came with no event, which are chunks of their own.
    List<Extension> takeAlone() {
        List<Extension> alone = fresh.stream()
                .filter(extension -> extension.alone() && extension.choice().isPresent())
                .toList();
        fresh.removeAll(alone);
        return alone;
    }

    /// Puts all into what has been written from `from` on; if that is nothing, they are kept.
    ///
    /// @param usageApart whether two chunks have been written, and those of the event belong to the second
    void splice(boolean usageApart, int from, ByteSink out) {
        if (out.length() == from) {
            held.addAll(fresh);
            fresh.clear();
            return;
        }
        if (usageApart) {
            splice(fresh, indexOf(NEXT_CHUNK, out.array(), from, out.length()), out);
        } else {
            held.addAll(fresh);
        }
        splice(held, from, out);
        fresh.clear();
        held.clear();
    }

    /// Puts them into the first chunk from `from` on. What is said more than once counts as it was said last.
    ///
    /// @param extensions of one choice at most
    void splice(List<Extension> extensions, int from, ByteSink out) {
        Map<String, String> ofReply = new LinkedHashMap<>();
        Map<String, String> ofChoice = new LinkedHashMap<>();
        Map<String, String> ofPiece = new LinkedHashMap<>();
        for (Extension extension : extensions) {
            ofReply.putAll(extension.ofReply());
            ofChoice.putAll(extension.ofChoice());
            ofPiece.putAll(extension.ofPiece());
        }
        if (tellsTier) {
            ofReply.remove("service_tier");
        }
        if (tellsFingerprint) {
            ofReply.remove("system_fingerprint");
        }
        byte[] chunk = out.takeBack(from);
        int choices = indexOf(CHOICES, chunk, 0, chunk.length);
        out.raw(chunk, 0, choices);
        members(ofReply, out);
        int at = choices + CHOICES.length;
        out.raw(CHOICES);
        if (chunk[at] == '{') {
            out.raw(chunk, at, 1);
            at++;
            members(ofChoice, out);
            int delta = indexOf(DELTA, chunk, at, chunk.length);
            if (!ofPiece.isEmpty() && delta < chunk.length) {
                int inside = delta + DELTA.length;
                out.raw(chunk, at, inside - at);
                at = inside;
                members(ofPiece, out);
                if (chunk[at] == '}') {
                    var _ = out.takeBack(out.length() - 1); // the comma, after which nothing comes
                }
            }
        }
        out.raw(chunk, at, chunk.length - at);
    }

    private static void members(Map<String, String> members, ByteSink out) {
        members.forEach((name, json) -> out.string(name).raw(":").json(json).raw(","));
    }

    /// @return `end` if it is not there
    private static int indexOf(byte[] wanted, byte[] bytes, int from, int end) {
        for (int i = from; i <= end - wanted.length; i++) {
            int same = 0;
            while (same < wanted.length && bytes[i + same] == wanted[same]) {
                same++;
            }
            if (same == wanted.length) {
                return i;
            }
        }
        return end;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }
}
