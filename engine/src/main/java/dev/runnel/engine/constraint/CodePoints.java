package dev.runnel.engine.constraint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A set of code points as ascending ranges that neither touch nor overlap.
final class CodePoints {

    private final int[] bounds;

    static final CodePoints NONE = new CodePoints(new int[0]);
    static final CodePoints ALL = range(0, Character.MAX_CODE_POINT);

    /// @param bounds first and last of each range, both included
    CodePoints(int[] bounds) {
        this.bounds = bounds;
    }

    /// First and last of each range, both included.
    int[] bounds() {
        return bounds;
    }

    static CodePoints of(int each) {
        return range(each, each);
    }

    static CodePoints range(int first, int last) {
        return new CodePoints(new int[] {first, last});
    }

    /// The code points of a text.
    static CodePoints of(String text) {
        Union all = new Union();
        text.codePoints().forEach(each -> all.add(of(each)));
        return all.toCodePoints();
    }

    CodePoints or(CodePoints other) {
        Union both = new Union();
        both.add(this);
        both.add(other);
        return both.toCodePoints();
    }

    /// Sets put together. However many there are, it takes hardly more memory than what they make.
    static final class Union {

        private static final int MIN_CAPACITY = 64;

        private long[] ranges = new long[MIN_CAPACITY]; // each packed
        private int size;

        void add(CodePoints more) {
            int[] bounds = more.bounds;
            if (size + bounds.length / 2 > ranges.length) {
                merge();
                ranges = Arrays.copyOf(ranges, Math.max(MIN_CAPACITY, 2 * size + bounds.length));
            }
            for (int i = 0; i < bounds.length; i += 2) {
                ranges[size++] = pack(bounds[i], bounds[i + 1]);
            }
        }

        private void merge() {
            Arrays.sort(ranges, 0, size);
            int merged = 0;
            for (int i = 0; i < size; i++) {
                long above = merged == 0 ? 0 : ranges[merged - 1];
                if (merged > 0 && first(ranges[i]) <= last(above) + 1) {
                    ranges[merged - 1] = pack(first(above), Math.max(last(above), last(ranges[i])));
                } else {
                    ranges[merged++] = ranges[i];
                }
            }
            size = merged;
        }

        private static long pack(int first, int last) {
            return (long) first << 32 | last;
        }

        private static int first(long range) {
            return (int) (range >>> 32);
        }

        private static int last(long range) {
            return (int) range;
        }

        CodePoints toCodePoints() {
            merge();
            int[] bounds = new int[2 * size];
            for (int i = 0; i < size; i++) {
                bounds[2 * i] = first(ranges[i]);
                bounds[2 * i + 1] = last(ranges[i]);
            }
            return new CodePoints(bounds);
        }
    }

    CodePoints not() {
        int[] rest = new int[bounds.length + 2];
        int size = 0;
        int from = 0;
        for (int i = 0; i < bounds.length; i += 2) {
            if (bounds[i] > from) {
                rest[size++] = from;
                rest[size++] = bounds[i] - 1;
            }
            from = bounds[i + 1] + 1;
        }
        if (from <= Character.MAX_CODE_POINT) {
            rest[size++] = from;
            rest[size++] = Character.MAX_CODE_POINT;
        }
        return new CodePoints(Arrays.copyOf(rest, size));
    }

    boolean contains(int codePoint) {
        for (int i = 0; i < bounds.length; i += 2) {
            if (codePoint >= bounds[i] && codePoint <= bounds[i + 1]) {
                return true;
            }
        }
        return false;
    }

    /// Exactly the UTF-8 sequences of these code points, without surrogates.
    Node utf8() {
        List<Node> options = new ArrayList<>();
        ByteSet ascii = ByteSet.NONE;
        int[] steps = {0, 0x80, 0x800, Character.MIN_SURROGATE, Character.MAX_SURROGATE + 1, 0x10000, 0x110000};
        for (int i = 0; i < bounds.length; i += 2) {
            for (int step = 0; step + 1 < steps.length; step++) {
                int first = Math.max(bounds[i], steps[step]);
                int last = Math.min(bounds[i + 1], steps[step + 1] - 1);
                if (first > last || StringLanguage.isSurrogate(first)) {
                    continue;
                }
                if (last < 0x80) {
                    ascii = ascii.or(ByteSet.range(first, last));
                } else {
                    split(encode(first), encode(last), 0, new ArrayList<>(), options);
                }
            }
        }
        if (!ascii.isEmpty()) {
            options.add(new Node.OneByte(ascii));
        }
        return options.size() == 1 ? options.getFirst() : new Node.Choice(options);
    }

    private static int[] encode(int codePoint) {
        byte[] utf8 = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
        int[] values = new int[utf8.length];
        for (int i = 0; i < utf8.length; i++) {
            values[i] = utf8[i] & 0xFF;
        }
        return values;
    }

    /// All sequences from `first` to `last`, which are of one length and agree before `at`.
    private static void split(int[] first, int[] last, int at, List<Node> prefix, List<Node> options) {
        if (at == first.length) {
            options.add(new Node.Sequence(List.copyOf(prefix)));
            return;
        }
        int from = first[at];
        int to = last[at];
        if (from == to) {
            prefix.add(new Node.OneByte(ByteSet.of(from)));
            split(first, last, at + 1, prefix, options);
            prefix.removeLast();
            return;
        }
        if (!isRest(first, at, 0x80)) {
            int[] top = fill(first, at, 0xBF);
            prefix.add(new Node.OneByte(ByteSet.of(from)));
            split(first, top, at + 1, prefix, options);
            prefix.removeLast();
            from++;
        }
        boolean isWhole = isRest(last, at, 0xBF);
        int wholeTo = isWhole ? to : to - 1;
        if (from <= wholeTo) {
            List<Node> parts = new ArrayList<>(prefix);
            parts.add(new Node.OneByte(ByteSet.range(from, wholeTo)));
            for (int i = at + 1; i < first.length; i++) {
                parts.add(new Node.OneByte(ByteSet.range(0x80, 0xBF)));
            }
            options.add(new Node.Sequence(parts));
        }
        if (!isWhole) {
            int[] bottom = fill(last, at, 0x80);
            prefix.add(new Node.OneByte(ByteSet.of(to)));
            split(bottom, last, at + 1, prefix, options);
            prefix.removeLast();
        }
    }

    private static boolean isRest(int[] bytes, int at, int value) {
        for (int i = at + 1; i < bytes.length; i++) {
            if (bytes[i] != value) {
                return false;
            }
        }
        return true;
    }

    private static int[] fill(int[] bytes, int at, int value) {
        int[] filled = bytes.clone();
        Arrays.fill(filled, at + 1, filled.length, value);
        return filled;
    }
}
