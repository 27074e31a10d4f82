package dev.runnel.engine.schedule;

import dev.runnel.engine.EngineStats;
import dev.runnel.engine.model.CacheUse;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/// What a [Scheduler] counts. For any thread.
final class Tally {

    /// Admitted or about to be, and not ended.
    final AtomicInteger inProgress = new AtomicInteger();

    /// The part of them that has begun.
    final AtomicInteger running = new AtomicInteger();

    final LongAdder completed = new LongAdder();
    final LongAdder cancelled = new LongAdder();
    final LongAdder failed = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder steps = new LongAdder();
    final LongAdder promptTokens = new LongAdder();
    final LongAdder cachedTokens = new LongAdder();
    final LongAdder repeatedTokens = new LongAdder();
    final LongAdder generatedTokens = new LongAdder();
    final LongAdder guessedTokens = new LongAdder();
    final LongAdder rightGuesses = new LongAdder();
    final LongAdder lostTokens = new LongAdder();
    final LongAdder queuedNanos = new LongAdder();

    /// As the last step left it.
    volatile CacheUse cacheUse;

    Tally(CacheUse cacheUse) {
        this.cacheUse = cacheUse;
    }

    EngineStats stats() {
        int now = running.get();
        CacheUse use = cacheUse;
        return new EngineStats(
                Math.max(0, inProgress.get() - now),
                now,
                completed.sum(),
                cancelled.sum(),
                failed.sum(),
                refused.sum(),
                Duration.ofNanos(queuedNanos.sum()),
                steps.sum(),
                promptTokens.sum(),
                cachedTokens.sum(),
                repeatedTokens.sum(),
                generatedTokens.sum(),
                guessedTokens.sum(),
                rightGuesses.sum(),
                lostTokens.sum(),
                use.pages(),
                use.held(),
                use.kept());
    }
}
