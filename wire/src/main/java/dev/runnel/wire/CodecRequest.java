package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.Prompt;
import dev.runnel.core.TokenCodec;
import dev.runnel.core.TokenText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// A question about a model's tokens or its template, in the form of llama.cpp's endpoints of that name.
///
/// @param model that is asked; absent: the only one there is
/// @param answer the reply's JSON body
public record CodecRequest(Optional<String> model, Function<TokenCodec, byte[]> answer) {

    /// What is asked.
    public enum Kind {
        /// `/tokenize`: the tokens of a text.
        TOKENIZE,
        /// `/detokenize`: the text of tokens.
        DETOKENIZE,
        /// `/apply-template`: the prompt that the chat template makes of a conversation.
        APPLY_TEMPLATE,
        /// `/v1/chat/completions/input_tokens`: how many tokens a conversation takes.
        INPUT_TOKENS,
        /// `/v1/responses/input_tokens`: how many tokens the input of a response takes.
        RESPONSE_INPUT_TOKENS
    }

    /// Reads a request's JSON body.
    ///
    /// @throws BackendException of kind `INVALID_REQUEST` or `UNSUPPORTED`, with the path of the field to
    ///     blame
    public static CodecRequest read(Kind kind, byte[] body) {
        return read(kind, body, WireOptions.DEFAULT, ResponseItems.NONE);
    }

    /// Reads a request's JSON body.
    ///
    /// @param items that the request may name by their ids
    /// @throws BackendException of kind `INVALID_REQUEST` or `UNSUPPORTED`, with the path of the field to
    ///     blame
    public static CodecRequest read(Kind kind, byte[] body, WireOptions options, ResponseItems items) {
        Node document = Node.ofBody(body);
        return new CodecRequest(
                document.find("model").map(Node::text),
                switch (kind) {
                    case TOKENIZE -> tokenize(document);
                    case DETOKENIZE -> detokenize(document);
                    case APPLY_TEMPLATE -> {
                        Prompt.Chat chat = conversation(document);
                        yield codec -> {
                            String prompt = codec.render(chat);
                            return sized(prompt)
                                    .raw("{\"prompt\":")
                                    .string(prompt)
                                    .raw("}")
                                    .toByteArray();
                        };
                    }
                    case INPUT_TOKENS -> inputTokens(RequestReader.chat(document));
                    case RESPONSE_INPUT_TOKENS -> inputTokens(new ResponsesReader(document, options, items).chat());
                });
    }

    /// In place of an answer, among others that can be given.
    public static byte[] refusal(String sentence) {
        return new ByteSink(64 + sentence.length())
                .raw("{\"error\":")
                .string(sentence)
                .raw("}")
                .toByteArray();
    }

    /// The conversation to render, which need not end where a reply begins.
    private static Prompt.Chat conversation(Node body) {
        Prompt.Chat chat = RequestReader.chat(body);
        boolean isOpen = body.find("add_generation_prompt").map(Node::flag).orElse(true);
        return isOpen ? chat : chat.withTemplateArgument("add_generation_prompt", "false");
    }

    private static Function<TokenCodec, byte[]> inputTokens(Prompt prompt) {
        return codec -> new ByteSink(64)
                .raw("{\"object\":\"response.input_tokens\",\"input_tokens\":")
                .number(codec.read(prompt).size())
                .raw("}")
                .toByteArray();
    }

    private static Function<TokenCodec, byte[]> tokenize(Node body) {
        String content = body.get("content").text();
        boolean addSpecial = body.flag("add_special");
        boolean parseSpecial = body.find("parse_special").map(Node::flag).orElse(true);
        boolean withPieces = body.flag("with_pieces");
        return codec -> {
            List<Integer> tokens = codec.tokenize(content, addSpecial, parseSpecial);
            ByteSink out = new ByteSink(1024).raw("{\"tokens\":[");
            for (int i = 0; i < tokens.size(); i++) {
                out.raw(i == 0 ? "" : ",");
                if (withPieces) {
                    out.raw("{\"id\":").number(tokens.get(i)).raw(",\"piece\":");
                    piece(codec.token(tokens.get(i)), out);
                    out.raw("}");
                } else {
                    out.number(tokens.get(i));
                }
            }
            return out.raw("]}").toByteArray();
        };
    }

    /// Text, or the bytes of what is none.
    private static void piece(TokenText token, ByteSink out) {
        if (token.isWhole()) {
            out.string(token.text());
            return;
        }
        for (int i = 0; i < token.bytes().size(); i++) {
            out.raw(i == 0 ? "[" : ",").index(token.bytes().get(i));
        }
        out.raw("]");
    }

    private static Function<TokenCodec, byte[]> detokenize(Node body) {
        List<Integer> tokens = new ArrayList<>();
        for (Node token : body.get("tokens").elements()) {
            tokens.add(token.integer(0, Integer.MAX_VALUE));
        }
        return codec -> {
            String text = codec.detokenize(tokens);
            return sized(text).raw("{\"content\":").string(text).raw("}").toByteArray();
        };
    }

    private static ByteSink sized(String text) {
        return new ByteSink(64 + text.length());
    }
}
