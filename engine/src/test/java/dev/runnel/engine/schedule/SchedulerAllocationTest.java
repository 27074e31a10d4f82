package dev.runnel.engine.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.Sampling;
import dev.runnel.core.TokenEvent;
import dev.runnel.engine.model.CacheUse;
import dev.runnel.engine.model.KvSequence;
import dev.runnel.engine.model.LanguageModel;
import dev.runnel.engine.model.Slice;
import dev.runnel.engine.reply.ReplyFormat;
import dev.runnel.engine.speculation.Speculation;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

class SchedulerAllocationTest {

    private static final byte[] TEXT = {'x'};

    @Test
    void aTokenCostsLittleMoreThanItsEventAndItsText() {
        // An event of 24 bytes, a text of 24 and its byte array of 24, the channel's signal of 24, and a little.
        assertThat(bytesOfToken(new Sampling(1, 0.9, OptionalLong.of(7)), Speculation.none()))
                .isLessThan(200);
    }

    @Test
    void andWhatIsRememberedOfItForGuesses() {
        // Some ints of tables that grow as the text does.
        assertThat(bytesOfToken(new Sampling(1, 0.9, OptionalLong.of(7)), Speculation.lookup()))
                .isLessThan(320);
        assertThat(bytesOfToken(Sampling.GREEDY, Speculation.lookup())).isLessThan(320);
    }

    private static long bytesOfToken(Sampling sampling, Speculation speculation) {
        Vocabulary vocabulary = new Vocabulary() {
            @Override
            public boolean isEndOfGeneration(int token) {
                return false;
            }

            @Override
            public byte[] bytes(int token) {
                return TEXT;
            }

            @Override
            public byte[] bytesWithSpecial(int token) {
                return TEXT;
            }
        };
        Scheduler scheduler = new Scheduler(
                new FlatModel(),
                vocabulary,
                new Limits(8, 8, 64, Duration.ofHours(1)),
                Runnable::run,
                () -> 0,
                () -> 1,
                speculation);
        CompletionRequest request =
                CompletionRequest.of("flat", "hi").withSampling(sampling).withChoices(8);
        CompletionStream stream = scheduler.complete(
                request,
                () -> new PreparedPrompt(
                        new int[] {1, 2}, ReplyFormat.text(request.stopping().strings(), false)));
        stream.subscribe(new Forgetful());
        step(scheduler, 100);

        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long tokens = scheduler.stats().generatedTokens();
        long before = threads.getCurrentThreadAllocatedBytes();
        step(scheduler, 1000);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        long perToken = allocated / (scheduler.stats().generatedTokens() - tokens);
        scheduler.close();
        return perToken;
    }

    private static void step(Scheduler scheduler, int times) {
        for (int i = 0; i < times; i++) {
            assertThat(scheduler.step()).isTrue();
        }
    }

    /// Every token is as probable as every other, and computing that allocates nothing.
    private static final class FlatModel implements LanguageModel {

        @Override
        public int vocabularySize() {
            return 300;
        }

        @Override
        public int contextLength() {
            return 1 << 20;
        }

        @Override
        public int capacity() {
            return 1 << 24;
        }

        @Override
        public CacheUse cacheUse() {
            return new CacheUse(1, 0, 0);
        }

        @Override
        public Optional<KvSequence> reserve(int tokens) {
            return Optional.of(new Counter());
        }

        @Override
        public Optional<KvSequence> reserve(int tokens, int[] beginning) {
            return reserve(tokens);
        }

        @Override
        public void forward(List<Slice> batch) {
            for (int i = 0; i < batch.size(); i++) {
                ((Counter) batch.get(i).sequence()).length +=
                        batch.get(i).length() - batch.get(i).guesses();
            }
        }

        @Override
        public void close() {}
    }

    private static final class Counter implements KvSequence {
        private int length;

        @Override
        public int length() {
            return length;
        }

        @Override
        public void keep(int guesses) {
            length += guesses;
        }

        @Override
        public boolean reserve(int tokens) {
            return true;
        }

        @Override
        public int catchUp(int[] tokens) {
            return 0;
        }

        @Override
        public Optional<KvSequence> fork(int tokens) {
            Counter fork = new Counter();
            fork.length = length;
            return Optional.of(fork);
        }

        @Override
        public void close() {}
    }

    private static final class Forgetful implements Flow.Subscriber<TokenEvent> {
        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(TokenEvent event) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onComplete() {}
    }
}
