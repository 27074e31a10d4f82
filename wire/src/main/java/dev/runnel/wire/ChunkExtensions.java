package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.runnel.core.Extension;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// An upstream's own fields on their way into our chunks: at the place where they came, before our own members of
/// that place. Put in after the chunk is written, so that chunks without them cost nothing.
final class ChunkExtensions {

    // Neither can stand inside a string, where quotes are escaped.
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
        if (usageApart && !fresh.isEmpty()) {
            int second = indexOf(NEXT_CHUNK, out.array(), from, out.length());
            fresh.forEach(extension -> splice(extension, second, out));
        } else {
            fresh.forEach(extension -> splice(extension, from, out));
        }
        held.forEach(extension -> splice(extension, from, out));
        fresh.clear();
        held.clear();
    }

    /// Puts one into the first chunk from `from` on.
    void splice(Extension extension, int from, ByteSink out) {
        byte[] chunk = out.takeBack(from);
        int choices = indexOf(CHOICES, chunk, 0, chunk.length);
        out.raw(chunk, 0, choices);
        extension.ofReply().forEach((name, json) -> {
            if (!(tellsTier && name.equals("service_tier"))
                    && !(tellsFingerprint && name.equals("system_fingerprint"))) {
                member(name, json, out);
            }
        });
        int at = choices + CHOICES.length;
        out.raw(CHOICES);
        if (chunk[at] == '{') {
            out.raw(chunk, at, 1);
            at++;
            members(extension.ofChoice(), out);
            int delta = indexOf(DELTA, chunk, at, chunk.length);
            if (!extension.ofPiece().isEmpty() && delta < chunk.length) {
                int inside = delta + DELTA.length;
                out.raw(chunk, at, inside - at);
                at = inside;
                members(extension.ofPiece(), out);
                if (chunk[at] == '}') {
                    var _ = out.takeBack(out.length() - 1); // the comma, after which nothing comes
                }
            }
        }
        out.raw(chunk, at, chunk.length - at);
    }

    private static void members(Map<String, String> members, ByteSink out) {
        members.forEach((name, json) -> member(name, json, out));
    }

    private static void member(String name, String json, ByteSink out) {
        out.string(name).raw(":").json(json).raw(",");
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
