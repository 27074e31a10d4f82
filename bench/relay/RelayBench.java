import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// What relaying one event costs, in CPU time of the process that relays: Runnel, nginx without buffering, and an AI
/// gateway from npm, all in one run, round by round, between the same upstream and the same client, which are both in
/// this process and aren't measured.
///
/// ```
/// java bench/relay/RelayBench.java [--streams 100] [--events 200] [--millis 20] [--rounds 5] [--warmups 10]
///     [--json FILE] [--runnel COMMAND[,COMMAND…]] [--nginx COMMAND] [--gateway COMMAND]
/// ```
///
/// Each stream is a chat completion of `events` chunks of text, one every `millis`, so that no two events of a stream
/// share a read or a write. What arrives is compared with what was sent. CPU is user and system time of the process
/// and all below it, from `/proc`, so this runs on Linux. A subject whose command is missing is left out and named.
/// Several commands of Runnel are compared, each under its own name.
///
/// Before the rounds each subject gets `warmups` times the same streams as fast as it takes them: an early round of a
/// program for the JVM shows its compilers more than itself.
final class RelayBench {

    private static final int TICKS_A_SECOND = 100; // of /proc, on every Linux
    private static final String BODY = """
            {"model":"bench","stream":true,"stream_options":{"include_usage":true},\
            "messages":[{"role":"user","content":"go"}]}""";

    private static final String TEXT = "\"content\":\"t";

    private final int streams;
    private final int events;
    private final int millis;
    private final int rounds;
    private final int warmUps;

    /// Between two events of a stream; shorter while compilers warm up.
    private volatile long paceNanos;

    private final Path folder;
    private final Map<String, Subject> subjects = new LinkedHashMap<>();

    /// One way from the client to the upstream.
    private static final class Subject {
        final int port;
        final String headers;
        final List<Process> processes = new ArrayList<>();
        final List<Double> microsAnEvent = new ArrayList<>();

        /// What was wrong with each stream that did not arrive as it was sent.
        final List<String> broken = new ArrayList<>();

        Subject(int port, String headers) {
            this.port = port;
            this.headers = headers;
        }

        long ticks() throws IOException {
            long sum = 0;
            for (Process process : processes) {
                for (ProcessHandle handle : Stream.concat(Stream.of(process.toHandle()), process.descendants())
                        .toList()) {
                    String stat = Files.readString(Path.of("/proc/" + handle.pid() + "/stat"));
                    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                    sum += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
                }
            }
            return sum;
        }

        void stop() {
            for (Process process : processes) {
                process.descendants().forEach(ProcessHandle::destroy);
                process.destroy();
            }
        }
    }

