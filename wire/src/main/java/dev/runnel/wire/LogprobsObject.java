package dev.runnel.wire;

import dev.runnel.core.TokenLogprob;
import dev.runnel.core.TokenLogprob.Alternative;
import dev.runnel.core.TokenText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The wire's `logprobs`, in the form of chats and in that of text completions.
final class LogprobsObject {

    /// What stands for a probability that can't be told from none: JSON has no infinity.
    private static final double VERY_UNLIKELY = -9999;

    /// How the older form spells a token that is no whole character.
    private static final String BYTES = "bytes:";

    private static final Pattern SPELLED_BYTES = Pattern.compile("bytes:((?:\\\\x[0-9a-f]{2})++)");

    private LogprobsObject() {}

    /// Writes the form of chats: one object for each token, with its bytes, from which a character can be
    /// put together that spans several.
    static void writeChat(List<TokenLogprob> tokens, ByteSink out) {
        writeTokens(tokens, out.raw("{\"content\":"));
        out.raw(",\"refusal\":null}");
    }

    static void writeTokens(List<TokenLogprob> tokens, ByteSink out) {
        out.raw("[");
        for (int i = 0; i < tokens.size(); i++) {
            TokenLogprob token = tokens.get(i);
            entry(i, token.token(), token.logprob().orElse(VERY_UNLIKELY), out);
            out.raw(",\"top_logprobs\":[");
            for (int j = 0; j < token.alternatives().size(); j++) {
                Alternative alternative = token.alternatives().get(j);
                entry(j, alternative.token(), alternative.logprob(), out);
                out.raw("}");
            }
            out.raw("]}");
        }
        out.raw("]");
    }

    private static void entry(int position, TokenText token, double logprob, ByteSink out) {
        out.raw(position == 0 ? "{\"token\":" : ",{\"token\":").string(token.text());
        out.raw(",\"logprob\":").decimal(sayable(logprob)).raw(",\"bytes\":");
        if (token.bytes().isEmpty()) {
            out.raw("null");
            return;
        }
        for (int i = 0; i < token.bytes().size(); i++) {
            out.raw(i == 0 ? "[" : ",").index(token.bytes().get(i));
        }
        out.raw("]");
    }

    private static double sayable(double logprob) {
        return logprob >= VERY_UNLIKELY ? Math.min(logprob, 0) : VERY_UNLIKELY; // NaN too
    }

    /// Writes the form of text completions: arrays side by side.
    ///
    /// @param text that the tokens are of
    /// @param alternatives how many were asked for; the token itself is there beside them
    /// @param offset code points of the choice's text before these tokens
    static void writeText(List<TokenLogprob> tokens, String text, int alternatives, int offset, ByteSink out) {
        out.raw("{\"tokens\":[");
        for (int i = 0; i < tokens.size(); i++) {
            out.raw(i == 0 ? "" : ",").string(spelled(tokens.get(i).token()));
        }
        out.raw("],\"token_logprobs\":[");
        for (int i = 0; i < tokens.size(); i++) {
            out.raw(i == 0 ? "" : ",");
            tokens.get(i).logprob().ifPresentOrElse(logprob -> out.decimal(sayable(logprob)), () -> out.raw("null"));
        }
        out.raw("],\"top_logprobs\":");
        if (alternatives == 0) {
            out.raw("null");
        } else {
            for (int i = 0; i < tokens.size(); i++) {
                alternatives(tokens.get(i), out.raw(i == 0 ? "[" : ","));
            }
            out.raw(tokens.isEmpty() ? "[]" : "]");
        }
        out.raw(",\"text_offset\":[");
        offsets(tokens, text, offset, out);
        out.raw("]}");
    }

    private static void alternatives(TokenLogprob token, ByteSink out) {
        if (token.logprob().isEmpty()) {
            out.raw("null");
            return;
        }
        // No name twice: of two tokens that are spelled alike the more probable one is told.
        Map<String, Double> byName = new LinkedHashMap<>();
        token.alternatives().forEach(other -> byName.putIfAbsent(spelled(other.token()), other.logprob()));
        byName.putIfAbsent(spelled(token.token()), token.logprob().getAsDouble());
        String separator = "{";
        for (Map.Entry<String, Double> named : byName.entrySet()) {
            out.raw(separator).string(named.getKey()).raw(":").decimal(sayable(named.getValue()));
            separator = ",";
        }
        out.raw("}");
    }

