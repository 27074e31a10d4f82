package dev.runnel.wire;

import dev.runnel.core.TokenEvent;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/// How many content chunks one core writes. Its name keeps it out of the suite; run it with
///
/// ```
/// mvn -pl wire -am test -Dtest=ChunkWriterBenchmark -Dsurefire.failIfNoSpecifiedTests=false
/// ```
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ChunkWriterBenchmark {

    @Param({"CHAT", "TEXT"})
    public Endpoint endpoint = Endpoint.CHAT;

    @Param({" word", "字", "\"\\\""})
    public String piece = " word";

    private final ByteSink out = new ByteSink(1024);
    private ChunkWriter writer = new ChunkWriter(endpoint, envelope(), ReplyForm.PLAIN.withUsage(true));
    private TokenEvent event = new TokenEvent.Text(0, piece);

    private static Envelope envelope() {
        return new Envelope(
                "chatcmpl-0123456789abcdef0123456789abcdef", Instant.ofEpochSecond(1_800_000_000), Optional.of("fp_1"));
    }

    @Setup
    public void start() {
        writer = new ChunkWriter(endpoint, envelope(), ReplyForm.PLAIN.withUsage(true));
        writer.write(new TokenEvent.Started("some-model-of-4b", 1), out);
        event = new TokenEvent.Text(0, piece);
    }

    @Benchmark
    public int contentChunk() {
        out.clear();
        writer.write(event, out);
        return out.length();
    }

    @Test
    void run() throws RunnerException {
        new Runner(new OptionsBuilder()
                        .include(ChunkWriterBenchmark.class.getName())
                        .addProfiler(GCProfiler.class)
                        .build())
                .run();
    }
}
