package dev.runnel.engine.constraint;

import dev.runnel.engine.constraint.StringLanguage.Lengths;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/// A place inside a JSON string whose decoded text is in a [StringLanguage]. Characters may be written as
/// they are, with their short escapes, or as a backslash, `u` and four digits, characters beyond U+FFFF
/// as two of those; whichever it is, the language sees the character. Bytes that can't be completed to
/// one that the language admits are not accepted.
final class StringState extends State {

    /// Where in the writing of a character. The value is what has been read of it.
    private enum Phase {
        /// The opening quote.
        OPEN,
        BODY,
        /// Behind the closing quote.
        CLOSED,
        /// Behind a backslash.
        ESCAPE,
        /// Behind a backslash, `u` and so many digits.
        HEX0,
        HEX1,
        HEX2,
        HEX3,
        /// Behind a high surrogate: the second half of its pair.
        LOW_ESCAPE,
        LOW_U,
        LOW0,
        LOW1,
        LOW2,
        LOW3,
        /// Inside a UTF-8 sequence of so many bytes that wants so many more.
        TWO_LACKS1,
        THREE_LACKS2,
        THREE_LACKS1,
        FOUR_LACKS3,
        FOUR_LACKS2,
        FOUR_LACKS1;

        /// The phase behind one more digit.
        Phase next() {
            return switch (this) {
                case HEX0 -> HEX1;
                case HEX1 -> HEX2;
                case HEX2 -> HEX3;
                case LOW0 -> LOW1;
                case LOW1 -> LOW2;
                case LOW2 -> LOW3;
                default -> throw new IllegalStateException(this + " is not about digits");
            };
        }
    }

    private static final int HIGH = Character.MIN_HIGH_SURROGATE;
    private static final int LOW = Character.MIN_LOW_SURROGATE;

    /// The states of the strings of one language, or of a vocabulary's common ones.
    static final class Table {

        /// Of a language of its own; about 50 MB.
        private static final int MAX_STATES = 50_000;

        private static final int MAX_COMMON_STATES = 20_000;

        private final StringLanguage language;
        private final Table common;
        private final boolean utf8;
        private final ConcurrentMap<Key, StringState> states = new ConcurrentHashMap<>();

        private Table(StringLanguage language, Table common, boolean utf8) {
            this.language = language;
            this.common = common == null ? this : common;
            this.utf8 = utf8;
        }

        /// The states of strings that are limited by their length only.
        ///
        /// @param utf8 whether all bytes of UTF-8 can be written; otherwise other characters than ASCII
        ///     are escaped
        @SuppressWarnings("NullAway") // a table of common states is its own
        static Table common(boolean utf8) {
            return new Table(Lengths.ANY, null, utf8);
        }

        /// The place before the opening quote of a string of some length.
        StringState of(Lengths lengths) {
            return common.state(Phase.OPEN, lengths.start(), 0);
        }

        /// The place before the opening quote of a string of a language that is not empty.
        StringState of(StringLanguage other) {
            return other instanceof Lengths lengths
                    ? of(lengths)
                    : new Table(other, common, utf8).state(Phase.OPEN, other.start(), 0);
        }

        /// Frees all states but the first, from which the others are reached again. Those in use live on.
        private void forget() {
            states.values().removeIf(each -> {
                each.forgetNext();
                return each.key.phase() != Phase.OPEN;
            });
        }

        private StringState state(Phase phase, int place, int value) {
            if (this != common && language.isUniversal(place)) {
                return common.state(phase, Lengths.UNBOUNDED, value);
            }
            Key key = new Key(phase, place, value);
            StringState known = states.get(key);
            if (known != null) {
                return known;
            }
            if (this == common) {
                if (states.size() >= MAX_COMMON_STATES) {
                    states.clear(); // those in use live on, and are made again for others
                }
            } else if (states.size() >= MAX_STATES) {
                forget();
            }
            return states.computeIfAbsent(key, it -> new StringState(this, it));
        }
    }

    private record Key(Phase phase, int place, int value) {}

    private final Table table;
    private final Key key;

    private StringState(Table table, Key key) {
        super(key.phase() == Phase.CLOSED ? 1 : 256);
        this.table = table;
        this.key = key;
    }

    @Override
    protected int classOf(int value) {
        return key.phase() == Phase.CLOSED ? 0 : value;
    }

    @Override
    ByteSet first() {
        return switch (key.phase()) {
            case OPEN -> ByteSet.of('"');
            case CLOSED -> ByteSet.NONE;
            default -> ByteSet.ALL;
        };
    }

    @Override
    boolean accepts() {
        return key.phase() == Phase.CLOSED;
    }

    @Override
    boolean isEndOnly() {
        return accepts();
    }

    @Override
    List<Call> calls() {
        return NO_CALLS;
    }

    @Override
    List<TokenEdge> tokens() {
        return List.of();
    }

    @Override
    boolean isShared() {
        return table == table.common;
    }

    @Override
    State representative() {
        if (!isShared() || key.phase() == Phase.CLOSED) {
            return this;
        }
        int need = Lengths.need(key.place());
        int room = Lengths.room(key.place());
        if (room <= TokenTrie.SHORT || (need > 0 && need <= TokenTrie.SHORT)) {
            return this;
        }
        return table.state(
                key.phase(), Lengths.state(Math.min(need, TokenTrie.SHORT + 1), Lengths.UNBOUNDED), key.value());
    }

