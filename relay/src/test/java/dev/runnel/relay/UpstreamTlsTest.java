package dev.runnel.relay;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.CompletionRequest;
import dev.runnel.testing.RawUpstream;
import dev.runnel.testing.RawUpstream.Chunks;
import dev.runnel.testing.RecordingReader;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// TLS is verified: an upstream is who its certificate says, and someone we trust says so.
class UpstreamTlsTest {

    private static final UpstreamOptions OPTIONS =
            UpstreamOptions.DEFAULT.withModels(List.of("raw")).withRetries(Retries.NONE);
    private static final CompletionRequest REQUEST = CompletionRequest.of("raw", "Hi");
    private static final String PASSWORD = "changeit";

    /// Where the JVM finds whom to trust, read anew by each client.
    private static final String TRUST_STORE = "javax.net.ssl.trustStore";

    @TempDir
    private static Path folder;

    private static Path certificate;

    private RawUpstream raw;
    private Upstream upstream;

    /// A key, and a certificate for `localhost` that is signed by itself.
    @BeforeAll
    static void makeCertificate() throws IOException, InterruptedException {
        certificate = folder.resolve("localhost.p12");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of("-genkeypair", "-keyalg", "EC", "-alias", "localhost", "-dname", "CN=localhost"));
        command.addAll(List.of("-ext", "SAN=dns:localhost"));
        command.addAll(List.of("-keystore", certificate.toString(), "-storepass", PASSWORD));
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(keytool.getInputStream().readAllBytes(), Charset.defaultCharset());
        assertThat(keytool.waitFor()).as(said).isZero();
    }

    private RawUpstream serving() throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(certificate)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
        managers.init(keys, PASSWORD.toCharArray());
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(managers.getKeyManagers(), null, null);
        ServerSocket listener =
                tls.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        return new RawUpstream(
                listener,
                (_, to) -> to.stream()
                        .event(Chunks.ROLE)
                        .event(Chunks.text("Hello"))
                        .event(Chunks.STOP)
                        .event(Chunks.USAGE)
                        .event(Chunks.DONE)
                        .end());
    }

    private static void trustTheCertificate() {
        System.setProperty(TRUST_STORE, certificate.toString());
        System.setProperty(TRUST_STORE + "Password", PASSWORD);
    }

    private RecordingReader reading(URI url) {
        upstream = Upstream.open(url, Optional.empty(), OPTIONS);
        return RecordingReader.toTheEndOf(upstream.complete(REQUEST));
    }

    @AfterEach
    void close() throws IOException {
        System.clearProperty(TRUST_STORE);
        System.clearProperty(TRUST_STORE + "Password");
        if (upstream != null) {
            upstream.close();
        }
        if (raw != null) {
            raw.close();
        }
    }

    @Test
    void anUpstreamWithATrustedCertificateAnswers() throws Exception {
        raw = serving();
        trustTheCertificate();

        assertThat(reading(raw.baseUrl("https")).completed()).isTrue();
    }

    @Test
    void anUpstreamThatSpeaksHttp2IsSpokenToInThat() throws Exception {
        trustTheCertificate();
        Vertx vertx = Vertx.vertx();
        try {
            List<HttpVersion> versions = new CopyOnWriteArrayList<>();
            HttpServer server = vertx.createHttpServer(new HttpServerOptions()
                            .setSsl(true)
                            .setUseAlpn(true)
                            .setKeyCertOptions(new PfxOptions()
                                    .setPath(certificate.toString())
                                    .setPassword(PASSWORD)))
                    .requestHandler(request -> {
                        versions.add(request.version());
                        HttpServerResponse answer = request.response().putHeader("content-type", "text/event-stream");
                        for (String chunk : List.of(Chunks.ROLE, Chunks.STOP, Chunks.USAGE, Chunks.DONE)) {
                            answer.write("data: " + chunk + "\n\n");
                        }
                        answer.end();
                    })
                    .listen(0, "localhost")
                    .await(10, TimeUnit.SECONDS);

            RecordingReader reader = reading(URI.create("https://localhost:" + server.actualPort() + "/v1"));

            assertThat(reader.completed()).isTrue();
            assertThat(versions).containsExactly(HttpVersion.HTTP_2);
        } finally {
            vertx.close().await(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void aCertificateThatNobodyTrustedSignedIsRefused() throws Exception {
        raw = serving();

        BackendException failure = reading(raw.baseUrl("https")).failure();

        assertThat(failure.kind()).isEqualTo(Kind.UPSTREAM);
        assertThat(failure)
                .hasMessageStartingWith("upstream " + raw.baseUrl("https") + " can't be reached over TLS: ")
                .hasMessageContaining("certification path");
        assertThat(raw.requests()).isEmpty();
    }

    @Test
    void aCertificateOfAnotherHostIsRefused() throws Exception {
        raw = serving();
        trustTheCertificate();

        BackendException failure = reading(
                        URI.create(raw.baseUrl("https").toString().replace("localhost", "127.0.0.1")))
                .failure();

        assertThat(failure.kind()).isEqualTo(Kind.UPSTREAM);
        assertThat(failure).hasMessageContaining("can't be reached over TLS: ").hasMessageContaining("127.0.0.1");
        assertThat(raw.requests()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"HTTP/1.1 400 Bad Request, not an SSL/TLS record", "'', handshake timed out"})
    void anUpstreamThatDoesNotSpeakTlsIsAFailure(String greeting, String reason) throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            URI url = URI.create("https://localhost:" + listener.getLocalPort() + "/v1");
            Thread.ofVirtual().start(() -> greet(listener, greeting));

            upstream = Upstream.open(url, Optional.empty(), OPTIONS.withConnect(Duration.ofSeconds(1)));

            BackendException failure =
                    RecordingReader.toTheEndOf(upstream.complete(REQUEST)).failure();

            assertThat(failure.kind()).isEqualTo(Kind.UPSTREAM);
            assertThat(failure).hasMessageContaining("can't be reached over TLS: " + reason);
        }
    }

    @Test
    void anUpstreamThatClosesTheConnectionInPlaceOfSpeakingTlsIsAFailureInWords() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            URI url = URI.create("https://localhost:" + listener.getLocalPort() + "/v1");
            Thread.ofVirtual().start(() -> hangUp(listener));

            assertThat(reading(url).failure())
                    .hasMessageContaining("can't be reached over TLS: it closed the connection");
        }
    }

    private static void hangUp(ServerSocket listener) {
        try (Socket socket = listener.accept()) {
            socket.shutdownOutput();
            socket.getInputStream().readAllBytes();
        } catch (IOException gone) {
            // The other side has left.
        }
    }

    /// Says `greeting` and listens until the other side leaves.
    private static void greet(ServerSocket listener, String greeting) {
        try (Socket socket = listener.accept()) {
            socket.getOutputStream().write((greeting + "\r\n").getBytes(US_ASCII), 0, greeting.length());
            socket.getInputStream().readAllBytes();
        } catch (IOException gone) {
            // The other side has left.
        }
    }
}