    /// Where each token begins in the text. One that begins within a character begins where that does; a byte that
    /// is of no character is one in the text, U+FFFD.
    /// Space that the tokens begin with and the text doesn't takes no place: tokenizers of SentencePiece's
    /// kind write some before a text.
    private static void offsets(List<TokenLogprob> tokens, String text, int offset, ByteSink out) {
        int at = offset - Math.max(0, spacesBefore(tokens) - spacesBefore(text));
        int lacking = 0; // bytes of the character that has begun
        for (int i = 0; i < tokens.size(); i++) {
            TokenText token = tokens.get(i).token();
            List<Integer> bytes = token.bytes();
            boolean continues = lacking > 0 && !bytes.isEmpty() && isContinuation(bytes.getFirst());
            out.raw(i == 0 ? "" : ",").index(Math.max(offset, continues ? at - 1 : at));
            if (bytes.isEmpty()) {
                at += token.text().codePointCount(0, token.text().length());
                lacking = 0;
            }
            for (int each : bytes) {
                if (lacking > 0 && isContinuation(each)) {
                    lacking--;
                } else {
                    at++;
                    lacking = continuations(each);
                }
            }
        }
    }

    private static int spacesBefore(List<TokenLogprob> tokens) {
        int count = 0;
        for (TokenLogprob each : tokens) {
            String text = each.token().text();
            int spaces = spacesBefore(text);
            count += spaces;
            if (spaces < text.length()) {
                break;
            }
        }
        return count;
    }

    private static int spacesBefore(String text) {
        int count = 0;
        while (count < text.length() && text.charAt(count) == ' ') {
            count++;
        }
        return count;
    }

    private static boolean isContinuation(int utf8Byte) {
        return (utf8Byte & 0xC0) == 0x80;
    }

    /// How many bytes a character has after this one.
    private static int continuations(int first) {
        return first < 0xC2 || first > 0xF4 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    }

    /// The token's text, or its bytes in letters where they are no text.
    private static String spelled(TokenText token) {
        return token.isWhole()
                ? token.text()
                : token.bytes().stream().map("\\x%02x"::formatted).collect(Collectors.joining("", BYTES, ""));
    }

    private static TokenText unspelled(String name) {
        Matcher matcher = SPELLED_BYTES.matcher(name);
        if (!matcher.matches()) {
            return new TokenText(WholeText.repaired(name), List.of());
        }
        String[] hex = matcher.group(1).substring(2).split("\\\\x", -1);
        byte[] bytes = new byte[hex.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(hex[i], 16);
        }
        return TokenText.of(bytes);
    }

    /// Reads the form of chats.
    static List<TokenLogprob> readChat(Node logprobs) {
        List<TokenLogprob> tokens = new ArrayList<>();
        for (Node token : logprobs.find("content").map(Node::elements).orElse(List.of())) {
            List<Alternative> alternatives = new ArrayList<>();
            for (Node other : token.find("top_logprobs").map(Node::elements).orElse(List.of())) {
                alternatives.add(
                        new Alternative(token(other), other.get("logprob").number()));
            }
            tokens.add(new TokenLogprob(
                    token(token), OptionalDouble.of(token.get("logprob").number()), alternatives));
        }
        return tokens;
    }

    private static TokenText token(Node token) {
        List<Integer> bytes = token.find("bytes")
                .map(array -> array.elements().stream()
                        .map(each -> each.integer(0, 255))
                        .toList())
                .orElse(List.of());
        return new TokenText(WholeText.repaired(token.get("token").rawText()), bytes);
    }

    /// Reads the form of text completions.
    ///
    /// @param alternatives how many were asked for
    static List<TokenLogprob> readText(Node logprobs, int alternatives) {
        List<TokenLogprob> tokens = new ArrayList<>();
        List<Node> names = logprobs.get("tokens").elements();
        List<Node> values = logprobs.get("token_logprobs").elements();
        List<Node> others = logprobs.find("top_logprobs").map(Node::elements).orElse(List.of());
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i).rawText();
            Optional<Node> value =
                    i < values.size() && !values.get(i).isNull() ? Optional.of(values.get(i)) : Optional.empty();
            tokens.add(new TokenLogprob(
                    unspelled(name),
                    value.map(known -> OptionalDouble.of(known.number())).orElse(OptionalDouble.empty()),
                    i < others.size() && !others.get(i).isNull()
                            ? mostProbable(others.get(i), alternatives)
                            : List.of()));
        }
        return tokens;
    }

    /// The chosen token is in the map also where it is none of the most probable.
    private static List<Alternative> mostProbable(Node map, int most) {
        List<Map.Entry<String, Double>> named = new ArrayList<>();
        for (String name : map.members().keySet()) {
            named.add(Map.entry(name, map.member(name).number()));
        }
        named.sort(Comparator.comparingDouble((Map.Entry<String, Double> entry) -> -entry.getValue()));
        return named.stream()
                .limit(most)
                .map(entry -> new Alternative(unspelled(entry.getKey()), entry.getValue()))
                .toList();
    }
}
