package dev.runnel.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// A network that fails: passes the first bytes of what the server answers on a connection, and then ends the
/// connection.
final class CuttingProxy implements AutoCloseable {

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final ExecutorService pumps = Executors.newVirtualThreadPerTaskExecutor();
    private final int server;
    private volatile int bytes = Integer.MAX_VALUE;
    private volatile boolean reset;

    CuttingProxy(int server) throws IOException {
        this.server = server;
        var _ = pumps.submit(this::accept);
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    /// @param bytes of each connection's answers that pass from here on
    /// @param reset end connections by a reset rather than in order
    void cutAfter(int bytes, boolean reset) {
        this.bytes = bytes;
        this.reset = reset;
    }

    private Void accept() throws IOException {
        while (!listener.isClosed()) {
            Socket client = listener.accept();
            var _ = pumps.submit(() -> serve(client));
        }
        return null;
    }

    private Void serve(Socket client) throws IOException {
        try (client;
                Socket upstream = new Socket(InetAddress.getLoopbackAddress(), server)) {
            client.setTcpNoDelay(true);
            upstream.setTcpNoDelay(true);
            var _ = pumps.submit(() -> {
                try {
                    client.getInputStream().transferTo(upstream.getOutputStream());
                } catch (SocketException closed) {
                    // By the other pump, which has the last word.
                }
                return null;
            });
            pass(upstream.getInputStream(), client.getOutputStream(), bytes);
            if (reset) {
                client.setSoLinger(true, 0);
            }
        } catch (SocketException closed) {
            // By the client, which may have read enough.
        }
        return null;
    }

    private static void pass(InputStream from, OutputStream to, int most) throws IOException {
        byte[] buffer = new byte[8192];
        int passed = 0;
        while (passed < most) {
            int read = from.read(buffer, 0, Math.min(buffer.length, most - passed));
            if (read < 0) {
                break;
            }
            to.write(buffer, 0, read);
            passed += read;
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        pumps.shutdownNow();
    }
}
