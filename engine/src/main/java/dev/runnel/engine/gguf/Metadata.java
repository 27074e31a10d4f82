package dev.runnel.engine.gguf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.runnel.engine.ModelFileException;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/// What a file says of itself: keys and typed values, in the file's order.
///
/// Values stay in the file until somebody asks, so a large vocabulary costs nothing to those who don't. A
/// getter that finds another type, a number out of bounds or malformed text throws [ModelFileException] with
/// the key, what was found and what was expected. An absent key is an empty result; the `require` forms
/// refuse it.
public final class Metadata {

    /// Longest text that is decoded, in bytes: far above any chat template, and no burden on a heap.
    static final int LONGEST_TEXT = 1 << 24;

    /// A value where it lies in the file.
    ///
    /// @param type of the value, or of an array's elements; never [ValueType#ARRAY]
    /// @param length of an array; else 1
    /// @param bytes without the lengths or types that precede them, but with those before an array's strings
    record Entry(ValueType type, boolean isArray, int length, MemorySegment bytes) {

        private String label() {
            return isArray ? "an array of " + type.label() : type.label();
        }
    }

    private final String file;
    private final SequencedMap<String, Entry> entries;

    /// @param file the file's name, for messages
    Metadata(String file, SequencedMap<String, Entry> entries) {
        this.file = file;
        this.entries = Collections.unmodifiableSequencedMap(entries);
    }

    public boolean has(String key) {
        return entries.containsKey(key);
    }

    public boolean isArray(String key) {
        Entry entry = entries.get(key);
        return entry != null && entry.isArray();
    }

    public Optional<String> string(String key) {
        return scalar(key, ValueType.STRING::equals, "string").map(entry -> text(key, entry.bytes()));
    }

    public String requireString(String key) {
        return string(key).orElseThrow(() -> missing(key, "string"));
    }

    /// The whole number at `key`, of whichever integer type.
    ///
    /// @param least the smallest value that makes sense
    /// @param most the largest
    public OptionalInt integer(String key, int least, int most) {
        return scalar(key, ValueType::isWhole, "a whole number")
                .map(entry -> OptionalInt.of(integer(key, entry, 0, least, most)))
                .orElse(OptionalInt.empty());
    }

    public int requireInteger(String key, int least, int most) {
        return integer(key, least, most).orElseThrow(() -> missing(key, "a whole number"));
    }

    /// The fractional number at `key`; it is finite.
    public Optional<Float> number(String key) {
        return scalar(key, ValueType::isReal, "float32").map(entry -> number(key, entry, 0));
    }

    public float requireNumber(String key) {
        return number(key).orElseThrow(() -> missing(key, "float32"));
    }

    public Optional<Boolean> flag(String key) {
        return scalar(key, ValueType.BOOL::equals, "bool").map(entry -> flag(key, entry, 0));
    }

    /// The strings of the array at `key`; none if there is no such key.
    public List<String> strings(String key) {
        return array(key, ValueType.STRING::equals, "string")
                .map(array -> {
                    List<String> strings = new ArrayList<>(array.length());
                    Cursor cursor = new Cursor(file, array.bytes());
                    for (int i = 0; i < array.length(); i++) {
                        strings.add(text(key, cursor.readString(key)));
                    }
                    return strings;
                })
                .orElse(List.of());
    }

    /// The whole numbers of the array at `key`, each within an `int`; none if there is no such key.
    public int[] ints(String key) {
        return array(key, ValueType::isWhole, "whole numbers")
                .map(array -> {
                    int[] numbers = new int[array.length()];
                    for (int i = 0; i < numbers.length; i++) {
                        numbers[i] = integer(key, array, i, Integer.MIN_VALUE, Integer.MAX_VALUE);
                    }
                    return numbers;
                })
                .orElseGet(() -> new int[0]);
    }

    /// The fractional numbers of the array at `key`, all finite; none if there is no such key.
    public float[] floats(String key) {
        return array(key, ValueType::isReal, "float32")
                .map(array -> {
                    float[] numbers = new float[array.length()];
                    for (int i = 0; i < numbers.length; i++) {
                        numbers[i] = number(key, array, i);
                    }
                    return numbers;
                })
                .orElseGet(() -> new float[0]);
    }

