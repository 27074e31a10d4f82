package dev.runnel.conformance;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a client made of a reply, in the wire's words.
///
/// @param usage null where the client saw none
record Reading(List<Choice> choices, @Nullable Usage usage) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /// What some clients tell their callers and others don't.
    enum Part {
        /// Choices after the first.
        CHOICES,
        REFUSAL,
        THINKING,
        LOGPROBS,
        /// Ids of tool calls.
        CALL_IDS,
        /// A call's arguments as the model wrote them, rather than as the object they are.
        EXACT_ARGUMENTS,
        FINISH,
        USAGE,
        /// Cached and reasoning tokens.
        DETAILS
    }

    /// @param finish the wire's word; null where the client saw none
    /// @param logprobs of each token: its text and its bytes
    record Choice(
            String text,
            String refusal,
            String thinking,
            List<Call> calls,
            @Nullable String finish,
            List<Logprob> logprobs) {

        static Choice of(String text, String finish) {
            return new Choice(text, "", "", List.of(), finish, List.of());
        }

        Choice withCalls(Call... calls) {
            return new Choice(text, refusal, thinking, List.of(calls), finish, logprobs);
        }

        Choice withRefusal(String refusal) {
            return new Choice(text, refusal, thinking, calls, finish, logprobs);
        }

        Choice withThinking(String thinking) {
            return new Choice(text, refusal, thinking, calls, finish, logprobs);
        }

        Choice withLogprobs(List<Logprob> logprobs) {
            return new Choice(text, refusal, thinking, calls, finish, logprobs);
        }
    }

    /// @param id empty where the client keeps none
    record Call(String id, String name, String arguments) {

        private Call only(Set<Part> told) {
            return new Call(
                    told.contains(Part.CALL_IDS) ? id : "",
                    name,
                    told.contains(Part.EXACT_ARGUMENTS) ? arguments : compact(arguments));
        }
    }

    record Logprob(String token, double logprob, List<Integer> bytes) {}

    record Usage(int prompt, int cached, int completion, int reasoning) {}

    static Reading of(Choice choice, Usage usage) {
        return new Reading(List.of(choice), usage);
    }

    /// As a client reads it that tells only these parts.
    Reading only(Set<Part> told) {
        List<Choice> kept = told.contains(Part.CHOICES) ? choices : choices.subList(0, Math.min(1, choices.size()));
        return new Reading(
                kept.stream()
                        .map(choice -> new Choice(
                                choice.text,
                                told.contains(Part.REFUSAL) ? choice.refusal : "",
                                told.contains(Part.THINKING) ? choice.thinking : "",
                                choice.calls.stream()
                                        .map(call -> call.only(told))
                                        .toList(),
                                told.contains(Part.FINISH) ? choice.finish : null,
                                told.contains(Part.LOGPROBS) ? choice.logprobs : List.of()))
                        .toList(),
                usage == null || !told.contains(Part.USAGE)
                        ? null
                        : told.contains(Part.DETAILS) ? usage : new Usage(usage.prompt, 0, usage.completion, 0));
    }

    private static String compact(String json) {
        try {
            return JSON.readTree(json).toString();
        } catch (JsonProcessingException malformed) {
            throw new IllegalArgumentException(malformed);
        }
    }

    Reading withoutUsage() {
        return new Reading(choices, null);
    }
}
