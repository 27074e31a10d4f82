package dev.runnel.engine.gguf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.fixtures.GgufWriter;
import dev.runnel.engine.fixtures.LittleEndianBytes;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Files that lie. Each ends in one sentence.
class HostileGgufTest {

    // Value types of the format.
    private static final int UINT8 = 0;
    private static final int UINT32 = 4;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;
    private static final int UINT64 = 10;

    // Tensor types of the format.
    private static final int F32 = 0;
    private static final int Q8_0 = 8;

    @Test
    void anEmptyFile() {
        refused(new LittleEndianBytes(), "the file ends after 0 bytes, within the magic number");
    }

    @Test
    void anotherFormat() {
        refused(
                new LittleEndianBytes().raw("PK\3\4 and so on".getBytes(UTF_8)),
                "not a GGUF file: it begins with the bytes 50 4b 03 04, expected 47 47 55 46");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4, -1})
    void anotherVersion(int version) {
        refused(
                magic().int32(version).int64(0).int64(0),
                "the file has GGUF version %s; this engine reads versions 2 and 3"
                        .formatted(Integer.toUnsignedString(version)));
    }

    @Test
    void theOtherByteOrder() {
        refused(
                magic().raw((byte) 0, (byte) 0, (byte) 0, (byte) 3),
                "this is a big-endian GGUF file; this engine reads little-endian ones");
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 62, Long.MIN_VALUE, -1, 100})
    void moreTensorsOrKeysThanBytes(long count) {
        String counted = Long.toUnsignedString(count);
        refused(
                head(count, 0),
                "the number of tensors is %s, more than the file's 24 bytes can hold".formatted(counted));
        refused(
                head(0, count),
                "the number of metadata keys is %s, more than the file's 24 bytes can hold".formatted(counted));
    }

    @Test
    void moreKeysOrTensorsThanAnyModelHas() {
        refused(head(70_000, 0).raw(new byte[4_000_000]), "the number of tensors is 70000, expected at most 65536");
        refused(
                head(0, 70_000).raw(new byte[2_000_000]),
                "the number of metadata keys is 70000, expected at most 65536");
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 62, Long.MIN_VALUE, -1, 1000})
    void aKeyLongerThanTheFile(long length) {
        refused(
                head(0, 1).int64(length).raw(new byte[20]),
                "the name of metadata key 0 is %s bytes long, but only 20 bytes of the file are left"
                        .formatted(Long.toUnsignedString(length)));
    }

    @Test
    void aKeyWithoutAName() {
        refused(key("").int32(UINT32).int32(1), "the name of metadata key 0 is 0 bytes long, expected 1 to 65535");
    }

    @Test
    void aKeyThatIsNotText() {
        refused(
                head(0, 1).int64(2).raw((byte) 0xC3, (byte) 0x28).int32(UINT32).int32(1),
                "the name of metadata key 0 is not valid UTF-8");
    }

    @Test
    void aKeyThatOccursTwice() {
        refused(
                head(0, 2)
                        .string("a")
                        .int32(UINT32)
                        .int32(1)
                        .string("a")
                        .int32(UINT32)
                        .int32(2),
                "metadata key a occurs twice");
    }

    @Test
    void controlCharactersNeverReachATerminal() {
        refused(key("a\n\u001b[2Jb").int32(99).int64(0), "metadata key a??[2Jb has the unknown value type 99");
    }

    @Test
    void aMessageStaysShortWhateverTheFileSays() {
        LittleEndianBytes bytes = key("k".repeat(60_000)).int32(99).int64(0);

        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> open(bytes))
                .satisfies(refusal -> assertThat(refusal.getMessage()).hasSizeLessThan(1100));
    }

    @ParameterizedTest
    @ValueSource(ints = {13, 255, -1, Integer.MIN_VALUE})
    void anUnknownValueType(int type) {
        refused(
                key("k").int32(type).int64(0),
                "metadata key k has the unknown value type " + Integer.toUnsignedString(type));
        refused(
                key("k").int32(ARRAY).int32(type).int64(0),
                "metadata key k has the unknown value type " + Integer.toUnsignedString(type));
    }

    @Test
    void anArrayOfArrays() {
        refused(
                key("k").int32(ARRAY).int32(ARRAY).int64(1).int32(ARRAY).int64(0),
                "metadata key k is an array of arrays, expected an array of single values");
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 62, Long.MIN_VALUE, -1, 1L << 32, 3})
    void anArrayLongerThanTheFile(long length) {
        String message = "the length of metadata key k is %s, more than the file's 57 bytes can hold"
                .formatted(Long.toUnsignedString(length));

        refused(key("k").int32(ARRAY).int32(UINT32).int64(length).raw(new byte[8]), message);
        refused(key("k").int32(ARRAY).int32(STRING).int64(length).raw(new byte[8]), message);
    }

    @Test
    void anArrayLargerThanAnyModelHas() {
        refused(
                key("k").int32(ARRAY).int32(UINT8).int64(3_000_000).raw(new byte[3_000_000]),
                "the length of metadata key k is 3000000, expected at most 2097152");
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 62, Long.MIN_VALUE, -1, 9})
    void aStringLongerThanTheFile(long length) {
        String message = "metadata key k is %s bytes long, but only 8 bytes of the file are left"
                .formatted(Long.toUnsignedString(length));

        refused(key("k").int32(STRING).int64(length).raw(new byte[8]), message);
        refused(
                key("k").int32(ARRAY)
                        .int32(STRING)
                        .int64(2)
                        .int64(0)
                        .int64(length)
                        .raw(new byte[8]),
                message);
    }

    @Test
    void textThatIsNotTextIsRefusedWhenItIsAskedFor() {
        byte[] surrogate = {(byte) 0xED, (byte) 0xA0, (byte) 0x80};

        refusedWhenUsed(
                key("k").int32(STRING).int64(3).raw(surrogate),
                file -> file.metadata().string("k"),
                "metadata key k holds a string that is not valid UTF-8");
        refusedWhenUsed(
                key("k").int32(ARRAY).int32(STRING).int64(1).int64(3).raw(surrogate),
                file -> file.metadata().strings("k"),
                "metadata key k holds a string that is not valid UTF-8");
    }

    @Test
    void textThatWouldFillTheHeapIsRefusedWhenItIsAskedFor() {
        refusedWhenUsed(
                key("k").int32(STRING).int64(1 << 25).raw(new byte[1 << 25]),
                file -> file.metadata().string("k"),
                "metadata key k holds a string of 33554432 bytes, expected at most 16777216");
    }

    @Test
    void aFlagThatIsNeitherSetNorUnset() {
        refusedWhenUsed(
                key("k").int32(BOOL).int8(2),
                file -> file.metadata().flag("k"),
                "metadata key k is the bool 2, expected 0 or 1");
    }

    @Test
    void aNumberTooLargeForASignedLong() {
        refusedWhenUsed(
                key("k").int32(UINT64).int64(-1),
                file -> file.metadata().integer("k", 0, 100),
                "metadata key k is 18446744073709551615, expected 0 to 100");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4, Integer.MIN_VALUE, -1})
    void anAlignmentOutOfBounds(int alignment) {
        refused(
                key("general.alignment").int32(UINT32).int32(alignment),
                "metadata key general.alignment is %s, expected 8 to 1073741824"
                        .formatted(Integer.toUnsignedString(alignment)));
    }

    @ParameterizedTest
    @ValueSource(ints = {24, 33, 48})
    void anAlignmentThatIsNoPowerOfTwo(int alignment) {
        refused(
                key("general.alignment").int32(UINT32).int32(alignment),
                "metadata key general.alignment is %d, expected a power of two".formatted(alignment));
    }

    @Test
    void anAlignmentThatIsText() {
        refused(
                key("general.alignment").int32(STRING).string("32"),
                "metadata key general.alignment is string, expected a whole number");
    }

    @Test
    void anAlignmentBeyondTheFile() {
        refused(
                head(1, 1)
                        .string("general.alignment")
                        .int32(UINT32)
                        .int32(1 << 30)
                        .string("t")
                        .int32(1)
                        .int64(1)
                        .int32(F32)
                        .int64(0)
                        .raw(new byte[64]),
                "tensor t needs 4 bytes at offset 0, but the file has only 0 bytes of data");
    }

    @Test
    void aTensorNameOfTheWrongLength() {
        refused(tensor("t".repeat(65), F32, 0, 1), "the name of tensor 0 is 65 bytes long, expected 1 to 64");
        refused(tensor("", F32, 0, 1), "the name of tensor 0 is 0 bytes long, expected 1 to 64");
    }

    @Test
    void aTensorThatOccursTwice() {
        refused(
                withData(tensorClaim(tensorClaim(head(2, 0), "t", F32, 0, 1), "t", F32, 32, 1), 64),
                "tensor t occurs twice");
    }

    @Test
    void tooManyDimensionsOrNone() {
        refused(tensor("t", F32, 0), "tensor t has 0 dimensions, expected 1 to 4");
        refused(tensor("t", F32, 0, 1, 1, 1, 1, 1), "tensor t has 5 dimensions, expected 1 to 4");
        refused(withData(head(1, 0).string("t").int32(-1), 64), "tensor t has 4294967295 dimensions, expected 1 to 4");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, 1L << 62, Long.MAX_VALUE})
    void aDimensionThatIsZeroNegativeOrTooLarge(long length) {
        refused(
                tensor("t", F32, 0, 2, length),
                "tensor t has a dimension of %s after [2], expected at least 1 and at most 2^48 numbers in all"
                        .formatted(Long.toUnsignedString(length)));
    }

    @Test
    void dimensionsWhoseProductOverflows() {
        refused(
                tensor("t", F32, 0, 1L << 32, 1L << 32),
                "tensor t has a dimension of 4294967296 after [4294967296], expected at least 1 and at most 2^48 numbers"
                        + " in all");
        refused(
                tensor("t", F32, 0, 1L << 24, 1L << 24, 2),
                "tensor t has a dimension of 2 after [16777216, 16777216], expected at least 1 and at most 2^48 numbers"
                        + " in all");
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5, 31, 38, 43, -1, Integer.MIN_VALUE})
    void anUnknownTensorType(int type) {
        refused(tensor("t", type, 0, 32), "tensor t has the unknown type " + Integer.toUnsignedString(type));
    }

    @Test
    void rowsThatAreNotWholeBlocks() {
        refused(tensor("t", Q8_0, 0, 33, 32), "tensor t has rows of 33 numbers, expected a multiple of Q8_0's 32");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 31, 33, -1})
    void anUnalignedOffset(long offset) {
        refused(
                tensor("t", F32, offset, 1),
                "tensor t lies at offset %s, expected a multiple of the alignment 32"
                        .formatted(Long.toUnsignedString(offset)));
    }

    @ParameterizedTest
    @ValueSource(longs = {64, 96, 1L << 62, Long.MIN_VALUE, -32})
    void dataPastTheEnd(long offset) {
        refused(
                tensor("t", F32, offset, 8),
                "tensor t needs 32 bytes at offset %s, but the file has only 64 bytes of data"
                        .formatted(Long.toUnsignedString(offset)));
    }

    @Test
    void dataThatBeginsWithinTheFileAndEndsBeyondIt() {
        refused(
                tensor("t", F32, 32, 9),
                "tensor t needs 36 bytes at offset 32, but the file has only 64 bytes of data");
        refused(
                tensor("t", F32, 0, 1L << 24, 1L << 24),
                "tensor t needs 1125899906842624 bytes at offset 0, but the file has only 64 bytes of data");
    }

    @Test
    void tensorsThatShareBytes() {
        refused(
                withData(tensorClaim(tensorClaim(head(2, 0), "late", F32, 32, 1), "early", F32, 0, 9), 64),
                "tensors early and late overlap");
        refused(
                withData(tensorClaim(tensorClaim(head(2, 0), "a", F32, 0, 1), "b", F32, 0, 1), 64),
                "tensors a and b overlap");
    }

    @Test
    void aFileCutAtAnyByte() {
        byte[] whole = new GgufWriter()
                .string("name", "x")
                .strings("tokens", List.of("a", "b"))
                .numbers("scores", 1, 2)
                .tensor("a", TensorType.F32, new float[] {1}, 1)
                .tensor("b", TensorType.Q8_0, new float[64], 32, 2)
                .toByteArray();
        GgufFile complete = GgufFile.of("whole.gguf", MemorySegment.ofArray(whole));
        Tensor last = complete.require("b", 32, 2);
        int end = Math.toIntExact(last.data().address() + last.data().byteSize());

        for (int length = 0; length < end; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatExceptionOfType(ModelFileException.class)
                    .as("cut after %d bytes", length)
                    .isThrownBy(() -> GgufFile.of("cut.gguf", MemorySegment.ofArray(cut)));
        }
        // Only the padding after the last tensor may be missing.
        assertThat(GgufFile.of("cut.gguf", MemorySegment.ofArray(Arrays.copyOf(whole, end)))
                        .tensors())
                .hasSize(2);
    }

    private static LittleEndianBytes magic() {
        return new LittleEndianBytes().raw("GGUF".getBytes(UTF_8));
    }

    private static LittleEndianBytes head(long tensors, long keys) {
        return magic().int32(3).int64(tensors).int64(keys);
    }

    private static LittleEndianBytes key(String name) {
        return head(0, 1).string(name);
    }

    /// A file of one tensor and 64 bytes of data.
    private static LittleEndianBytes tensor(String name, int type, long offset, long... shape) {
        return withData(tensorClaim(head(1, 0), name, type, offset, shape), 64);
    }

    private static LittleEndianBytes tensorClaim(
            LittleEndianBytes bytes, String name, int type, long offset, long... shape) {
        bytes.string(name).int32(shape.length);
        Arrays.stream(shape).forEach(bytes::int64);
        return bytes.int32(type).int64(offset);
    }

    private static LittleEndianBytes withData(LittleEndianBytes bytes, int length) {
        return bytes.padTo(32).raw(new byte[length]);
    }

    private static GgufFile open(LittleEndianBytes bytes) {
        return GgufFile.of("hostile.gguf", MemorySegment.ofArray(bytes.toByteArray()));
    }

    private static void refused(LittleEndianBytes bytes, String message) {
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> open(bytes))
                .withMessage("hostile.gguf: " + message);
    }

    private static void refusedWhenUsed(LittleEndianBytes bytes, Consumer<GgufFile> use, String message) {
        GgufFile file = open(bytes);

        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> use.accept(file))
                .withMessage("hostile.gguf: " + message);
    }
}
