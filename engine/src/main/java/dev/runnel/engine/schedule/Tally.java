package dev.runnel.engine.schedule;

import dev.runnel.engine.EngineStats;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/// What a [Scheduler] counts. For any thread.
final class Tally {

    /// Admitted or about to be, and not ended.
    final AtomicInteger inProgress = new AtomicInteger();

    /// The part of them that has room.
    final AtomicInteger running = new AtomicInteger();

    final LongAdder completed = new LongAdder();
    final LongAdder cancelled = new LongAdder();
    final LongAdder failed = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder steps = new LongAdder();
    final LongAdder promptTokens = new LongAdder();
    final LongAdder generatedTokens = new LongAdder();
    final LongAdder lostTokens = new LongAdder();

    EngineStats stats() {
        int now = running.get();
        return new EngineStats(
                Math.max(0, inProgress.get() - now),
                now,
                completed.sum(),
                cancelled.sum(),
                failed.sum(),
                refused.sum(),
                steps.sum(),
                promptTokens.sum(),
                generatedTokens.sum(),
                lostTokens.sum());
    }
}
