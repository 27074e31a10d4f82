package dev.runnel.engine.constraint;

/// A set of bytes, each from 0 to 255.
record ByteSet(long a, long b, long c, long d) {

    static final ByteSet NONE = new ByteSet(0, 0, 0, 0);
    static final ByteSet ALL = new ByteSet(-1, -1, -1, -1);

    static ByteSet of(int each) {
        return range(each, each);
    }

    /// @param last included
    static ByteSet range(int first, int last) {
        return new ByteSet(
                word(first, last),
                word(first - 64, last - 64),
                word(first - 128, last - 128),
                word(first - 192, last - 192));
    }

    static ByteSet of(String ascii) {
        ByteSet set = NONE;
        for (int i = 0; i < ascii.length(); i++) {
            set = set.or(of(ascii.charAt(i)));
        }
        return set;
    }

    private static long word(int first, int last) {
        if (last < 0 || first > 63) {
            return 0;
        }
        return (-1L << Math.max(first, 0)) & (-1L >>> (63 - Math.min(last, 63)));
    }

    boolean contains(int each) {
        long word = switch (each >>> 6) {
            case 0 -> a;
            case 1 -> b;
            case 2 -> c;
            default -> d;
        };
        return (word >>> each & 1) != 0;
    }

    ByteSet or(ByteSet other) {
        return new ByteSet(a | other.a, b | other.b, c | other.c, d | other.d);
    }

    ByteSet and(ByteSet other) {
        return new ByteSet(a & other.a, b & other.b, c & other.c, d & other.d);
    }

    ByteSet not() {
        return new ByteSet(~a, ~b, ~c, ~d);
    }

    boolean isEmpty() {
        return (a | b | c | d) == 0;
    }
}