    private RelayBench(Map<String, String> options) throws IOException {
        streams = Integer.parseInt(options.getOrDefault("streams", "100"));
        events = Integer.parseInt(options.getOrDefault("events", "200"));
        millis = Integer.parseInt(options.getOrDefault("millis", "20"));
        rounds = Integer.parseInt(options.getOrDefault("rounds", "5"));
        warmUps = Integer.parseInt(options.getOrDefault("warmups", "10"));
        folder = Files.createTempDirectory("relay-bench");
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            options.put(arguments[i].substring(2), arguments[i + 1]);
        }
        new RelayBench(options).run(options);
    }

    private void run(Map<String, String> options) throws Exception {
        try (ServerSocket upstream = new ServerSocket(0, 4096, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().start(() -> accept(upstream));
            subjects.put("direct", new Subject(upstream.getLocalPort(), ""));
            try {
                for (String command : options.getOrDefault("runnel", "./runnel").split(",")) {
                    startRunnel(command, upstream.getLocalPort());
                }
                startNginx(options.getOrDefault("nginx", "nginx"), upstream.getLocalPort());
                startGateway(options.getOrDefault("gateway", "npx --yes @portkey-ai/gateway@1.15.2"), upstream.getLocalPort());
                measure();
            } finally {
                subjects.values().forEach(Subject::stop);
            }
        }
        report(options.get("json"));
    }

    // The subjects.

    private void startRunnel(String command, int upstream) throws Exception {
        int port = freePort();
        start(
                subjects.containsKey("runnel") ? "runnel as " + command : "runnel",
                new Subject(port, ""),
                command + " serve --port " + port + " --upstream up=http://127.0.0.1:" + upstream
                        + "/v1 --upstream-model bench=up/bench");
    }

    private void startNginx(String command, int upstream) throws Exception {
        int port = freePort();
        Path configuration = folder.resolve("nginx.conf");
        Files.writeString(configuration, """
                daemon off;
                worker_processes 1;
                pid %1$s/nginx.pid;
                error_log %1$s/nginx.log;
                events { worker_connections 8192; }
                http {
                    access_log off;
                    client_body_temp_path %1$s/body;
                    proxy_temp_path %1$s/proxy;
                    fastcgi_temp_path %1$s/fastcgi;
                    uwsgi_temp_path %1$s/uwsgi;
                    scgi_temp_path %1$s/scgi;
                    upstream up { server 127.0.0.1:%2$d; keepalive 1024; }
                    server {
                        listen 127.0.0.1:%3$d;
                        location / {
                            proxy_pass http://up;
                            proxy_http_version 1.1;
                            proxy_set_header Connection "";
                            proxy_buffering off;
                        }
                    }
                }
                """.formatted(folder, upstream, port));
        start("nginx", new Subject(port, ""), command + " -p " + folder + " -c " + configuration);
    }

    /// The gateway changes headers of replies that Node calls immutable; without this it answers 500 to every stream.
    private void startGateway(String command, int upstream) throws Exception {
        int port = freePort();
        Files.writeString(folder.resolve("mutable.mjs"), """
                for (const name of ["append", "delete", "set"]) {
                    const change = Headers.prototype[name];
                    Headers.prototype[name] = function (...header) {
                        try { change.apply(this, header); } catch (fault) { if (!/immutable/.test(fault.message)) throw fault; }
                    };
                }
                """);
        start(
                "gateway",
                new Subject(
                        port,
                        "x-portkey-provider: openai\r\nauthorization: Bearer none\r\nx-portkey-custom-host: http://127.0.0.1:"
                                + upstream + "/v1\r\n"),
                command + " --headless --port=" + port);
    }

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return any.getLocalPort();
        }
    }

    private void start(String name, Subject subject, String command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command.split(" +"))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name.replace("/", "-") + ".out").toFile());
        builder.environment().put("NODE_ENV", "production");
        builder.environment().put("NODE_OPTIONS", "--import " + folder.resolve("mutable.mjs"));
        builder.environment().put("TRUSTED_CUSTOM_HOSTS", "127.0.0.1,localhost"); // else the gateway refuses them
        try {
            subject.processes.add(builder.start());
            subjects.put(name, subject);
        } catch (IOException missing) {
            System.out.println(name + " is left out: " + missing.getMessage());
            return;
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (true) {
            try {
                complete(subject, 1, events);
                return;
            } catch (IOException notYet) {
                if (System.nanoTime() > deadline || !subject.processes.getFirst().isAlive()) {
                    System.out.println(name + " is left out: " + notYet.getMessage() + "; "
                            + Files.readString(folder.resolve(name.replace("/", "-") + ".out")).lines().limit(3).toList());
                    subjects.remove(name);
                    subject.stop();
                    return;
                }
                Thread.sleep(200);
            }
        }
    }

    // The measurement.

    private void measure() throws Exception {
        for (Map.Entry<String, Subject> each : subjects.entrySet()) {
            paceNanos = 0; // as fast as it goes, for the compilers
            for (int i = 0; i < warmUps; i++) {
                load(each.getValue());
            }
            each.getValue().broken.clear(); // at that pace chunks share reads, which this client doesn't take apart
            System.out.println(each.getKey() + " is warm");
        }
        paceNanos = millis * 1_000_000L;
        List<String> names = new ArrayList<>(subjects.keySet());
        names.remove("direct");
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < names.size(); i++) {
                Subject subject = subjects.get(names.get((i + round) % names.size()));
                long before = subject.ticks();
                load(subject);
                double micros = (subject.ticks() - before) * 1e6 / TICKS_A_SECOND;
                subject.microsAnEvent.add(micros / streams / (double) events);
            }
        }
    }

    /// All streams at once.
    private void load(Subject subject) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < streams; i++) {
                all.add(threads.submit(() -> {
                    complete(subject, millis, events);
                    return null;
                }));
            }
            for (Future<?> one : all) {
                try {
                    one.get();
                } catch (ExecutionException broken) {
                    subject.broken.add(String.valueOf(broken.getCause()));
                }
            }
        }
    }

    private void report(String json) throws IOException {
        double nginx = median("nginx");
        StringBuilder object = new StringBuilder();
        System.out.printf("%n%d streams of %d events, one every %d ms each; %d rounds; load %s%n%n", streams, events,
                millis, rounds, Files.readString(Path.of("/proc/loadavg")).strip());
        System.out.println("| subject | µs of CPU an event, median | least | most | to nginx | broken streams |");
        System.out.println("|---|---|---|---|---|---|");
        for (Map.Entry<String, Subject> each : subjects.entrySet()) {
            if (each.getKey().equals("direct")) {
                continue;
            }
            double[] sorted = sorted(each.getKey());
            double median = median(each.getKey());
            System.out.printf(Locale.ROOT, "| %s | %.1f | %.1f | %.1f | %.2f | %d |%n", each.getKey(), median, sorted[0],
                    sorted[sorted.length - 1], median / nginx, each.getValue().broken.size());
            each.getValue().broken.stream().limit(1).forEach(System.err::println);
            object.append(object.isEmpty() ? "" : ",").append(String.format(Locale.ROOT,
                    "\"%s\":{\"micros\":%s,\"median\":%.3f,\"toNginx\":%.3f,\"broken\":%d}", each.getKey(),
                    each.getValue().microsAnEvent, median, median / nginx, each.getValue().broken.size()).replace("NaN", "null"));
        }
        if (json != null) {
            Files.writeString(Path.of(json), "{\"streams\":%d,\"events\":%d,\"millis\":%d,\"rounds\":%d,\"subjects\":{%s}}%n"
                    .formatted(streams, events, millis, rounds, object));
        }
    }

    private double[] sorted(String name) {
        return subjects.get(name).microsAnEvent.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    }

    private double median(String name) {
        if (!subjects.containsKey(name)) {
            return Double.NaN;
        }
        double[] sorted = sorted(name);
        return sorted.length == 0 ? Double.NaN : (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    // The client.

    /// One completion, which has to arrive whole.
    private void complete(Subject subject, int everyMillis, int eventCount) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), subject.port)) {
            socket.setSoTimeout(60_000);
            String request = "POST /v1/chat/completions?n=%d&every=%d HTTP/1.1\r\nhost: bench\r\n%s".formatted(eventCount, everyMillis, subject.headers)
                    + "content-type: application/json\r\nconnection: close\r\ncontent-length: " + BODY.length() + "\r\n\r\n" + BODY;
            socket.getOutputStream().write(request.getBytes(US_ASCII));
            InputStream in = new BufferedInputStream(socket.getInputStream(), 4096);
            int texts = 0;
            boolean done = false;
            for (String line = line(in); line != null && !done; line = line(in)) {
                for (int at = line.indexOf(TEXT); at >= 0; at = line.indexOf(TEXT, at + 1)) {
                    String expected = "\"content\":\"t" + texts + " \"";
                    if (!line.startsWith(expected, at)) {
                        throw new IOException("expected " + expected + ", found " + line);
                    }
                    texts++;
                }
                done = line.startsWith("data: [DONE]");
            }
            if (!done || texts != eventCount) {
                throw new IOException("the stream ended after " + texts + " of " + eventCount + " texts");
            }
        }
    }

    /// @return null at the end
    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder(256);
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                return line.isEmpty() ? null : line.toString();
            }
            line.append((char) b);
        }
        return line.toString();
    }

    // The upstream.

    private void accept(ServerSocket listener) {
        while (true) {
            try {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            while (true) {
                String request = line(in);
                if (request == null) {
                    return;
                }
                int length = 0;
                for (String header = line(in); header != null && header.length() > 1; header = line(in)) {
                    if (header.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                        length = Integer.parseInt(header.substring(15).strip());
                    }
                }
                in.skipNBytes(length);
                stream(socket.getOutputStream());
            }
        } catch (IOException gone) {
            // The client has left.
        }
    }

    private void stream(OutputStream out) throws IOException {
        out.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".getBytes(US_ASCII));
        event(out, chunk("{\"role\":\"assistant\",\"content\":\"\"}", "null"));
        long start = System.nanoTime();
        for (int i = 0; i < events; i++) {
            LockSupport.parkNanos(start + (i + 1) * paceNanos - System.nanoTime());
            event(out, chunk("{\"content\":\"t" + i + " \"}", "null"));
        }
        event(out, chunk("{}", "\"stop\""));
        event(out, """
                {"id":"c","object":"chat.completion.chunk","created":1,"model":"bench","choices":[],\
                "usage":{"prompt_tokens":1,"completion_tokens":%d,"total_tokens":%d}}""".formatted(events, events + 1));
        event(out, "[DONE]");
        out.write("0\r\n\r\n".getBytes(US_ASCII));
    }

    private static String chunk(String delta, String reason) {
        return """
                {"id":"c","object":"chat.completion.chunk","created":1,"model":"bench","choices":[\
                {"index":0,"delta":%s,"logprobs":null,"finish_reason":%s}]}""".formatted(delta, reason);
    }

    private static void event(OutputStream out, String data) throws IOException {
        String bytes = "data: " + data + "\n\n";
        out.write("%x\r\n%s\r\n".formatted(bytes.length(), bytes).getBytes(US_ASCII));
    }
}
