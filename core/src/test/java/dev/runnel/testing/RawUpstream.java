package dev.runnel.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/// An upstream made of a socket: it reads requests and answers whatever bytes a test wants, right or wrong.
public final class RawUpstream implements AutoCloseable {

    /// Answers one request. When it returns, the next request of the connection is read.
    @FunctionalInterface
    public interface Script {
        void answer(Request request, Answer to) throws IOException, InterruptedException;
    }

    /// @param headers by lower-case name
    public record Request(String line, Map<String, String> headers, String body) {

        public String path() {
            return line.split(" ", 3)[1];
        }
    }

    private final ServerSocket listener;
    private final Script script;
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final AtomicInteger answering = new AtomicInteger();
    private final AtomicInteger accepted = new AtomicInteger();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    public RawUpstream(Script script) throws IOException {
        this(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), script);
    }

    public RawUpstream(ServerSocket listener, Script script) {
        this.listener = listener;
        this.script = script;
        Thread.ofVirtual().start(this::accept);
    }

    public URI baseUrl() {
        return baseUrl("http");
    }

    public URI baseUrl(String scheme) {
        return URI.create("%s://localhost:%d/v1".formatted(scheme, listener.getLocalPort()));
    }

    /// What has been asked so far.
    public List<Request> requests() {
        return requests;
    }

    /// Requests whose answer is under way, from a client that has not left.
    public int answering() {
        return answering.get();
    }

    /// Connections that are open.
    public int open() {
        return open.size();
    }

    /// Connections that clients have made so far.
    public int connections() {
        return accepted.get();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : open) {
            socket.close();
        }
    }

    private void accept() {
        while (true) {
            try {
                Socket socket = listener.accept();
                accepted.incrementAndGet();
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            Answer answer = new Answer(socket);
            while (true) {
                Request request = read(answer.in);
                requests.add(request);
                answering.incrementAndGet();
                try {
                    script.answer(request, answer);
                } finally {
                    answering.decrementAndGet();
                }
            }
        } catch (IOException | InterruptedException gone) {
            // The client has left, or the script has hung up.
        } finally {
            open.remove(socket);
        }
    }

    private static Request read(InputStream in) throws IOException {
        String line = readLine(in);
        Map<String, String> headers = new HashMap<>();
        for (String header = readLine(in); !header.isEmpty(); header = readLine(in)) {
            String[] field = header.split(":", 2);
            headers.put(field[0].toLowerCase(Locale.ROOT), field[1].strip());
        }
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        return new Request(line, headers, new String(in.readNBytes(length), UTF_8));
    }

    private static String readLine(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException();
            }
            line.append((char) b);
        }
        return line.toString().strip();
    }

    /// The way back to the client.
    public static final class Answer {

        private final Socket socket;
        private final InputStream in;

        Answer(Socket socket) throws IOException {
            this.socket = socket;
            in = new BufferedInputStream(socket.getInputStream());
        }

        /// Exactly these bytes.
        public Answer raw(String bytes) throws IOException {
            socket.getOutputStream().write(bytes.getBytes(UTF_8));
            return this;
        }

        /// A whole answer of a known length.
        public void whole(int status, String type, String body, String... headers) throws IOException {
            StringBuilder head = new StringBuilder("HTTP/1.1 %d Whatever\r\ncontent-type: %s\r\ncontent-length: %d\r\n"
                    .formatted(status, type, body.getBytes(UTF_8).length));
            for (String header : headers) {
                head.append(header).append("\r\n");
            }
            raw(head + "\r\n" + body);
        }

        public void json(int status, String body, String... headers) throws IOException {
            whole(status, "application/json", body, headers);
        }

        /// The head of a stream of chunks.
        public Answer stream() throws IOException {
            return raw(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n");
        }

        /// One transfer chunk, which need not be one event.
        public Answer part(String bytes) throws IOException {
            return part(bytes.getBytes(UTF_8));
        }

        public Answer part(byte[] bytes) throws IOException {
            raw("%x\r\n".formatted(bytes.length));
            socket.getOutputStream().write(bytes);
            return raw("\r\n");
        }

        public Answer event(String data) throws IOException {
            return part("data: " + data + "\n\n");
        }

        /// The end of a stream of chunks.
        public void end() throws IOException {
            raw("0\r\n\r\n");
        }

        /// Silence until the client leaves.
        public void hang() throws IOException {
            while (in.read() >= 0) {}
            throw new EOFException();
        }

        /// Hangs up, with what was written arriving before.
        public void hangUp() throws IOException {
            socket.close();
            throw new EOFException();
        }

        /// Hangs up with a reset.
        public void reset() throws IOException {
            socket.setSoLinger(true, 0);
            hangUp();
        }
    }

    /// Chunks of a chat completion.
    public static final class Chunks {

        public static final String ROLE = chunk("{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", "null");
        public static final String STOP = chunk("{}", "\"stop\"");
        public static final String USAGE = """
                {"id":"c1","object":"chat.completion.chunk","created":1,"model":"raw","choices":[],\
                "usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12}}""";
        public static final String DONE = "[DONE]";

        private Chunks() {}

        public static String text(String text) {
            return chunk("{\"content\":\"" + text + "\"}", "null");
        }

        private static String chunk(String delta, String finishReason) {
            return """
                    {"id":"c1","object":"chat.completion.chunk","created":1,"model":"raw","choices":[\
                    {"index":0,"delta":%s,"logprobs":null,"finish_reason":%s}],"usage":null}""".formatted(delta, finishReason);
        }
    }
}