    @Override
    protected State step(int value) {
        return switch (key.phase()) {
            case OPEN -> value == '"' ? state(Phase.BODY, 0) : DEAD;
            case BODY -> body(value);
            case CLOSED -> DEAD;
            case ESCAPE -> escape(value);
            case HEX0 -> hex(value, 0);
            case HEX1 -> hex(value, 1);
            case HEX2 -> hex(value, 2);
            case HEX3 -> hex(value, 3);
            case LOW_ESCAPE -> value == '\\' ? state(Phase.LOW_U, key.value()) : DEAD;
            case LOW_U -> value == 'u' ? state(Phase.LOW0, key.value()) : DEAD;
            case LOW0 -> low(value, 0);
            case LOW1 -> low(value, 1);
            case LOW2 -> low(value, 2);
            case LOW3 -> low(value, 3);
            case TWO_LACKS1, THREE_LACKS1, FOUR_LACKS1 -> isContinuation(value) ? character(sixMore(value)) : DEAD;
            case THREE_LACKS2 -> isContinuation(value) ? utf8(Phase.THREE_LACKS1, sixMore(value), 1, 0x800) : DEAD;
            case FOUR_LACKS3 -> isContinuation(value) ? utf8(Phase.FOUR_LACKS2, sixMore(value), 2, 0x10000) : DEAD;
            case FOUR_LACKS2 -> isContinuation(value) ? utf8(Phase.FOUR_LACKS1, sixMore(value), 1, 0x10000) : DEAD;
        };
    }

    private State state(Phase phase, int value) {
        return table.state(phase, key.place(), value);
    }

    private State character(int codePoint) {
        int then = table.language.step(key.place(), codePoint);
        return then == StringLanguage.NONE ? DEAD : table.state(Phase.BODY, then, 0);
    }

    private boolean hasAny(int first, int last) {
        return table.language.hasAny(key.place(), first, last);
    }

    private State body(int value) {
        if (value == '"') {
            return table.language.accepts(key.place()) ? table.state(Phase.CLOSED, 0, 0) : DEAD;
        }
        if (value == '\\') {
            return hasAny(0, CharDfa.LAST) ? state(Phase.ESCAPE, 0) : DEAD;
        }
        if (value < ' ') {
            return DEAD;
        }
        if (value < 0x80) {
            return character(value);
        }
        if (!table.utf8 || value < 0xC2 || value > 0xF4) {
            return DEAD;
        }
        if (value < 0xE0) {
            return utf8(Phase.TWO_LACKS1, value & 0x1F, 1, 0x80);
        }
        return value < 0xF0
                ? utf8(Phase.THREE_LACKS2, value & 0x0F, 2, 0x800)
                : utf8(Phase.FOUR_LACKS3, value & 0x07, 3, 0x10000);
    }

    private static boolean isContinuation(int value) {
        return (value & 0xC0) == 0x80;
    }

    private int sixMore(int value) {
        return key.value() << 6 | (value & 0x3F);
    }

    /// @param bits of the code point that have been read
    /// @param lacks bytes
    /// @param least code point that takes as many bytes
    private State utf8(Phase then, int bits, int lacks, int least) {
        int first = bits << (6 * lacks);
        int last = Math.min(first + (1 << (6 * lacks)) - 1, CharDfa.LAST);
        return hasAny(Math.max(first, least), last) ? state(then, bits) : DEAD;
    }

    private State escape(int value) {
        return switch (value) {
            case '"', '\\', '/' -> character(value);
            case 'b' -> character('\b');
            case 'f' -> character('\f');
            case 'n' -> character('\n');
            case 'r' -> character('\r');
            case 't' -> character('\t');
            case 'u' -> state(Phase.HEX0, 0);
            default -> DEAD;
        };
    }

    private State hex(int value, int digits) {
        int digit = Character.digit(value, 16);
        if (digit < 0) {
            return DEAD;
        }
        int read = key.value() << 4 | digit;
        if (digits == 3) {
            if (!StringLanguage.isSurrogate(read)) {
                return character(read);
            }
            return isHigh(read) && hasPair(read, read) ? state(Phase.LOW_ESCAPE, read) : DEAD;
        }
        int shift = 4 * (3 - digits);
        int first = read << shift;
        int last = first + (1 << shift) - 1;
        boolean leadsOn = hasAny(first, Math.min(last, HIGH - 1))
                || hasAny(Math.max(first, Character.MAX_SURROGATE + 1), last)
                || (first < LOW && last >= HIGH && hasPair(Math.max(first, HIGH), Math.min(last, LOW - 1)));
        return leadsOn ? state(key.phase().next(), read) : DEAD;
    }

    private static boolean isHigh(int unit) {
        return unit >= HIGH && unit < LOW;
    }

    private boolean hasPair(int firstHigh, int lastHigh) {
        return hasAny(0x10000 + ((firstHigh - HIGH) << 10), 0x10000 + ((lastHigh - HIGH) << 10 | 0x3FF));
    }

    /// @param digits of the low surrogate that have been read; the value has the high one before them
    private State low(int value, int digits) {
        int digit = Character.digit(value, 16);
        if (digit < 0) {
            return DEAD;
        }
        int read = key.value() << 4 | digit;
        int high = read >>> (4 * (digits + 1));
        int shift = 4 * (3 - digits);
        int first = (read & ((1 << (4 * (digits + 1))) - 1)) << shift;
        int last = Math.min(first + (1 << shift) - 1, Character.MAX_SURROGATE);
        first = Math.max(first, LOW);
        if (first > last) {
            return DEAD;
        }
        int plane = 0x10000 + ((high - HIGH) << 10);
        if (digits == 3) {
            return character(plane + first - LOW);
        }
        return hasAny(plane + first - LOW, plane + last - LOW)
                ? state(key.phase().next(), read)
                : DEAD;
    }
}
