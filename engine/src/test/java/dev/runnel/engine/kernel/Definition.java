package dev.runnel.engine.kernel;

import dev.runnel.engine.gguf.TensorType;
import java.math.BigDecimal;
import java.math.BigInteger;

/// The quantized formats, written a second time: any one weight of a block, as an exact number. A block is
/// one integer here, and its fields are bits of it, which has little in common with the code that is tested.
///
/// @param block little-endian
record Definition(TensorType type, BigInteger block) {

    static Definition of(TensorType type, byte[] bytes, int at) {
        byte[] reversed = new byte[type.blockBytes() + 1]; // a leading zero: the number is positive
        for (int i = 0; i < type.blockBytes(); i++) {
            reversed[type.blockBytes() - i] = bytes[at + i];
        }
        return new Definition(type, new BigInteger(reversed));
    }

    /// Weight number `i` of the block, rounded to a float once.
    float weight(int i) {
        return exact(i).floatValue();
    }

    private BigDecimal exact(int i) {
        int half = i / 128; // of 256
        int quarter = i / 32 % 4; // of 128
        return switch (type) {
            case Q8_0 -> half(0).multiply(whole((byte) bits(2 + i, 0, 8)));
            case Q4_0 -> half(0).multiply(whole(nibble(2, i) - 8));
            case Q4_1 -> half(0).multiply(whole(nibble(4, i))).add(half(2));
            case Q5_0 -> half(0).multiply(whole(nibble(6, i) + 16 * bits(2, i, 1) - 16));
            case Q5_1 ->
                half(0).multiply(whole(nibble(8, i) + 16 * bits(4, i, 1))).add(half(2));
            case Q2_K ->
                half(80).multiply(whole(bits(i / 16, 0, 4)))
                        .multiply(whole(bits(16 + 32 * half + i % 32, 2 * quarter, 2)))
                        .subtract(half(82).multiply(whole(bits(i / 16, 4, 4))));
            case Q3_K -> {
                int group = i / 16;
                int low = group < 8 ? bits(96 + group, 0, 4) : bits(88 + group, 4, 4);
                int scale = low + 16 * bits(104 + group % 4, 2 * (group / 4), 2);
                int q = bits(32 + 32 * half + i % 32, 2 * quarter, 2) + 4 * bits(i % 32, i / 32, 1);
                yield half(108).multiply(whole(scale - 32)).multiply(whole(q - 4));
            }
            case Q4_K -> withMinimum(i / 32, bits(16 + 32 * (i / 64) + i % 32, i % 64 < 32 ? 0 : 4, 4));
            case Q5_K -> {
                int low = bits(48 + 32 * (i / 64) + i % 32, i % 64 < 32 ? 0 : 4, 4);
                yield withMinimum(i / 32, low + 16 * bits(16 + i % 32, i / 32, 1));
            }
            case Q6_K -> {
                int low = bits(64 * half + i % 64, i % 128 < 64 ? 0 : 4, 4);
                int q = low + 16 * bits(128 + 32 * half + i % 32, 2 * quarter, 2);
                yield half(208).multiply(whole((byte) bits(192 + i / 16, 0, 8))).multiply(whole(q - 32));
            }
            case IQ4_NL -> half(0).multiply(nonLinear(nibble(2, i)));
            case IQ4_XS -> {
                int group = i / 32;
                int scale = bits(4, 4 * group, 4) + 16 * bits(2, 2 * group, 2);
                yield half(0).multiply(whole(scale - 32)).multiply(nonLinear(nibble(8 + 16 * group, i % 32)));
            }
            case MXFP4 -> power(bits(0, 0, 8) - 127).multiply(e2m1(nibble(1, i)));
            default -> throw new IllegalArgumentException("no definition of " + type);
        };
    }

    /// `d * s * q - dMin * m`, where the header is that of Q4_K and Q5_K.
    private BigDecimal withMinimum(int group, int q) {
        int scale = group < 4 ? bits(4 + group, 0, 6) : bits(8 + group, 0, 4) + 16 * bits(group, 6, 2);
        int minimum = group < 4 ? bits(8 + group, 0, 6) : bits(8 + group, 4, 4) + 16 * bits(4 + group, 6, 2);
        return half(0).multiply(whole(scale)).multiply(whole(q)).subtract(half(2).multiply(whole(minimum)));
    }

    /// Bits `from` on, counted from those of a byte.
    private int bits(int atByte, int from, int count) {
        return block.shiftRight(8 * atByte + from).intValue() & (1 << count) - 1;
    }

    /// Nibble `i` of 32 in 16 bytes: the first half of them are the lower ones.
    private int nibble(int atByte, int i) {
        return bits(atByte + i % 16, i < 16 ? 0 : 4, 4);
    }

    /// A finite number of 1 bit of sign, 5 of exponent, 10 of mantissa.
    private BigDecimal half(int atByte) {
        int exponent = bits(atByte, 10, 5);
        int mantissa = bits(atByte, 0, 10);
        BigDecimal magnitude = exponent == 0
                ? whole(mantissa).multiply(power(-24))
                : whole(1024 + mantissa).multiply(power(exponent - 25));
        return bits(atByte, 15, 1) == 0 ? magnitude : magnitude.negate();
    }

    /// A number of 1 bit of sign, 2 of exponent, 1 of mantissa.
    private static BigDecimal e2m1(int q) {
        int exponent = q >> 1 & 3;
        BigDecimal magnitude = exponent == 0
                ? whole(q & 1).multiply(power(-1))
                : whole(2 + (q & 1)).multiply(power(exponent - 2));
        return q < 8 ? magnitude : magnitude.negate();
    }

    private static BigDecimal nonLinear(int q) {
        return whole(
                switch (q) {
                    case 0 -> -127;
                    case 1 -> -104;
                    case 2 -> -83;
                    case 3 -> -65;
                    case 4 -> -49;
                    case 5 -> -35;
                    case 6 -> -22;
                    case 7 -> -10;
                    case 8 -> 1;
                    case 9 -> 13;
                    case 10 -> 25;
                    case 11 -> 38;
                    case 12 -> 53;
                    case 13 -> 69;
                    case 14 -> 89;
                    default -> 113;
                });
    }

    private static BigDecimal whole(int number) {
        return BigDecimal.valueOf(number);
    }

    private static BigDecimal power(int exponent) {
        return exponent < 0 ? BigDecimal.ONE.divide(BigDecimal.TWO.pow(-exponent)) : BigDecimal.TWO.pow(exponent);
    }
}
