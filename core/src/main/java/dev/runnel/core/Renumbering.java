package dev.runnel.core;

import java.util.function.IntUnaryOperator;

/// Events under another number of their choice.
final class Renumbering {

    private Renumbering() {}

    /// @param number the new number of a choice by its old one
    static TokenEvent of(TokenEvent event, IntUnaryOperator number) {
        return switch (event) {
            case TokenEvent.Started _, TokenEvent.Usage _ -> event;
            case TokenEvent.Text(var choice, var text, var logprobs) ->
                new TokenEvent.Text(number.applyAsInt(choice), text, logprobs);
            case TokenEvent.Thinking(var choice, var text) -> new TokenEvent.Thinking(number.applyAsInt(choice), text);
            case TokenEvent.Refusal(var choice, var text) -> new TokenEvent.Refusal(number.applyAsInt(choice), text);
            case TokenEvent.Call(var choice, var id, var name) ->
                new TokenEvent.Call(number.applyAsInt(choice), id, name);
            case TokenEvent.Arguments(var choice, var text) ->
                new TokenEvent.Arguments(number.applyAsInt(choice), text);
            case TokenEvent.Finished(var choice, var reason) ->
                new TokenEvent.Finished(number.applyAsInt(choice), reason);
        };
    }
}
