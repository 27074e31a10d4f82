import dev.runnel.app.Rehearsal;
import dev.runnel.core.Backend;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.Model;
import dev.runnel.core.Prompt;
import dev.runnel.lab.Bench;
import dev.runnel.lab.Distribution;
import dev.runnel.lab.Load;
import dev.runnel.lab.Measurement;
import dev.runnel.lab.Objective;
import dev.runnel.lab.Plan;
import dev.runnel.lab.Series;
import dev.runnel.lab.Summary;
import dev.runnel.lab.Target;
import dev.runnel.lab.Time;
import dev.runnel.lab.Workload;
import dev.runnel.relay.Upstream;
import dev.runnel.relay.UpstreamOptions;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How far what the lab measures is from what happened: the lab against a server whose delays are known,
/// both in this JVM. The server is a thread for each connection that knows nothing of this project: it
/// reads a request, and writes the first of 6 pieces 30 ms after it has and each further one 10 ms after
/// the one before, by deadlines that it waits for with its eyes open, so that a late piece doesn't make the
/// next one late. How late it was itself is told, too: the lab can't be nearer to the script than the
/// server was.
///
/// A first piece has the way of the request in it, so that is taken apart by what both sides note on the same clock: the
/// way there, from when the lab sends until the server has read, and the way back, from when the server writes until the
/// lab's stamp. Beside it stands a bare client, which writes the same request to a socket that is open and reads: what
/// it sees is due to the system and the server, and what the lab sees above that is the lab's own.
///
/// The lab rehearses before, as `runnel bench` does ([dev.runnel.app.Rehearsal]); with `cold` behind the
/// number of requests it doesn't, which shows what that is for. With `one`, `eight` or `open` there it only
/// measures under that load.
///
/// `bench/lab-accuracy` runs it.
final class LabAccuracy {

    private static final Duration TTFT = Duration.ofMillis(30);
    private static final Duration ITL = Duration.ofMillis(10);
    private static final int PIECES = 6;
    private static final int REHEARSED = 3000;
    private static final Duration ALLOWED = Duration.ofMillis(1);

    private static final String DONE = "[DONE]";

    /// How long before a deadline a thread stops sleeping.
    private static final long WAKE_UP_NANOS = 300_000;

    /// By how many nanoseconds pieces were written after their deadlines.
    private static final ConcurrentLinkedQueue<Long> LATE = new ConcurrentLinkedQueue<>();

    /// When the lab gave requests to the relay, and what it got for them, by their numbers.
    private static final Map<Integer, Long> GIVEN = new ConcurrentHashMap<>();

    private static final Map<Integer, CompletionStream> STREAMS = new ConcurrentHashMap<>();

    /// When requests were read and first answered, by their numbers.
    private static final Map<Integer, Long> READ = new ConcurrentHashMap<>();
    private static final Map<Integer, Long> WROTE = new ConcurrentHashMap<>();

    /// The numbers of those for which a connection was made.
    private static final Set<Integer> FIRST = ConcurrentHashMap.newKeySet();

    private static final Pattern NUMBER = Pattern.compile("\\[(\\d+)]");

