package dev.runnel.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.runnel.conformance.Reading.Call;
import dev.runnel.conformance.Reading.Choice;
import dev.runnel.conformance.Reading.Usage;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.OutputFormat;
import dev.runnel.core.Prompt;
import dev.runnel.core.Script;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenEvent.Arguments;
import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Refusal;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Thinking;
import dev.runnel.core.TokenLogprob;
import dev.runnel.core.TokenText;
import dev.runnel.core.Tool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;

/// What a client asks for, what the backend does about it, and what the client must read. A request names its
/// scenario in its last message, and has to ask for what the scenario is about: otherwise the backend fails.
enum Scenario {
    /// Text in several scripts, some of it in pieces of half a word.
    PLAIN("plain", Ask.NOTHING) {
        @Override
        Script script(CompletionRequest request) {
            return Script.of(
                    started(1),
                    new Text(0, "Hel"),
                    new Text(0, "lo, "),
                    new Text(0, "世界"),
                    new Text(0, " 🌍\n\"quoted\" \\ \u2028 \u0085 \u0001"),
                    new Finished(0, FinishReason.STOP),
                    usage());
        }

        @Override
        Reading expected() {
            return Reading.of(
                    Choice.of("Hello, 世界 🌍\n\"quoted\" \\ \u2028 \u0085 \u0001", "stop"), new Usage(9, 4, 6, 0));
        }
    },

    /// The token limit ends the reply.
    LIMITED("limited", Ask.LIMIT) {
        @Override
        Script script(CompletionRequest request) {
            require(request.stopping().maxTokens().equals(OptionalInt.of(3)), "no limit of three tokens");
            return Script.of(started(1), new Text(0, "one two three"), new Finished(0, FinishReason.LENGTH), usage());
        }

        @Override
        Reading expected() {
            return Reading.of(Choice.of("one two three", "length"), new Usage(9, 4, 6, 0));
        }
    },

    /// Two choices that take turns.
    CHOICES("choices", Ask.CHOICES) {
        @Override
        Script script(CompletionRequest request) {
            require(request.choices() == 2, "not two choices");
            return Script.of(
                    started(2),
                    new Text(1, "second "),
                    new Text(0, "first "),
                    new Text(1, "choice"),
                    new Finished(1, FinishReason.STOP),
                    new Text(0, "choice"),
                    new Finished(0, FinishReason.LENGTH),
                    usage());
        }

        @Override
        Reading expected() {
            return new Reading(
                    List.of(Choice.of("first choice", "length"), Choice.of("second choice", "stop")),
                    new Usage(9, 4, 6, 0));
        }
    },

    /// Two calls in one reply, their arguments in pieces that cut names and characters.
    TOOLS("tools", Ask.TOOLS) {
        @Override
        Script script(CompletionRequest request) {
            requireTools(request);
            return Script.of(
                    started(1),
                    call("call_A", "weather"),
                    new Arguments(0, "{\"ci"),
                    new Arguments(0, "ty\": \"北"),
                    new Arguments(0, "京\"}"),
                    call("call_B", "time"),
                    new Arguments(0, "{\"zone\":"),
                    new Arguments(0, "\"Asia/Shanghai\"}"),
                    new Finished(0, FinishReason.TOOL_CALLS),
                    usage());
        }

        @Override
        Reading expected() {
            return Reading.of(
                    Choice.of("", "tool_calls")
                            .withCalls(
                                    new Call("call_A", "weather", "{\"city\": \"北京\"}"),
                                    new Call("call_B", "time", "{\"zone\":\"Asia/Shanghai\"}")),
                    new Usage(9, 4, 6, 0));
        }
    },

    /// Text first, then one call without arguments.
    TEXT_THEN_TOOL("text then tool", Ask.TOOLS) {
        @Override
        Script script(CompletionRequest request) {
            requireTools(request);
            return Script.of(
                    started(1),
                    new Text(0, "Let me "),
                    new Text(0, "look."),
                    call("call_C", "now"),
                    new Arguments(0, "{}"),
                    new Finished(0, FinishReason.TOOL_CALLS),
                    usage());
        }

        @Override
        Reading expected() {
            return Reading.of(
                    Choice.of("Let me look.", "tool_calls").withCalls(new Call("call_C", "now", "{}")),
                    new Usage(9, 4, 6, 0));
        }
    },

    /// JSON under a strict schema.
    SCHEMA("schema", Ask.SCHEMA) {
        @Override
        Script script(CompletionRequest request) {
            require(
                    request.format() instanceof OutputFormat.JsonSchema schema
                            && schema.schema().contains("\"city\"")
                            && schema.schema().contains("\"population\""),
                    "no schema of a city and its population");
            return Script.of(
                    started(1),
                    new Text(0, "{\"city\":\"北"),
                    new Text(0, "京\",\"popul"),
                    new Text(0, "ation\":21"),
                    new Text(0, "893095}"),
                    new Finished(0, FinishReason.STOP),
                    usage());
        }

        @Override
        Reading expected() {
            return Reading.of(Choice.of("{\"city\":\"北京\",\"population\":21893095}", "stop"), new Usage(9, 4, 6, 0));
        }
    },

