package dev.runnel.app;

import dev.runnel.app.NotebookFindings.Streamed;
import dev.runnel.app.NotebookFindings.Whole;
import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.Sampling;
import dev.runnel.core.TokenEvent;
import dev.runnel.lab.Timeline;
import dev.runnel.lab.report.Words;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/// The four parts of `runnel notebook`, each told while it happens.
final class NotebookStory {

    /// What a model in this process answers before it is measured, so that the JVM has compiled what runs: not what it
    /// does in the first second is to be seen, but what it does from then on.
    private static final int WARM_UPS = 8;

    private static final Duration WARM_UP = Duration.ofSeconds(5);

    /// A scale to begin with, where nothing is known.
    private static final Duration FIRST_SCALE = Duration.ofSeconds(1);

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

    private final Source source;
    private final Source whole;
    private final Words words;
    private final NotebookScreen screen;

    /// @param whole the same source, asked for whole replies; absent where it makes them of what it streams
    NotebookStory(Source source, Optional<Source> whole, Words words, NotebookScreen screen) {
        this.source = source;
        this.whole = whole.orElse(source);
        this.words = words;
        this.screen = screen;
    }

    /// @throws CommandFailure if a part fails
    NotebookFindings tell() {
        screen.title(words.say("title"));
        screen.note(source.description());
        if (source.loaded().isPresent()) {
            screen.note(words.say("warming"));
            warmUp();
        } else {
            screen.note(words.say("warmingServer"));
            warmUpServer();
        }
        Whole first = part(1, this::wholeReply);
        Streamed brief = part(2, this::chunkByChunk);
        Streamed streamed = part(3, () -> streamedReply(first));
        NotebookFindings findings = new NotebookFindings(source.description(), first, brief, streamed);
        compare(findings);
        begin(4);
        screen.table(findings.costs(words));
        screen.heading(words.say("summary"));
        screen.table(findings.summary(words));
        return findings;
    }

    private <T> T part(int number, Supplier<T> telling) {
        begin(number);
        try {
            return telling.get();
        } catch (BackendException failure) {
            throw new CommandFailure(
                    "\"%s\" failed: %s".formatted(words.say("part" + number), failure.getMessage()), failure);
        }
    }

    private void begin(int number) {
        screen.heading(words.say("part" + number));
        screen.note(words.say("about" + number));
    }

    private void warmUp() {
        long start = System.nanoTime();
        for (int i = 0; i < WARM_UPS && since(start).compareTo(WARM_UP) < 0; i++) {
            try (CompletionStream events = source.backend().complete(request("count"))) {
                for (TokenEvent _ : events) {
                    if (since(start).compareTo(WARM_UP) > 0) {
                        break; // and leaving stops the work
                    }
                }
            }
        }
    }

    /// So that both ways to the same reply find the server alike: it has read the prompt, which it may keep in a
    /// cache, and the first to be measured has a connection, as the streamed one has from the part before it.
    private void warmUpServer() {
        try (CompletionStream events = source.backend().complete(request("count"))) {
            for (TokenEvent event : events) {
                if (!shown(event).isEmpty()) {
                    break; // and leaving stops the work
                }
            }
        }
        try (CompletionStream events = whole.backend().complete(request("add"))) {
            awaited(events.completion(), () -> {});
        }
    }

    private Whole wholeReply() {
        screen.prompt(words.say("count"));
        NotebookScreen.Reply reply = screen.reply(FIRST_SCALE);
        long start = System.nanoTime();
        Whole replied;
        try (CompletionStream events = whole.backend().complete(request("count"))) {
            replied = awaited(
                    events.completion()
                            .thenApply(completion -> new Whole(words.say("count"), completion, since(start))),
                    () -> reply.waiting(since(start)));
        } catch (BackendException failure) {
            reply.end(new Strip(List.of(), since(start)));
            throw failure;
        }
        Strip strip = new Strip(List.of(replied.took()), replied.took());
        reply.piece(replied.completion().text(), () -> strip);
        reply.end(strip);
        screen.say(words.say("wholeDone", NotebookScreen.time(replied.took())));
        return replied;
    }

