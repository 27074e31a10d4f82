package dev.runnel.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// HTTP/1.1 byte by byte.
final class RawHttp {

    /// A response as it came.
    ///
    /// @param headers by lower-case name
    /// @param chunks of the body, as the server framed them
    /// @param bytes of all of it
    record Reply(int status, Map<String, String> headers, List<byte[]> chunks, int bytes) {

        String body() {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            chunks.forEach(body::writeBytes);
            return body.toString(UTF_8);
        }
    }

    private final InputStream in;
    private int bytes;

    private RawHttp(InputStream in) {
        this.in = in;
    }

    static Reply post(URI server, String json, String... headers) throws IOException {
        return postTo("/v1/chat/completions", server, json, headers);
    }

    static Reply postTo(String path, URI server, String json, String... headers) throws IOException {
        try (Socket socket = new Socket(server.getHost(), server.getPort())) {
            socket.setSoTimeout(20_000);
            StringBuilder head = new StringBuilder("POST " + path + " HTTP/1.1\r\nhost: test\r\n"
                    + "content-type: application/json\r\ncontent-length: " + json.getBytes(UTF_8).length + "\r\n");
            for (String header : headers) {
                head.append(header).append("\r\n");
            }
            socket.getOutputStream().write((head + "\r\n" + json).getBytes(UTF_8));
            return new RawHttp(socket.getInputStream()).read();
        }
    }

    private Reply read() throws IOException {
        int status = Integer.parseInt(readLine(), 9, 12, 10); // HTTP/1.1 200 OK
        Map<String, String> headers = new TreeMap<>();
        for (String line = readLine(); !line.isEmpty(); line = readLine()) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        List<byte[]> chunks = new ArrayList<>();
        if (headers.containsKey("content-length")) {
            chunks.add(readBytes(Integer.parseInt(headers.get("content-length"))));
        } else {
            for (int length = readLength(); length > 0; length = readLength()) {
                chunks.add(readBytes(length));
                readLine();
            }
            readLine();
        }
        return new Reply(status, headers, chunks, bytes);
    }

    private int readLength() throws IOException {
        return Integer.parseInt(readLine(), 16);
    }

    private byte[] readBytes(int count) throws IOException {
        byte[] read = in.readNBytes(count);
        bytes += read.length;
        return read;
    }

    private String readLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = readByte(); next != '\n'; next = readByte()) {
            if (next != '\r') {
                line.write(next);
            }
        }
        return line.toString(UTF_8);
    }

    private int readByte() throws IOException {
        int next = in.read();
        if (next < 0) {
            throw new EOFException("the server closed the connection");
        }
        bytes++;
        return next;
    }
}
