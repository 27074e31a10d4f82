package dev.runnel.engine.gguf;

import java.math.BigInteger;

/// A metadata value as a person looks at it.
public sealed interface MetadataValue {

    record Text(String text) implements MetadataValue {}

    /// @param number of any of the eight integer types
    record Whole(BigInteger number) implements MetadataValue {}

    /// @param number finite or not, as the file has it
    record Real(double number) implements MetadataValue {}

    record Flag(boolean set) implements MetadataValue {}

    /// @param elementType the format's name for it, such as `float32`
    record Array(String elementType, int length) implements MetadataValue {}
}
