package dev.runnel.app;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/// A server that answers every completion that it is asked for with the same few pieces, one by one, on a
/// thread for each connection. It is as plain as it is so that the JVM's compiler has nothing to do with
/// it: that belongs to whoever asks.
final class StandIn implements AutoCloseable {

    private static final byte[] HEAD = head("keep-alive");
    private static final byte[] LAST_HEAD = head("close");
    private static final byte[] PIECE =
            bytes(part(chunk("[{\"index\":0,\"delta\":{\"content\":\"so \"},\"finish_reason\":null}]")));
    private static final byte[] END = bytes(part(chunk("[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]"))
            + part(chunk("[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":3,\"total_tokens\":4}"))
            + part("data: [DONE]\n\n")
            + "0\r\n\r\n");
    private static final int PIECES = 2;

    /// Of a connection, so that making one is rehearsed, too.
    private static final int REPLIES = 8;

    private static final String LENGTH = "content-length:";

    private final Duration pause;
    private final ServerSocket listener;

    /// @param pause before each piece
    StandIn(Duration pause) {
        this.pause = pause;
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException fault) {
            throw new UncheckedIOException(fault);
        }
        Thread.ofPlatform().daemon().name("runnel-stand-in").start(this::accept);
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/v1");
    }

    private void accept() {
        while (true) {
            try {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                Thread.ofPlatform().daemon().name("runnel-stand-in").start(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            for (int reply = 1; reply <= REPLIES && read(in); reply++) {
                out.write(reply < REPLIES ? HEAD : LAST_HEAD);
                for (int i = 0; i < PIECES; i++) {
                    LockSupport.parkNanos(pause.toNanos());
                    out.write(PIECE);
                }
                out.write(END);
            }
        } catch (IOException gone) {
            // Whoever asked has left.
        }
    }

    /// Reads a request to its end.
    ///
    /// @return whether there was one
    private static boolean read(InputStream in) throws IOException {
        int length = 0;
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b != '\n') {
                line.append((char) b);
                continue;
            }
            String header = line.toString().strip().toLowerCase(Locale.ROOT);
            if (header.isEmpty()) {
                in.skipNBytes(length);
                return true;
            }
            if (header.startsWith(LENGTH)) {
                length = Integer.parseInt(header.substring(LENGTH.length()).strip());
            }
            line.setLength(0);
        }
        return false;
    }

    private static byte[] head(String connection) {
        return bytes("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
                + "connection: "
                + connection
                + "\r\n\r\n");
    }

    /// @param choices and what comes behind them
    private static String chunk(String choices) {
        return "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":"
                + choices + "}\n\n";
    }

    /// A part of a chunked body.
    private static String part(String content) {
        return Integer.toHexString(content.length()) + "\r\n" + content + "\r\n";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(US_ASCII);
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException fault) {
            throw new UncheckedIOException(fault);
        }
    }
}
