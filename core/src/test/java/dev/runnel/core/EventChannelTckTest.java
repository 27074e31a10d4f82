package dev.runnel.core;

import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Usage;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.testng.annotations.Test;

/// The Reactive Streams TCK over a channel whose producer emits as it is asked to.
@Test
public class EventChannelTckTest extends FlowPublisherVerification<TokenEvent> {

    public EventChannelTckTest() {
        super(new TestEnvironment(500, 100));
    }

    @Override
    public Flow.Publisher<TokenEvent> createFlowPublisher(long elements) {
        return new Counting(elements).channel;
    }

    @Override
    public Flow.Publisher<TokenEvent> createFailedFlowPublisher() {
        return CompletionStream.failed(new BackendException(BackendException.Kind.OVERLOADED, "queue full"));
    }

    static final class Counting implements EventChannel.Producer {

        final EventChannel channel = new EventChannel(this);
        private final AtomicInteger calls = new AtomicInteger();
        private long left;

        Counting(long elements) {
            left = elements;
        }

        @Override
        public void demanded() {
            if (calls.getAndIncrement() > 0) {
                return;
            }
            do {
                while (channel.demand() > 0 && left > 0) {
                    left--;
                    channel.emit(left == 0 ? new Usage(1, 1) : new Text(0, "x"));
                }
            } while (calls.decrementAndGet() > 0);
        }

        @Override
        public void cancelled() {}
    }
}
