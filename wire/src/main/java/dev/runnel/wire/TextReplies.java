package dev.runnel.wire;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;

/// Writes the replies to [TextRequest]s, without a line end.
public final class TextReplies {

    private TextReplies() {}

    public static byte[] tokens(int[] tokens) {
        ByteSink out = new ByteSink(64).raw("{\"tokens\":[");
        for (int i = 0; i < tokens.length; i++) {
            out.raw(i == 0 ? "" : ",").number(tokens[i]);
        }
        return out.raw("]}").toByteArray();
    }

    /// @param pieces the bytes that a token is; written as text, or as numbers where they are no whole
    ///     characters
    public static byte[] tokens(int[] tokens, IntFunction<byte[]> pieces) {
        ByteSink out = new ByteSink(64).raw("{\"tokens\":[");
        for (int i = 0; i < tokens.length; i++) {
            out.raw(i == 0 ? "" : ",").raw("{\"id\":").number(tokens[i]).raw(",\"piece\":");
            piece(pieces.apply(tokens[i]), out);
            out.raw("}");
        }
        return out.raw("]}").toByteArray();
    }

    private static void piece(byte[] bytes, ByteSink out) {
        try {
            out.string(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException _) {
            out.raw("[");
            for (int i = 0; i < bytes.length; i++) {
                out.raw(i == 0 ? "" : ",").number(bytes[i] & 0xFF);
            }
            out.raw("]");
        }
    }

    public static byte[] content(String text) {
        return member("content", text);
    }

    public static byte[] prompt(String text) {
        return member("prompt", text);
    }

    /// A request that can't be answered, among others that can.
    public static byte[] error(String sentence) {
        return member("error", sentence);
    }

    private static byte[] member(String name, String text) {
        return new ByteSink(64)
                .raw("{\"")
                .raw(name)
                .raw("\":")
                .string(text)
                .raw("}")
                .toByteArray();
    }
}
