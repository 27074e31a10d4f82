package dev.runnel.lab;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/// What is to be measured.
///
/// @param loads one after another: a sweep
/// @param warmUp requests to each target before each load, which are not measured
/// @param rounds in how many parts each load is measured, so that several targets take turns. A round of a closed
///     loop has at least as many requests as are to be under way at once
/// @param timeout longest that a request may take once it is sent
/// @param seed of the moments at which an open loop's requests come
public record Plan(
        Workload workload, List<Load> loads, int warmUp, int rounds, Duration timeout, Objective objective, long seed) {

    public Plan {
        Objects.requireNonNull(workload, "workload");
        Objects.requireNonNull(objective, "objective");
        loads = List.copyOf(loads);
        if (loads.isEmpty()) {
            throw new IllegalArgumentException("there is no load to measure");
        }
        if (warmUp < 0) {
            throw new IllegalArgumentException("warm-up is " + warmUp + " requests, expected at least 0");
        }
        if (rounds < 1) {
            throw new IllegalArgumentException("rounds is " + rounds + ", expected at least 1");
        }
        if (!timeout.isPositive()) {
            throw new IllegalArgumentException("timeout is " + timeout + ", expected more than nothing");
        }
        for (Load load : loads) {
            if (load.requests() < rounds) {
                throw new IllegalArgumentException(
                        "%d requests can't be split into %d rounds".formatted(load.requests(), rounds));
            }
            if (load instanceof Load.Closed(var concurrency, var requests) && requests / rounds < concurrency) {
                throw new IllegalArgumentException(
                        "concurrency is %d and would not be reached by a round of %d requests; there are %d in %d rounds"
                                .formatted(concurrency, requests / rounds, requests, rounds));
            }
        }
    }
}
