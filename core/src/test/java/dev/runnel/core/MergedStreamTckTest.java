package dev.runnel.core;

import java.util.List;
import java.util.concurrent.Flow;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.testng.annotations.Test;

/// The Reactive Streams TCK over two streams read as one.
@Test
public class MergedStreamTckTest extends FlowPublisherVerification<TokenEvent> {

    public MergedStreamTckTest() {
        super(new TestEnvironment(500, 100));
    }

    /// Two beginnings become one, and so do two ends. A stream of one event has no beginning and is left alone.
    @Override
    public Flow.Publisher<TokenEvent> createFlowPublisher(long elements) {
        if (elements == 1) {
            return CompletionStream.merged(List.of(new EventChannelTckTest.Counting(1).channel), 1);
        }
        long pieces = elements - 2;
        return CompletionStream.merged(List.of(stream(pieces / 2), stream(pieces - pieces / 2)), 1);
    }

    private static CompletionStream stream(long pieces) {
        return new Beginning(new EventChannelTckTest.Counting(pieces + 1)).stream();
    }

    /// The counted stream with a beginning.
    private record Beginning(EventChannelTckTest.Counting counting) {

        CompletionStream stream() {
            return counting.channel.through(new Stage() {
                private boolean begun;

                @Override
                public void accept(TokenEvent event, java.util.function.Consumer<? super TokenEvent> next) {
                    if (!begun) {
                        begun = true;
                        next.accept(new TokenEvent.Started("m", 1));
                    }
                    next.accept(event);
                }
            });
        }
    }

    @Override
    public Flow.Publisher<TokenEvent> createFailedFlowPublisher() {
        CompletionStream refused =
                CompletionStream.failed(new BackendException(BackendException.Kind.OVERLOADED, "queue full"));
        return CompletionStream.merged(List.of(stream(3), refused), 1);
    }
}
