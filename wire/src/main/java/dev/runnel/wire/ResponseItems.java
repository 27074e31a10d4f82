package dev.runnel.wire;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The items of the latest responses, by their ids. Some clients continue a conversation by sending ids
/// in place of the items that they have received, unless they are told that the server stores nothing.
///
/// Held in memory alone and bounded: the oldest go first, and a request that names one of those is
/// refused. Safe for use by many threads.
public final class ResponseItems {

    /// Remembers nothing.
    static final ResponseItems NONE = new ResponseItems(0);

    /// What an entry takes beside its characters.
    private static final int OVERHEAD = 200;

    private final long mostBytes;

    // Under the lock of this.
    private final Map<String, String> jsonOfItem = new LinkedHashMap<>();
    private long bytes;

    /// @param mostBytes of memory, about; 0 remembers nothing
    public ResponseItems(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    synchronized void keep(String id, String json) {
        long size = size(id, json);
        if (size > mostBytes) {
            return;
        }
        jsonOfItem.put(id, json);
        bytes += size;
        var oldest = jsonOfItem.entrySet().iterator();
        while (bytes > mostBytes) {
            Map.Entry<String, String> gone = oldest.next();
            bytes -= size(gone.getKey(), gone.getValue());
            oldest.remove();
        }
    }

    synchronized Optional<String> find(String id) {
        return Optional.ofNullable(jsonOfItem.get(id));
    }

    /// At two bytes a character, which is the most.
    private static long size(String id, String json) {
        return OVERHEAD + 2L * (id.length() + json.length());
    }
}
