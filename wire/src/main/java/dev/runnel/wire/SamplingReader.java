package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.ReasoningEffort;
import dev.runnel.core.Sampling;
import dev.runnel.core.Stopping;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Reads what all endpoints word alike: how tokens are chosen and what ends a choice. Beside OpenAI's
/// fields these are the ones that users of local servers send, under the names that llama.cpp and vLLM
/// gave them.
final class SamplingReader {

    private static final Sampling DEFAULT = Sampling.DEFAULT;

    private static final Set<String> KNOWN = Set.of(
            "temperature",
            "top_p",
            "top_k",
            "min_p",
            "typical_p",
            "repetition_penalty",
            "repeat_penalty",
            "frequency_penalty",
            "presence_penalty",
            "logit_bias",
            "stop",
            "stop_token_ids",
            "ignore_eos",
            "seed");

    private SamplingReader() {}

    static Sampling sampling(Node body) {
        return new Sampling(
                body.find("temperature")
                        .map(node -> OptionalDouble.of(node.number(0, 2)))
                        .orElse(DEFAULT.temperature()),
                body.find("top_p")
                        .map(node -> OptionalDouble.of(node.number(0, 1)))
                        .orElse(DEFAULT.topP()),
                // vLLM's -1 and llama.cpp's 0 both mean all of them.
                body.find("top_k")
                        .map(node -> Math.max(0, node.integer(-1, Integer.MAX_VALUE)))
                        .orElse(DEFAULT.topK()),
                body.find("min_p").map(node -> node.number(0, 1)).orElse(DEFAULT.minP()),
                body.find("typical_p").map(node -> node.positive(1)).orElse(DEFAULT.typicalP()),
                body.find("repetition_penalty")
                        .or(() -> body.find("repeat_penalty"))
                        .map(node -> node.positive(Float.MAX_VALUE))
                        .orElse(DEFAULT.repetitionPenalty()),
                body.find("frequency_penalty").map(node -> node.number(-2, 2)).orElse(DEFAULT.frequencyPenalty()),
                body.find("presence_penalty").map(node -> node.number(-2, 2)).orElse(DEFAULT.presencePenalty()),
                body.find("logit_bias").map(SamplingReader::logitBias).orElse(DEFAULT.logitBias()),
                body.find("seed")
                        .map(node -> OptionalLong.of(node.integer(Long.MIN_VALUE, Long.MAX_VALUE)))
                        .orElse(OptionalLong.empty()));
    }

    private static Map<Integer, Double> logitBias(Node biases) {
        Map<Integer, Double> biasOfToken = new LinkedHashMap<>();
        for (String name : biases.members().keySet()) {
            Node bias = biases.member(name);
            biasOfToken.put(token(name, bias), bias.number(-100, 100));
        }
        return biasOfToken;
    }

    private static int token(String id, Node bias) {
        try {
            int token = Integer.parseInt(id);
            if (token >= 0) {
                return token;
            }
        } catch (NumberFormatException _) {
            // refused below
        }
        throw bias.invalid("%s: '%s' is no id of a token".formatted(bias.path(), Node.shortened(id)));
    }

    /// @param maxTokens which each endpoint has a word of its own for
    static Stopping stopping(OptionalInt maxTokens, Node body, WireOptions options) {
        return new Stopping(maxTokens, stop(body, options), stopTokens(body), body.flag("ignore_eos"));
    }

    private static List<String> stop(Node body, WireOptions options) {
        Optional<Node> stop = body.find("stop");
        if (stop.isEmpty()) {
            return List.of();
        }
        return switch (stop.get().json()) {
            case Json.Str _ -> List.of(stopString(stop.get()));
            case Json.Arr _ -> {
                List<Node> strings = stop.get().elements();
                if (strings.size() > options.maxStopStrings()) {
                    throw stop.get()
                            .invalid("stop holds %d strings, expected at most %d"
                                    .formatted(strings.size(), options.maxStopStrings()));
                }
                yield strings.stream().map(SamplingReader::stopString).toList();
            }
            case Json.Obj _, Json.Num _, Json.Bool _, Json.Null _ ->
                throw stop.get().wrongType("a string or an array of strings");
        };
    }

    private static String stopString(Node node) {
        String text = node.text();
        if (text.isEmpty()) {
            throw node.invalid(node.path() + " is empty, expected some text to stop at");
        }
        return text;
    }

    private static Set<Integer> stopTokens(Node body) {
        Set<Integer> tokens = new HashSet<>();
        body.find("stop_token_ids")
                .ifPresent(ids -> ids.elements().forEach(id -> tokens.add(id.integer(0, Integer.MAX_VALUE))));
        return tokens;
    }

    static ReasoningEffort effort(Node effort) {
        return switch (effort.text()) {
            case "none" -> ReasoningEffort.NONE;
            case "minimal" -> ReasoningEffort.MINIMAL;
            case "low" -> ReasoningEffort.LOW;
            case "medium" -> ReasoningEffort.MEDIUM;
            case "high" -> ReasoningEffort.HIGH;
            case "xhigh" -> ReasoningEffort.XHIGH;
            case "max" -> ReasoningEffort.MAX;
            default -> throw effort.expected("none, minimal, low, medium, high, xhigh or max");
        };
    }

    /// What an endpoint knows: the members that are read here, and its own.
    static Set<String> known(String... own) {
        return Stream.concat(KNOWN.stream(), Stream.of(own)).collect(Collectors.toUnmodifiableSet());
    }

    /// Refuses members of the body that no endpoint of ours knows.
    static void requireKnown(Node body, Set<String> known) {
        for (String name : body.members().keySet()) {
            if (!known.contains(name)) {
                throw BackendException.invalidRequest(
                                name, "%s is no parameter that this server knows".formatted(Node.shortened(name)))
                        .withCode("unknown_parameter");
            }
        }
    }
}
