package dev.runnel.core;

import java.util.concurrent.Flow;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.testng.annotations.Test;

/// The Reactive Streams TCK over a stage that swallows every other piece and doubles the rest.
@Test
public class StagedStreamTckTest extends FlowPublisherVerification<TokenEvent> {

    public StagedStreamTckTest() {
        super(new TestEnvironment(500, 100));
    }

    @Override
    public Flow.Publisher<TokenEvent> createFlowPublisher(long elements) {
        // Pieces 0, 2, 4… become two, pieces 1, 3, 5… none: in the sum as many as there were, but for an odd last one.
        long pieces = elements - 1;
        long source = pieces % 2 == 0 ? elements : elements + 1;
        boolean odd = pieces % 2 != 0;
        return new EventChannelTckTest.Counting(source).channel.through(new Stage() {
            private long seen;

            @Override
            public void accept(TokenEvent event, java.util.function.Consumer<? super TokenEvent> next) {
                boolean last = event instanceof TokenEvent.Usage;
                long index = seen++;
                if (last) {
                    next.accept(event);
                } else if (index % 2 == 0) {
                    next.accept(event);
                    if (!(odd && index == 0)) {
                        next.accept(event);
                    }
                }
            }
        });
    }

    @Override
    public Flow.Publisher<TokenEvent> createFailedFlowPublisher() {
        return CompletionStream.failed(new BackendException(BackendException.Kind.OVERLOADED, "queue full"))
                .through((event, next) -> next.accept(event));
    }
}