    /// How probable each token was, with an emoji that is two tokens.
    LOGPROBS("logprobs", Ask.LOGPROBS) {
        @Override
        Script script(CompletionRequest request) {
            require(request.logprobs().equals(OptionalInt.of(2)), "no logprobs with two alternatives");
            byte[] face = "😀".getBytes(UTF_8);
            return Script.of(
                    started(1),
                    new Text(0, "Hi ", List.of(logprob("Hi".getBytes(UTF_8)), logprob(" ".getBytes(UTF_8)))),
                    new Text(0, "", List.of(logprob(Arrays.copyOf(face, 2)))),
                    new Text(0, "😀", List.of(logprob(Arrays.copyOfRange(face, 2, 4)))),
                    new Finished(0, FinishReason.STOP),
                    usage());
        }

        @Override
        Reading expected() {
            return Reading.of(
                    Choice.of("Hi 😀", "stop")
                            .withLogprobs(List.of(
                                    new Reading.Logprob("Hi", -0.5, List.of(72, 105)),
                                    new Reading.Logprob(" ", -0.5, List.of(32)),
                                    new Reading.Logprob("\uFFFD", -0.5, List.of(0xF0, 0x9F)),
                                    new Reading.Logprob("\uFFFD\uFFFD", -0.5, List.of(0x98, 0x80)))),
                    new Usage(9, 4, 6, 0));
        }
    },

    /// A stop string that lies across the borders of tokens, after a beginning of it that was none.
    STOP("stop", Ask.STOP) {
        @Override
        Script script(CompletionRequest request) {
            List<String> strings = request.stopping().strings();
            require(strings.equals(List.of("STOP", "。。")), "no stop strings");
            return MadeUpTokens.script(
                    Stream.of("No S", "T", " yet。", " on", "e ST", "OP and", " never this")
                            .map(token -> token.getBytes(UTF_8))
                            .toList(),
                    strings);
        }

        @Override
        Reading expected() {
            return Reading.of(Choice.of("No ST yet。 one ", "stop"), new Usage(9, 4, 6, 0));
        }
    },

    /// Reasoning before the answer.
    THINKING("thinking", Ask.NOTHING) {
        @Override
        Script script(CompletionRequest request) {
            return Script.of(
                    started(1),
                    new Thinking(0, "Two and "),
                    new Thinking(0, "two."),
                    new Text(0, "Four"),
                    new Text(0, "."),
                    new Finished(0, FinishReason.STOP),
                    new TokenEvent.Usage(9, 4, 6, 3));
        }

        @Override
        Reading expected() {
            return Reading.of(Choice.of("Four.", "stop").withThinking("Two and two."), new Usage(9, 4, 6, 3));
        }
    },

    /// The model's words in refusing.
    REFUSAL("refusal", Ask.NOTHING) {
        @Override
        Script script(CompletionRequest request) {
            return Script.of(
                    started(1),
                    new Refusal(0, "I can't "),
                    new Refusal(0, "do that."),
                    new Finished(0, FinishReason.STOP),
                    usage());
        }

        @Override
        Reading expected() {
            return Reading.of(Choice.of("", "stop").withRefusal("I can't do that."), new Usage(9, 4, 6, 0));
        }
    },

    /// A prompt that takes several keep-alives to read, and silence between two pieces as well.
    SLOW("slow", Ask.NOTHING) {
        @Override
        Script script(CompletionRequest request) {
            List<Script.Step> steps = new ArrayList<>();
            for (Script.Step step : PLAIN.script(request).steps()) {
                if (steps.size() < 6) {
                    steps.add(new Script.Step.Wait(Duration.ofMillis(70)));
                }
                steps.add(step);
            }
            return new Script(steps);
        }

        @Override
        Reading expected() {
            return PLAIN.expected();
        }
    };

    /// What a request has to hold besides its message.
    enum Ask {
        NOTHING,
        LIMIT,
        CHOICES,
        TOOLS,
        SCHEMA,
        LOGPROBS,
        STOP
    }

    static final String WEATHER = "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},"
            + "\"required\":[\"city\"],\"additionalProperties\":false}";
    static final String TIME = "{\"type\":\"object\",\"properties\":{\"zone\":{\"type\":\"string\"}},"
            + "\"required\":[\"zone\"],\"additionalProperties\":false}";
    static final String NOW = "{\"type\":\"object\",\"properties\":{}}";
    static final List<Tool> OFFERED = List.of(
            new Tool("weather", "The weather of a city", WEATHER, false),
            new Tool("time", "The time in a zone", TIME, false),
            new Tool("now", "The time here", NOW, false));
    static final String CITY = "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"},"
            + "\"population\":{\"type\":\"integer\"}},\"required\":[\"city\",\"population\"],"
            + "\"additionalProperties\":false}";
    static final List<String> STOPS = List.of("STOP", "。。");

    final String message;
    final Ask ask;

    Scenario(String message, Ask ask) {
        this.message = message;
        this.ask = ask;
    }

    abstract Script script(CompletionRequest request);

    abstract Reading expected();

    static Scenario named(String message) {
        return Stream.of(values())
                .filter(scenario -> scenario.message.equals(message))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no scenario is named '" + message + "'"));
    }

    private static Started started(int choices) {
        return new Started(ScriptedServer.MODEL, choices);
    }

    private static TokenEvent.Call call(String id, String name) {
        return new TokenEvent.Call(0, id, name);
    }

    private static TokenEvent.Usage usage() {
        return new TokenEvent.Usage(9, 4, 6, 0);
    }

    private static TokenLogprob logprob(byte[] token) {
        return new TokenLogprob(
                TokenText.of(token),
                OptionalDouble.of(-0.5),
                List.of(
                        new TokenLogprob.Alternative(TokenText.of(token), -0.5),
                        new TokenLogprob.Alternative(TokenText.of("也".getBytes(UTF_8)), -1.5)));
    }

    private static void requireTools(CompletionRequest request) {
        require(
                request.prompt() instanceof Prompt.Chat chat
                        && chat.tools().offered().stream()
                                .map(Tool::name)
                                .toList()
                                .equals(List.of("weather", "time", "now")),
                "not the three tools");
    }

    private static void require(boolean condition, String fault) {
        if (!condition) {
            throw new IllegalArgumentException("the request has " + fault);
        }
    }
}