    private static final byte[] HEAD =
            bytes("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
    private static final byte[] PIECE = part(chunk("{\"content\":\"x\"}", "null"));
    private static final byte[] LAST_PIECE = joined(
            PIECE, part(chunk("{}", "\"stop\"")), part(usage()), part("data: [DONE]\n\n"), bytes("0\r\n\r\n"));

    private static boolean isExact = true;

    private LabAccuracy() {}

    public static void main(String[] arguments) throws IOException {
        int requests = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 200;
        List<String> words = List.of(arguments).subList(Math.min(1, arguments.length), arguments.length);
        Map<String, Load> known = new LinkedHashMap<>();
        known.put("one", new Load.Closed(1, requests));
        known.put("eight", new Load.Closed(8, 4 * requests));
        known.put("open", new Load.Open(8, 1000, requests));
        words.stream()
                .filter(word -> !known.containsKey(word) && !word.equals("cold"))
                .findFirst()
                .ifPresent(word -> {
                    System.err.println("lab-accuracy: no load is called '%s', expected some of %s, or cold"
                            .formatted(word, String.join(", ", known.keySet())));
                    System.exit(2);
                });
        List<Load> named = words.stream().filter(known::containsKey).map(known::get).toList();
        List<Load> loads = named.isEmpty() ? List.copyOf(known.values()) : named;
        if (!words.contains("cold")) {
            Rehearsal.play();
        }
        try (ServerSocket listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().start(() -> serve(listener));
            URI url = URI.create("http://127.0.0.1:%d/v1".formatted(listener.getLocalPort()));
            try (Upstream upstream =
                            Upstream.open(url, Optional.empty(), UpstreamOptions.DEFAULT.withModels(List.of("script")));
                    Time.Real time = new Time.Real()) {
                bare(listener.getLocalPort(), requests);
                Target target = new Target("script", new Watched(upstream), "script", Target.Reading.STREAMED);
                Plan plan = new Plan(
                        new Workload(List.of(CompletionRequest.of("script", "Hi")), true),
                        loads,
                        20,
                        1,
                        Duration.ofSeconds(10),
                        Objective.NONE,
                        1);
                for (Series series : Bench.begin(plan, List.of(target), time).result().join()) {
                    tell(series);
                }
            }
        }
        System.out.printf(
                Locale.ROOT,
                "%-32s %8s %8s %9s %8d%n",
                "the server's own lateness",
                late(0.5),
                late(0.99),
                late(1),
                LATE.size());
        System.out.println(isExact ? "within 1 ms at p50 and p99" : "NOT within 1 ms at p50 and p99");
        System.exit(isExact ? 0 : 1);
    }

    /// Notes when it is asked what.
    private record Watched(Backend backend) implements Backend {

        @Override
        public List<Model> models() {
            return backend.models();
        }

        @Override
        public CompletionStream complete(CompletionRequest request) {
            String prompt = ((Prompt.Chat) request.prompt()).messages().getLast().text();
            GIVEN.put(number(prompt), System.nanoTime());
            CompletionStream stream = backend.complete(request);
            STREAMS.put(number(prompt), stream);
            return stream;
        }

        @Override
        public void close() {
            backend.close();
        }
    }

    private static int number(String text) {
        Matcher number = NUMBER.matcher(text);
        return number.find() ? Integer.parseInt(number.group(1)) : -1;
    }

    /// One reader who waits for a socket. First without a number, which is answered at once, until the
    /// server's code is compiled.
    private static void bare(int port, int requests) throws IOException {
        List<Duration> ttft = new ArrayList<>();
        List<Duration> there = new ArrayList<>();
        List<Duration> back = new ArrayList<>();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            for (int i = 0; i < REHEARSED; i++) {
                socket.getOutputStream().write(request("Hi"));
                firstPiece(in);
            }
            for (int i = 0; i < requests; i++) {
                int number = 1_000_000 + i;
                byte[] request = request("[%d] Hi".formatted(number));
                long sent = System.nanoTime();
                socket.getOutputStream().write(request);
                long first = firstPiece(in);
                ttft.add(Duration.ofNanos(first - sent));
                there.add(Duration.ofNanos(READ.get(number) - sent));
                back.add(Duration.ofNanos(first - WROTE.get(number)));
            }
        }
        System.out.println("measured less scripted, in ms         p50      p99   longest       of");
        line("a bare client, ttft", ttft, TTFT);
        line("a bare client, way there", there, Duration.ZERO);
        line("a bare client, way back", back, Duration.ZERO);
    }

    private static byte[] request(String prompt) {
        String body = "{\"messages\":[{\"content\":\"%s\"}]}".formatted(prompt);
        return bytes("POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n%s".formatted(body.length(), body));
    }

    /// Reads a reply to its end.
    ///
    /// @return when its first piece came
    private static long firstPiece(InputStream in) throws IOException {
        long first = 0;
        for (int state = 0; state < DONE.length(); ) {
            int b = in.read();
            if (first == 0 && b == '{') {
                first = System.nanoTime();
            }
            state = b == DONE.charAt(state) ? state + 1 : b == DONE.charAt(0) ? 1 : 0;
        }
        return first;
    }

    private static void ways(Series series) {
        List<Duration> there = new ArrayList<>();
        List<Duration> dialled = new ArrayList<>();
        List<Duration> late = new ArrayList<>();
        List<Duration> back = new ArrayList<>();
        for (Measurement each : series.measurements()) {
            long read = READ.get(each.index());
            long wrote = WROTE.get(each.index());
            // What an open loop measures begins when the request was due, and before it was sent if that was late.
            long sent = switch (series.load()) {
                case Load.Closed _ -> STREAMS.get(each.index()).begun().orElseThrow();
                case Load.Open _ -> GIVEN.get(each.index());
            };
            Duration before = series.load() instanceof Load.Open ? each.lag().plus(each.waited()) : Duration.ZERO;
            long stamp = sent + each.pieces().getFirst().minus(before).toNanos();
            there.add(Duration.ofNanos(read - sent));
            if (FIRST.contains(each.index())) {
                dialled.add(there.getLast());
            }
            late.add(Duration.ofNanos(wrote - read - TTFT.toNanos()));
            back.add(Duration.ofNanos(stamp - wrote));
        }
        line("   of which the way there", there, Duration.ZERO);
        if (!dialled.isEmpty()) {
            line("     where a connection was made", dialled, Duration.ZERO);
        }
        line("   the server's lateness", late, Duration.ZERO);
        line("   the way back", back, Duration.ZERO);
    }

