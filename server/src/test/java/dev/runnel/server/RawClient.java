package dev.runnel.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// A client that says exactly what a test wants said, byte for byte, and reads as much as the test wants
/// read.
final class RawClient implements AutoCloseable {

    /// A response as it came over the wire.
    ///
    /// @param headers by lower-case name
    /// @param body with the chunks' frames removed
    record Reply(int status, Map<String, String> headers, String body) {}

    private final Socket socket = new Socket();
    private final InputStream in;

    private RawClient(int port, int receiveBuffer) throws IOException {
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(20_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        in = socket.getInputStream();
    }

    static RawClient to(CompletionServer server) throws IOException {
        return new RawClient(server.port(), 0);
    }

    /// A client whose system holds back little for it when it doesn't read.
    static RawClient withSmallBuffer(CompletionServer server) throws IOException {
        return new RawClient(server.port(), 4096);
    }

    RawClient send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(UTF_8));
        return this;
    }

    /// A request with a JSON body and the headers that go with it.
    RawClient post(String path, String json, String... headers) throws IOException {
        StringBuilder head = new StringBuilder("POST " + path + " HTTP/1.1\r\nhost: test\r\n"
                + "content-type: application/json\r\ncontent-length: " + json.getBytes(UTF_8).length + "\r\n");
        for (String header : headers) {
            head.append(header).append("\r\n");
        }
        return send(head + "\r\n" + json);
    }

    /// Everything up to and with the next `end`.
    String readThrough(String end) throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        byte[] last = end.getBytes(UTF_8);
        while (!endsWith(read.toByteArray(), last)) {
            read.write(readByte());
        }
        return read.toString(UTF_8);
    }

    /// The next `count` bytes, whatever they are.
    void readBytes(int count) throws IOException {
        if (in.readNBytes(count).length < count) {
            throw new EOFException("the server closed the connection");
        }
    }

    /// Whether something of a response has come.
    boolean isAnswered() throws IOException {
        return in.available() > 0;
    }

    /// A whole response, by its length, its chunks or the end of the connection.
    Reply readReply() throws IOException {
        List<String> lines = readThrough("\r\n\r\n").strip().lines().toList();
        Map<String, String> headers = new TreeMap<>();
        for (String line : lines.subList(1, lines.size())) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        int status = Integer.parseInt(lines.getFirst(), 9, 12, 10); // HTTP/1.1 200 OK
        return new Reply(status, headers, readBody(status, headers));
    }

    private String readBody(int status, Map<String, String> headers) throws IOException {
        if (status == 204 || status / 100 == 1) {
            return "";
        }
        if (headers.containsKey("content-length")) {
            return new String(in.readNBytes(Integer.parseInt(headers.get("content-length"))), UTF_8);
        }
        if (!headers.containsKey("transfer-encoding")) {
            return readToEnd();
        }
        StringBuilder body = new StringBuilder();
        for (String chunk = readChunk(); !chunk.isEmpty(); chunk = readChunk()) {
            body.append(chunk);
        }
        return body.toString();
    }

    /// The next chunk of a body, empty at its end.
    String readChunk() throws IOException {
        int length = Integer.parseInt(readThrough("\r\n").strip(), 16);
        byte[] chunk = in.readNBytes(length);
        readThrough("\r\n");
        return new String(chunk, UTF_8);
    }

    /// What the server sends until it closes the connection in order.
    String readToEnd() throws IOException {
        return new String(in.readAllBytes(), UTF_8);
    }

    /// Whether the server has ended the connection, by closing it or by a reset; whatever comes before is
    /// dropped.
    boolean isCut() throws IOException {
        try {
            in.readAllBytes();
            return true;
        } catch (SocketException reset) {
            return true;
        }
    }

    /// Whether the server ends the connection by a reset, rather than by closing it.
    boolean isReset() throws IOException {
        try {
            in.readAllBytes();
            return false;
        } catch (SocketException reset) {
            return true;
        }
    }

    /// Leaves in order.
    void leave() throws IOException {
        socket.close();
    }

    /// Leaves as a process does whose unread mail is thrown away.
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /// Sends no more and goes on reading.
    void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        leave();
    }

    private int readByte() throws IOException {
        int next = in.read();
        if (next < 0) {
            throw new EOFException("the server closed the connection");
        }
        return next;
    }

    private static boolean endsWith(byte[] text, byte[] end) {
        int from = text.length - end.length;
        return from >= 0 && Arrays.equals(text, from, text.length, end, 0, end.length);
    }
}
