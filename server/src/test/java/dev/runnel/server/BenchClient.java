package dev.runnel.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/// Opens many streams and reads what comes, until it is killed. Its own process, so that [ServerBench]
/// counts only the server's time.
final class BenchClient {

    private BenchClient() {}

    static Process start(int port, int streams) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        BenchClient.class.getName(),
                        Integer.toString(port),
                        Integer.toString(streams))
                .inheritIO()
                .start();
    }

    public static void main(String[] arguments) throws IOException {
        InetSocketAddress server =
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0]));
        byte[] request = request();
        Selector selector = Selector.open();
        for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
            SocketChannel channel = SocketChannel.open(server);
            channel.write(ByteBuffer.wrap(request));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
        }
        ByteBuffer sink = ByteBuffer.allocateDirect(64 << 10);
        while (true) {
            selector.select(key -> {
                try {
                    sink.clear();
                    if (((SocketChannel) key.channel()).read(sink) < 0) {
                        key.cancel();
                    }
                } catch (IOException reset) {
                    key.cancel();
                }
            });
        }
    }

    private static byte[] request() {
        String body = "{\"model\":\"bench\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
        return ("POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: "
                        + body.length() + "\r\n\r\n" + body)
                .getBytes(US_ASCII);
    }
}
