package dev.runnel.lab;

import java.time.Duration;
import java.util.Optional;

/// How far a bench has come, as of a moment ago.
///
/// @param warmingUp what runs is not measured
/// @param round from 1
/// @param ended requests of this target under this load that have ended, however they did
/// @param requests how many there will be
/// @param ttftMedian of this target under this load, as all that follow
public record Progress(
        Target target,
        Load load,
        boolean warmingUp,
        int round,
        int rounds,
        int ended,
        int requests,
        int failed,
        Optional<Duration> ttftMedian,
        Optional<Duration> ttftP99,
        Optional<Duration> itlMedian,
        Optional<Duration> itlP99) {}