    /// The flags of the array at `key`; none if there is no such key.
    public boolean[] flags(String key) {
        return array(key, ValueType.BOOL::equals, "bool")
                .map(array -> {
                    boolean[] flags = new boolean[array.length()];
                    for (int i = 0; i < flags.length; i++) {
                        flags[i] = flag(key, array, i);
                    }
                    return flags;
                })
                .orElseGet(() -> new boolean[0]);
    }

    /// Shows every key with its value, in the file's order.
    public void forEach(BiConsumer<String, MetadataValue> action) {
        entries.forEach((key, entry) -> action.accept(key, value(key, entry)));
    }

    private MetadataValue value(String key, Entry entry) {
        if (entry.isArray()) {
            return new MetadataValue.Array(entry.type().label(), entry.length());
        }
        return switch (entry.type()) {
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, INT64 ->
                new MetadataValue.Whole(BigInteger.valueOf(entry.type().wholeAt(entry.bytes(), 0)));
            case UINT64 ->
                new MetadataValue.Whole(
                        new BigInteger(Long.toUnsignedString(entry.type().wholeAt(entry.bytes(), 0))));
            // A float32 as its own shortest decimal, 1.0E-5, not as the double 9.999999747378752E-6.
            case FLOAT32 ->
                new MetadataValue.Real(
                        Double.parseDouble(Float.toString((float) entry.type().realAt(entry.bytes(), 0))));
            case FLOAT64 -> new MetadataValue.Real(entry.type().realAt(entry.bytes(), 0));
            case BOOL -> new MetadataValue.Flag(flag(key, entry, 0));
            case STRING -> new MetadataValue.Text(text(key, entry.bytes()));
            case ARRAY -> throw new IllegalStateException("nested array at " + key);
        };
    }

    private Optional<Entry> scalar(String key, Predicate<ValueType> fits, String expected) {
        Entry entry = entries.get(key);
        if (entry != null && (entry.isArray() || !fits.test(entry.type()))) {
            throw wrongType(key, entry, expected);
        }
        return Optional.ofNullable(entry);
    }

    private Optional<Entry> array(String key, Predicate<ValueType> fits, String expected) {
        Entry entry = entries.get(key);
        if (entry != null && (!entry.isArray() || !fits.test(entry.type()))) {
            throw wrongType(key, entry, "an array of " + expected);
        }
        return Optional.ofNullable(entry);
    }

    private String text(String key, MemorySegment bytes) {
        if (bytes.byteSize() > LONGEST_TEXT) {
            throw fault(
                    key, "holds a string of %d bytes, expected at most %d".formatted(bytes.byteSize(), LONGEST_TEXT));
        }
        String text = Utf8.decode(bytes);
        if (text == null) {
            throw fault(key, "holds a string that is not valid UTF-8");
        }
        return text;
    }

    private int integer(String key, Entry entry, int index, int least, int most) {
        ValueType type = entry.type();
        long number = type.wholeAt(entry.bytes(), (long) index * type.bytes);
        boolean beyondLong = type == ValueType.UINT64 && number < 0;
        if (beyondLong || number < least || number > most) {
            String found = beyondLong ? Long.toUnsignedString(number) : Long.toString(number);
            throw fault(
                    key, "%s %s, expected %d to %d".formatted(entry.isArray() ? "holds" : "is", found, least, most));
        }
        return (int) number;
    }

    private float number(String key, Entry entry, int index) {
        float number = (float) entry.type().realAt(entry.bytes(), (long) index * entry.type().bytes);
        if (!Float.isFinite(number)) {
            throw fault(key, "%s %s, expected a finite number".formatted(entry.isArray() ? "holds" : "is", number));
        }
        return number;
    }

    private boolean flag(String key, Entry entry, int index) {
        byte flag = entry.bytes().get(JAVA_BYTE, index);
        if (flag != 0 && flag != 1) {
            throw fault(key, "%s the bool %d, expected 0 or 1".formatted(entry.isArray() ? "holds" : "is", flag));
        }
        return flag == 1;
    }

    private ModelFileException missing(String key, String expected) {
        return fault(key, "is missing, expected %s".formatted(expected));
    }

    private ModelFileException wrongType(String key, Entry entry, String expected) {
        return fault(key, "is %s, expected %s".formatted(entry.label(), expected));
    }

    private ModelFileException fault(String key, String fault) {
        return new ModelFileException(file, "metadata key " + key + " " + fault);
    }
}
