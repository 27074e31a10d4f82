package dev.runnel.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Folds a stream's events into the whole reply, and holds the stream to the order that [dev.runnel.core] promises.
/// For one thread at a time.
final class CompletionFold {

    private static final class Choice {
        final StringBuilder text = new StringBuilder();
        final StringBuilder thinking = new StringBuilder();
        final StringBuilder refusal = new StringBuilder();
        final List<TokenEvent.Call> calls = new ArrayList<>();
        final List<StringBuilder> arguments = new ArrayList<>(); // of each call
        final List<TokenLogprob> logprobs = new ArrayList<>();

        @Nullable
        FinishReason reason;

        Completion.Choice whole() {
            List<ToolCall> toolCalls = new ArrayList<>();
            for (int i = 0; i < calls.size(); i++) {
                TokenEvent.Call call = calls.get(i);
                toolCalls.add(
                        new ToolCall(call.id(), call.name(), arguments.get(i).toString()));
            }
            return new Completion.Choice(
                    text.toString(),
                    thinking.toString(),
                    refusal.toString(),
                    toolCalls,
                    logprobs,
                    Objects.requireNonNull(reason));
        }
    }

    private final List<Choice> choices = new ArrayList<>();
    private @Nullable String model;
    private TokenEvent.@Nullable Usage usage;

    /// @throws BackendException if the event can't follow those before it
    public void accept(TokenEvent event) {
        if (usage != null) {
            throw outOfOrder(event, "came after the usage, which is the last event");
        }
        switch (event) {
            case TokenEvent.Started(var answering, var count) -> {
                if (model != null) {
                    throw outOfOrder(event, "came twice");
                }
                model = answering;
                for (int i = 0; i < count; i++) {
                    choices.add(new Choice());
                }
            }
            case TokenEvent.Text(var index, var piece, var logprobs) -> {
                Choice choice = running(index, event);
                choice.text.append(piece);
                choice.logprobs.addAll(logprobs);
            }
            case TokenEvent.Thinking(var index, var piece) ->
                running(index, event).thinking.append(piece);
            case TokenEvent.Refusal(var index, var piece) ->
                running(index, event).refusal.append(piece);
            case TokenEvent.Call call -> {
                Choice choice = running(call.choice(), event);
                choice.calls.add(call);
                choice.arguments.add(new StringBuilder());
            }
            case TokenEvent.Arguments(var index, var piece) -> {
                Choice choice = running(index, event);
                if (choice.calls.isEmpty()) {
                    throw outOfOrder(event, "came before its choice had called a tool");
                }
                choice.arguments.getLast().append(piece);
            }
            case TokenEvent.Finished(var index, var reason) -> running(index, event).reason = reason;
            case TokenEvent.Usage cost -> {
                for (int i = 0; i < choices.size(); i++) {
                    if (choices.get(i).reason == null) {
                        throw outOfOrder(event, "came before choice " + i + " had finished");
                    }
                }
                if (choices.isEmpty()) {
                    throw outOfOrder(event, "came before the completion had started");
                }
                usage = cost;
            }
        }
    }

    /// The whole reply.
    ///
    /// @throws BackendException if [TokenEvent.Usage] has not come
    public Completion completion() {
        if (usage == null) {
            int characters = choices.stream()
                    .mapToInt(choice -> choice.text.codePointCount(0, choice.text.length()))
                    .sum();
            throw new BackendException(
                    BackendException.Kind.INTERNAL,
                    "the completion broke off after %d character%s".formatted(characters, characters == 1 ? "" : "s"));
        }
        return new Completion(
                Objects.requireNonNull(model),
                choices.stream().map(Choice::whole).toList(),
                usage);
    }

    private Choice running(int index, TokenEvent event) {
        if (index >= choices.size()) {
            throw outOfOrder(event, "is of a choice that was not announced; there are " + choices.size());
        }
        Choice choice = choices.get(index);
        if (choice.reason != null) {
            throw outOfOrder(event, "came after its choice had finished");
        }
        return choice;
    }

    private static BackendException outOfOrder(TokenEvent event, String fault) {
        return new BackendException(
                BackendException.Kind.INTERNAL, "a backend broke the order of events: " + event + " " + fault);
    }
}