    private static void tell(Series series) {
        Summary summary = series.summary(Objective.NONE, Optional.empty());
        if (summary.failed() > 0) {
            throw new IllegalStateException("requests failed: " + summary.errors());
        }
        Duration all = TTFT.plus(ITL.multipliedBy(PIECES - 1));
        tell(series.load().name() + ", ttft", summary.ttft(), TTFT);
        ways(series);
        tell(series.load().name() + ", itl", summary.itl(), ITL);
        tell(series.load().name() + ", e2el", summary.e2el(), all);
        line(series.load().name() + ", lag", summary.lag(), Duration.ZERO);
    }

    private static void tell(String what, Distribution measured, Duration scripted) {
        isExact &= isNear(measured.p50(), scripted) && isNear(measured.p99(), scripted);
        line(what, measured, scripted);
    }

    private static void line(String what, Distribution measured, Duration scripted) {
        line(what, measured.p50(), measured.p99(), measured.most(), measured.count(), scripted);
    }

    private static void line(String what, List<Duration> measured, Duration scripted) {
        List<Duration> sorted = measured.stream().sorted().toList();
        line(
                what,
                Optional.of(sorted.get((sorted.size() - 1) / 2)),
                Optional.of(sorted.get((int) Math.ceil(0.99 * sorted.size()) - 1)),
                sorted.getLast(),
                sorted.size(),
                scripted);
    }

    private static void line(
            String what,
            Optional<Duration> p50,
            Optional<Duration> p99,
            Duration longest,
            long count,
            Duration scripted) {
        System.out.printf(
                Locale.ROOT,
                "%-32s %8s %8s %9s %8d%n",
                what,
                off(p50, scripted),
                off(p99, scripted),
                off(Optional.of(longest), scripted),
                count);
    }

    private static boolean isNear(Optional<Duration> measured, Duration scripted) {
        return measured.map(time -> time.minus(scripted).abs().compareTo(ALLOWED) < 0)
                .orElse(true);
    }

    private static String off(Optional<Duration> measured, Duration scripted) {
        return measured.map(time -> String.format(
                        Locale.ROOT, "%+.3f", time.minus(scripted).toNanos() / 1e6))
                .orElse("–");
    }

    private static String late(double share) {
        long[] sorted = LATE.stream().mapToLong(each -> each).sorted().toArray();
        return String.format(Locale.ROOT, "%+.3f", sorted[(int) Math.ceil(share * sorted.length) - 1] / 1e6);
    }

    private static void serve(ServerSocket listener) {
        while (true) {
            try {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                Thread.ofPlatform().daemon().start(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private static void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            boolean isNew = true;
            for (String body = read(in); body != null; body = read(in)) {
                long asked = System.nanoTime();
                if (isNew) {
                    FIRST.add(number(body));
                }
                isNew = false;
                answer(asked, number(body), socket.getOutputStream());
            }
        } catch (IOException gone) {
            // The lab is done.
        }
    }

    /// The body of the next request, or null where there is none.
    private static String read(InputStream in) throws IOException {
        int length = 0;
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b != '\n') {
                line.append((char) b);
                continue;
            }
            String header = line.toString().strip().toLowerCase(Locale.ROOT);
            if (header.isEmpty()) {
                return new String(in.readNBytes(length), StandardCharsets.UTF_8);
            }
            if (header.startsWith("content-length:")) {
                length = Integer.parseInt(header.substring(header.indexOf(':') + 1).strip());
            }
            line.setLength(0);
        }
        return null;
    }

    private static void answer(long asked, int number, OutputStream out) throws IOException {
        out.write(HEAD);
        for (int piece = 0; piece < PIECES; piece++) {
            byte[] bytes = piece < PIECES - 1 ? PIECE : LAST_PIECE;
            long deadline = number < 0 ? asked : asked + TTFT.toNanos() + piece * ITL.toNanos();
            await(deadline);
            if (number < 0) {
                out.write(bytes);
                continue;
            }
            if (piece == 0) {
                READ.put(number, asked);
                WROTE.put(number, System.nanoTime());
            }
            out.write(bytes);
            LATE.add(System.nanoTime() - deadline);
        }
    }

    private static void await(long deadline) {
        long left = deadline - System.nanoTime();
        while (left > 0) {
            if (left > WAKE_UP_NANOS) {
                LockSupport.parkNanos(left - WAKE_UP_NANOS);
            } else {
                Thread.onSpinWait();
            }
            left = deadline - System.nanoTime();
        }
    }

    private static String chunk(String delta, String finish) {
        return "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"script\",\"choices\":"
                + "[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]}\n\n".formatted(delta, finish);
    }

    private static String usage() {
        return "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"script\",\"choices\":[],"
                + "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":%d,\"total_tokens\":%d}}\n\n"
                        .formatted(PIECES, PIECES + 1);
    }

    private static byte[] part(String text) {
        return bytes("%x\r\n%s\r\n".formatted(bytes(text).length, text));
    }

    private static byte[] joined(byte[]... parts) {
        byte[] all = new byte[0];
        for (byte[] part : parts) {
            int before = all.length;
            all = Arrays.copyOf(all, before + part.length);
            System.arraycopy(part, 0, all, before, part.length);
        }
        return all;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