    private static <T> T awaited(CompletableFuture<T> future, Runnable meanwhile) {
        while (true) {
            try {
                return future.get(BETWEEN_LOOKS.toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException notYet) {
                meanwhile.run();
            } catch (ExecutionException failure) {
                throw failure.getCause() instanceof BackendException cause ? cause : new IllegalStateException(failure);
            } catch (InterruptedException interrupt) {
                Thread.currentThread().interrupt();
                throw new CommandFailure("interrupted", interrupt);
            }
        }
    }

    private Streamed chunkByChunk() {
        screen.prompt(words.say("add"));
        List<TokenEvent> events = new ArrayList<>();
        Timeline timeline = new Timeline(System::nanoTime);
        long start = System.nanoTime();
        try (CompletionStream stream = source.backend().complete(request("add")).through(timeline)) {
            for (TokenEvent event : stream) {
                events.add(event);
                chunk(event).ifPresent(screen::say);
            }
        }
        return new Streamed(words.say("add"), events, timeline.pieces(), timeline.timing(), since(start));
    }

    /// What an event becomes on the wire, as a name and a value.
    static Optional<String> chunk(TokenEvent event) {
        return switch (event) {
            case TokenEvent.Started _ -> Optional.of("role: assistant");
            case TokenEvent.Text(var _, var text, var _) -> Optional.of("content: " + quoted(text));
            case TokenEvent.Thinking(var _, var text) -> Optional.of("reasoning_content: " + quoted(text));
            case TokenEvent.Refusal(var _, var text) -> Optional.of("refusal: " + quoted(text));
            case TokenEvent.Call(var _, var _, var name) -> Optional.of("tool_calls: " + name);
            case TokenEvent.Arguments(var _, var text) -> Optional.of("arguments: " + quoted(text));
            case TokenEvent.Finished(var _, var reason) ->
                Optional.of("finish_reason: " + reason.name().toLowerCase(Locale.ROOT));
            case TokenEvent.Usage _ -> Optional.empty(); // told in the last part
        };
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\n", "\\n") + "\"";
    }

    private Streamed streamedReply(Whole before) {
        screen.prompt(words.say("count"));
        NotebookScreen.Reply reply = screen.reply(before.took());
        List<TokenEvent> events = new ArrayList<>();
        Timeline timeline = new Timeline(System::nanoTime);
        long start = System.nanoTime();
        Duration took;
        try (CompletionStream stream =
                source.backend().complete(request("count")).through(timeline)) {
            for (TokenEvent event : stream) {
                events.add(event);
                String text = shown(event);
                if (!text.isEmpty()) {
                    reply.piece(text, () -> new Strip(timeline.pieces(), since(start)));
                }
            }
            took = since(start);
        } finally {
            reply.end(new Strip(timeline.pieces(), since(start)));
        }
        return new Streamed(words.say("count"), events, timeline.pieces(), timeline.timing(), took);
    }

    private static String shown(TokenEvent event) {
        return switch (event) {
            case TokenEvent.Text(var _, var text, var _) -> text;
            case TokenEvent.Thinking(var _, var text) -> text;
            case TokenEvent.Refusal(var _, var text) -> text;
            case TokenEvent.Call _, TokenEvent.Arguments _ -> "";
            case TokenEvent.Started _, TokenEvent.Finished _, TokenEvent.Usage _ -> "";
        };
    }

    /// Both ways on one scale.
    private void compare(NotebookFindings findings) {
        Duration took = findings.whole().took();
        Streamed streamed = findings.streamed();
        SequencedMap<String, Strip> strips = new LinkedHashMap<>();
        strips.put(words.say("whole"), new Strip(List.of(took), took));
        strips.put(words.say("streamed"), new Strip(streamed.pieces(), streamed.took()));
        screen.strips(strips);
        findings.verdict(words).forEach(screen::say);
    }

    private CompletionRequest request(String prompt) {
        return CompletionRequest.of(source.model(), words.say(prompt)).withSampling(Sampling.GREEDY);
    }

    private static Duration since(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
