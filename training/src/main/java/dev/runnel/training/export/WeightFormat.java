package dev.runnel.training.export;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// How a file holds the numbers of a matrix.
public enum WeightFormat {
    /// As they are.
    F32(0, 0) {
        @Override
        byte[] bytes(float[] values) {
            ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(values);
            return bytes.array();
        }
    },
    /// In blocks of 32: `scale = max |x| / 127` in half precision, then `round(x / scale)` as bytes.
    Q8_0(8, 7) {
        @Override
        byte[] bytes(float[] values) {
            ByteBuffer bytes =
                    ByteBuffer.allocate(values.length / BLOCK * (BLOCK + 2)).order(ByteOrder.LITTLE_ENDIAN);
            for (int block = 0; block < values.length; block += BLOCK) {
                float most = 0;
                for (int i = 0; i < BLOCK; i++) {
                    most = Math.max(most, Math.abs(values[block + i]));
                }
                float scale = most / 127;
                bytes.putShort(Float.floatToFloat16(scale));
                for (int i = 0; i < BLOCK; i++) {
                    bytes.put((byte) (scale == 0 ? 0 : Math.round(values[block + i] / scale)));
                }
            }
            return bytes.array();
        }
    };

    private static final int BLOCK = 32;

    private final int tensorType;
    private final int fileType;

    WeightFormat(int tensorType, int fileType) {
        this.tensorType = tensorType;
        this.fileType = fileType;
    }

    abstract byte[] bytes(float[] values);

    int tensorType() {
        return tensorType;
    }

    int fileType() {
        return fileType;
    }
}
