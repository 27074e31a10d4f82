package dev.runnel.lab;

import dev.runnel.core.CompletionRequest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/// Sends the requests of one round and collects what becomes of them. All of it on the lab's thread.
final class Driver {

    private final Plan plan;
    private final Target target;
    private final IntFunction<CompletionRequest> requestOf;
    private final Load load;
    private final int first;
    private final Time time;
    private final Consumer<Measurement> each;
    private final Consumer<Round> whenDone;
    private final int round;

    private final long began;
    private final List<Measurement> measured = new ArrayList<>();
    private final Set<Attempt> running = new LinkedHashSet<>();

    /// A request of an open loop that has come and waits for its turn under the cap.
    private record Arrived(int number, long due, Duration lag) {}

    private final Queue<Arrived> waiting = new ArrayDeque<>();

    /// How many there will be.
    private int requests;

    /// How many have come, to be sent at once or to wait.
    private int come;

    private boolean isDone;
    private boolean isCut;

    /// @param requestOf what to ask, by its index
    /// @param round its number
    /// @param first index of the first request
    /// @param requests at least one
    /// @param each is given every measurement when it is made
    /// @param whenDone called once
    Driver(
            Plan plan,
            Target target,
            IntFunction<CompletionRequest> requestOf,
            Load load,
            int round,
            int first,
            int requests,
            Time time,
            Consumer<Measurement> each,
            Consumer<Round> whenDone) {
        this.plan = plan;
        this.target = target;
        this.requestOf = requestOf;
        this.load = load;
        this.round = round;
        this.first = first;
        this.requests = requests;
        this.time = time;
        this.each = each;
        this.whenDone = whenDone;
        began = time.nanoTime();
    }

    void begin() {
        switch (load) {
            case Load.Closed(var concurrency, var _) -> {
                for (int i = Math.min(concurrency, requests); i > 0; i--) {
                    sendNext(began);
                }
            }
            case Load.Open(var rate, var _, var _) -> expect(new Arrivals(rate, plan.seed(), first));
        }
    }

    /// Of a closed loop: a reader's next request, which is to follow at once on the end of the one before. It counts
    /// from when it is sent; how long that took, to the thread that sends it, is the lab's lag.
    private void sendNext(long free) {
        long now = time.nanoTime();
        send(come++, now, Duration.ofNanos(now - free), Duration.ZERO);
    }

    /// Of an open loop: waits for the next arrival, then for the one after it.
    private void expect(Arrivals arrivals) {
        long due = began + arrivals.next();
        time.at(due, () -> {
            if (come < requests) {
                arrive(new Arrived(come++, due, Duration.ofNanos(time.nanoTime() - due)));
            }
            if (come < requests) {
                expect(arrivals);
            }
        });
    }

    private void arrive(Arrived arrived) {
        if (load instanceof Load.Open(var _, var mostAtOnce, var _) && running.size() >= mostAtOnce) {
            waiting.add(arrived);
        } else {
            send(arrived, Duration.ZERO);
        }
    }

    private void sendWaiting() {
        Arrived next = waiting.remove();
        Duration late = Duration.ofNanos(time.nanoTime() - next.due());
        send(next, late.minus(next.lag()));
    }

    private void send(Arrived arrived, Duration waited) {
        send(arrived.number(), arrived.due(), arrived.lag(), waited);
    }

    private void send(int number, long due, Duration lag, Duration waited) {
        Attempt attempt = new Attempt(time, target, first + number, due, lag, waited, this::ended);
        running.add(attempt);
        attempt.begin(requestOf.apply(first + number).withModel(target.model()));
    }

    private void ended(Attempt attempt) {
        running.remove(attempt);
        Measurement measurement = attempt.measurement(
                began,
                switch (load) {
                    case Load.Closed _ -> attempt.sent();
                    case Load.Open _ -> attempt.due();
                });
        measured.add(measurement);
        each.accept(measurement);
        switch (load) {
            case Load.Closed _ -> {
                if (come < requests) {
                    sendNext(attempt.ended());
                }
            }
            case Load.Open _ -> {
                if (!waiting.isEmpty()) {
                    sendWaiting();
                }
            }
        }
        endIfDone();
    }

    private void endIfDone() {
        if (measured.size() == requests && !isDone) {
            isDone = true;
            whenDone.accept(new Round(round, Duration.ofNanos(time.nanoTime() - began), measured, isCut));
        }
    }

    /// Gives up the requests that have taken too long.
    void giveUpLateOnes() {
        long now = time.nanoTime();
        for (Attempt attempt : running) {
            if (attempt.age(now).compareTo(plan.timeout()) >= 0) {
                attempt.give(new Outcome.Failed(
                        Outcome.Failed.TIMEOUT,
                        "not complete after " + plan.timeout().toMillis() + " ms"));
            }
        }
    }

    /// Ends the round: what runs is cut off, and nothing is sent any more.
    void stop() {
        isCut = true;
        requests = come - waiting.size();
        waiting.clear();
        if (running.isEmpty()) {
            endIfDone();
        }
        running.forEach(attempt -> attempt.give(new Outcome.Stopped()));
    }
}
